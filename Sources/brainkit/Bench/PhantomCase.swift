import BrainData
import Foundation
import NeuralNet

/// An artificial skull-stripped head of the size of a BraTS case, for those who have no scan at hand.
enum PhantomCase {
    private static let size = SIMD3(240, 240, 155)
    private static let halfAxes = SIMD3(68.0, 86.0, 67.0)  // millimetres, a large adult brain

    /// Writes four contrasts and returns their folder.
    static func write(to folder: URL) throws -> URL {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let grid = Grid(size: size, affine: Affine(spacing: [1, 1, 1], origin: [-120, -120, -77]))
        for (number, contrast) in ["flair", "t1", "t1ce", "t2"].enumerated() {
            let file = folder.appendingPathComponent("BraTS2021_phantom_\(contrast).nii.gz")
            try ImageFile.write(Volume(grid: grid, voxels: voxels(seed: number)), to: file, as: .int16)
        }
        return folder
    }

    /// An ellipsoid of waves and a little noise in whole numbers, as scanners store them.
    private static func voxels(seed: Int) -> [Float] {
        let middle = SIMD3<Double>(size) / 2
        var random = SplitMix(seed: UInt64(seed), name: "phantom")
        var voxels = [Float](repeating: 0, count: size.x * size.y * size.z)
        var n = 0
        for k in 0..<size.z {
            for j in 0..<size.y {
                for i in 0..<size.x {
                    let place = (SIMD3(Double(i), Double(j), Double(k)) - middle) / halfAxes
                    if (place * place).sum() < 1 {
                        let wave = sin(Double(i + seed * 7) / 9) + sin(Double(j) / 11) + sin(Double(k) / 8)
                        voxels[n] = Float((400 + 80 * wave + Double(random.next() >> 58)).rounded())
                    }
                    n += 1
                }
            }
        }
        return voxels
    }
}
