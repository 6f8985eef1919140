import BrainData
import Foundation

/// A brain of 64 × 80 × 56 mm with a dark ventricle off its middle, a bright ball and bands, none of them symmetric:
/// the middle of the world is its own.
enum ToyBrain {
    /// The intensity at a place in millimetres; 0 outside the brain.
    static func value(_ p: SIMD3<Double>) -> Float {
        let outer = p / [32, 40, 28]
        guard (outer * outer).sum() < 1 else { return 0 }
        func ball(_ centre: SIMD3<Double>, _ radius: Double) -> Double {
            let away = p - centre
            return exp(-(away * away).sum() / (radius * radius))
        }
        let bands = 0.12 * sin(p.x / 5) * cos(p.y / 6 + p.z / 9)
        return Float(
            0.5 + bands - 0.4 * ball([8, -10, 4], 9) + 0.4 * ball([-12, 14, -6], 8) + 0.2 * ball([3, 24, 8], 7))
    }

    /// The brain as it looks where places of this world are found through a map.
    static func volume(
        size: SIMD3<Int>, spacing: Double, _ place: (SIMD3<Double>) -> SIMD3<Double> = { $0 }
    ) -> Volume {
        let corner = -SIMD3<Double>(size &- 1) * spacing / 2
        let grid = Grid(size: size, affine: Affine(spacing: SIMD3(repeating: spacing), origin: corner))
        return Volume(
            grid: grid, voxels: (0..<grid.count).map { value(place(grid.affine(SIMD3<Double>(grid.voxel(at: $0))))) })
    }

    static func mask(_ volume: Volume) -> Mask { Mask(grid: volume.grid, voxels: volume.voxels.map { $0 != 0 }) }

    /// Turned by degrees about z, then about x, scaled and shifted.
    static func map(z: Double, x: Double, scale: Double, shift: SIMD3<Double>) -> Affine {
        let (a, b) = (z * .pi / 180, x * .pi / 180)
        let first = Affine(i: [cos(a), sin(a), 0], j: [-sin(a), cos(a), 0], k: [0, 0, 1], origin: .zero)
        let second = Affine(
            i: [scale, 0, 0], j: [0, scale * cos(b), scale * sin(b)], k: [0, -scale * sin(b), scale * cos(b)],
            origin: shift)
        return second.after(first)
    }
}
