import BrainData
import Foundation

/// What NumPy, SciPy and nibabel make of the same small arrays; see `scripts/golden/processing.py`.
struct ProcessingGolden: Decodable {
    struct Orientations: Decodable {
        let affine: [[Double]]
        let codes: String
    }

    struct Reorientation: Decodable {
        struct Result: Decodable {
            let codes: String
            let size: [Int]
            let affine: [[Double]]
            let voxels: [Float]
        }
        let affine: [[Double]]
        let results: [Result]
    }

    struct Resampling: Decodable {
        struct Case: Decodable {
            let affine: [[Double]]
            let size: [Int]
            let linear, nearest: [Float]
        }
        let affine: [[Double]]
        let size: [Int]
        let voxels, smooth: [Float]
        let cases: [Case]
    }

    struct Intensities: Decodable {
        let voxels, scored: [Float]
        let percents: [Double]
        let percentiles: [Float]
    }

    struct Components: Decodable {
        let size, voxels, faces, corners, dilated, eroded, filled, near: [Int]
    }

    let orientations: [Orientations]
    let reorientation: Reorientation
    let resampling: Resampling
    let intensities: Intensities
    let components: Components

    static func load() throws -> ProcessingGolden {
        guard let file = Bundle.module.url(forResource: "processing", withExtension: "json", subdirectory: "Golden")
        else {
            throw ImagingError.missing(path: "Golden/processing.json")
        }
        return try JSONDecoder().decode(ProcessingGolden.self, from: Data(contentsOf: file))
    }
}

extension Affine {
    /// From the rows of a 4×4 matrix.
    init(rows: [[Double]]) {
        func column(_ index: Int) -> SIMD3<Double> { [rows[0][index], rows[1][index], rows[2][index]] }
        self.init(i: column(0), j: column(1), k: column(2), origin: column(3))
    }

    /// The largest difference between the elements of two maps.
    func distance(to other: Affine) -> Double {
        [i - other.i, j - other.j, k - other.k, origin - other.origin]
            .map { max(abs($0.x), abs($0.y), abs($0.z)) }.max() ?? 0
    }
}

extension Grid {
    init(size: [Int], rows: [[Double]]) {
        self.init(size: [size[0], size[1], size[2]], affine: Affine(rows: rows))
    }
}

/// The largest difference between the elements of two arrays.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}
