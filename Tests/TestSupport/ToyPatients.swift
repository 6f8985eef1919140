public import BrainData
public import Foundation

/// Three patients of 24³ voxels, a ball for a brain and a brighter one inside for a tumour, in the layout of BraTS 2021.
public struct ToyPatients {
    /// The folder of case folders.
    public let cases: URL
    public static let names = (0..<3).map { "BraTS2021_0000\($0)" }
    public static let grid = Grid(size: SIMD3(24, 24, 24), affine: Affine(spacing: SIMD3(1, 1, 1)))

    public init(in folder: TemporaryFolder) throws {
        cases = folder.file("cases")
        for (patient, name) in Self.names.enumerated() {
            let place = cases.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            for (number, contrast) in Contrast.allCases.enumerated() {
                let file = place.appendingPathComponent("\(name)_\(contrast.rawValue).nii.gz")
                try ImageFile.write(Self.image(patient, number), to: file)
            }
            try ImageFile.write(Self.labels(patient), to: place.appendingPathComponent("\(name)_seg.nii.gz"))
        }
    }

    /// One contrast of one patient.
    public static func image(_ patient: Int, _ contrast: Int) -> Volume {
        Volume(
            grid: grid,
            voxels: (0..<grid.count).map { n in
                let grain = Float((n &* 7919 &+ patient &* 104_729 &+ contrast &* 1_299_709) % 97) / 10
                let value = 100 + grain + (radius(n, patient) < 6 ? 60 : 0)
                return distance(n, from: SIMD3(12, 12, 12)) < 11 ? value : 0
            })
    }

    private static func labels(_ patient: Int) -> LabelMap {
        LabelMap(
            grid: grid,
            voxels: (0..<grid.count).map { n in
                let r = radius(n, patient)
                return r < 2 ? 1 : r < 4 ? 4 : r < 6 ? 2 : 0
            })
    }

    private static func radius(_ n: Int, _ patient: Int) -> Double {
        distance(n, from: SIMD3(8 + Double(patient) * 3, 12, 12))
    }

    private static func distance(_ n: Int, from centre: SIMD3<Double>) -> Double {
        let d = SIMD3(Double(n % 24), Double(n / 24 % 24), Double(n / 576)) - centre
        return (d * d).sum().squareRoot()
    }
}
