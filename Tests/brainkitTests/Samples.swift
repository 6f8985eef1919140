import BrainData
import Foundation
import TestSupport

/// Small files that the library made, for one test each.
enum Samples {
    static let grid = Grid(
        size: [12, 10, 8], affine: Affine(i: [-1, 0, 0], j: [0, -1, 0], k: [0, 0, 2], origin: [6, 5, -8]))

    /// A label map that holds `label` in the block from `lower` up to `upper`, and what `inside` gives within it.
    static func labels(_ blocks: [(label: UInt16, lower: SIMD3<Int>, upper: SIMD3<Int>)], grid: Grid = grid) -> LabelMap
    {
        var map = LabelMap(grid: grid, voxels: [UInt16](repeating: 0, count: grid.count))
        for (label, lower, upper) in blocks {
            for k in lower.z..<upper.z {
                for j in lower.y..<upper.y { for i in lower.x..<upper.x { map[i, j, k] = label } }
            }
        }
        return map
    }

    /// A tumour with the labels of BraTS 2023: 2 around 1 around 3.
    static let tumour = labels([(2, [2, 2, 1], [10, 8, 7]), (1, [3, 3, 2], [8, 7, 6]), (3, [4, 4, 3], [6, 6, 5])])

    static var scan: Volume {
        Volume(grid: grid, voxels: (0..<grid.count).map { Float($0 % 37) * 0.5 })
    }

    /// Whether a folder holds anything but the named files: a partial result, say.
    static func strangers(in folder: TemporaryFolder, besides known: [String]) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path).filter { !known.contains($0) }
    }
}
