public import BrainData
import Foundation

/// A head of nested balls, 44³ voxels of 1 mm: skin, bone, fluid, cortex and white matter around a ventricle, under the numbers
/// of FreeSurfer's colour table and of the label maps published with SynthSeg.
public enum ToyHead {
    /// The outer radius of each tissue in millimetres, innermost first.
    public static let radii: [(label: UInt16, radius: Double)] = [
        (4, 2.5), (2, 10), (3, 13), (24, 15.5), (515, 17.5), (511, 20),
    ]
    public static let grid = Grid(
        size: SIMD3(44, 44, 44), affine: Affine(spacing: SIMD3(1, 1, 1), origin: SIMD3(repeating: -21.5)))

    public static let labels = LabelMap(
        grid: grid,
        voxels: (0..<grid.count).map { n in
            let radius = distance(from: .zero, to: n)
            return radii.first { radius < $0.radius }?.label ?? 0
        })

    /// The distance of a voxel of ``grid`` from a place.
    public static func distance(from place: SIMD3<Double>, to n: Int) -> Double {
        let voxel = SIMD3(Double(n % 44), Double(n / 44 % 44), Double(n / 1936))
        let away = grid.affine(voxel) - place
        return (away * away).sum().squareRoot()
    }
}
