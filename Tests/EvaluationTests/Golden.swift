import BrainData
import Foundation
import Testing

@testable import Evaluation

/// The reference numbers of `scripts/golden/metrics.py`.
struct Golden: Decodable {
    /// A mask by formula: balls, speckled where a hash of the voxel is below `noise`.
    struct Shape: Decodable, Sendable {
        let balls: [[Int]]
        let noise: Int

        func mask(_ grid: Grid) -> Mask {
            var voxels: [Bool] = []
            for k in 0..<grid.size.z {
                for j in 0..<grid.size.y {
                    for i in 0..<grid.size.x {
                        let inside = balls.contains { ball in
                            let (a, b, c) = (i - ball[0], j - ball[1], k - ball[2])
                            return a * a + b * b + c * c <= ball[3] * ball[3]
                        }
                        voxels.append(inside != ((i * 73_856_093 ^ j * 19_349_663 ^ k * 83_492_791) % 97 < noise))
                    }
                }
            }
            return Mask(grid: grid, voxels: voxels)
        }
    }
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let size: [Int]
        let spacing: [Double]
        let prediction, truth: Shape
        let values: [String: Double]
        var testDescription: String { name }

        var pair: MaskPair {
            get throws {
                let grid = Grid(size: SIMD3(size), affine: Affine(spacing: SIMD3(spacing)))
                return try MaskPair(prediction: prediction.mask(grid), truth: truth.mask(grid))
            }
        }
    }
    struct Sample: Decodable, Sendable {
        let values: [Double]
        let mean, median: Double
        let percentiles: [String: Double]
    }
    let cases: [Case]
    let statistics: [Sample]

    static let metrics: Golden? = Bundle.module.url(
        forResource: "metrics", withExtension: "json", subdirectory: "Golden"
    )
    .flatMap { try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: $0)) }
}

/// A mask of one row, plane or block, drawn as text: `#` is inside, rows run along i, `/` ends a plane.
func drawn(_ planes: String, spacing: SIMD3<Double> = [1, 1, 1]) -> Mask {
    let rows = planes.split(separator: "/").map { $0.split(separator: " ").map { row in row.map { $0 == "#" } } }
    let size = SIMD3(rows[0][0].count, rows[0].count, rows.count)
    return Mask(grid: Grid(size: size, affine: Affine(spacing: spacing)), voxels: rows.joined().flatMap { $0 })
}
