import BrainData
import BrainModels
import NeuralNet

/// What a plan must know of the data: headers of all cases, and a few of them prepared.
struct DataSurvey {
    /// Cases that are prepared to see how large a brain is.
    private static let samples = 3

    let training, validation: Int
    /// The median voxel of the training images, in millimetres along i, j and k.
    let spacing: SIMD3<Double>
    /// The median brain's box in voxels of the working grid.
    private(set) var box = SIMD3<Int>.zero
    /// What one case takes in memory, in bytes, and to read and prepare, in seconds.
    private(set) var caseBytes = 0, caseSeconds = 0.0
    private let cases: [TumourCase]

    init(_ sides: (training: [TumourCase], validation: [TumourCase])) throws {
        (cases, training, validation) = (sides.training, sides.training.count, sides.validation.count)
        let spacings = try cases.compactMap { try $0.images.values.first.map { try ImageFile.header(of: $0.file) } }
            .map(\.grid.affine.spacing)
        spacing = SIMD3(
            Self.median(spacings.map(\.x)) ?? 1, Self.median(spacings.map(\.y)) ?? 1,
            Self.median(spacings.map(\.z)) ?? 1)
    }

    /// Prepares a few cases, evenly spread over the list, or makes one up where there are none.
    mutating func prepareSamples(for experiment: Experiment, _ extractor: BrainExtractor?) throws {
        let clock = ContinuousClock.now
        let prepared = try experiment.samples(Self.samples, of: cases, extractor)
        caseSeconds = (ContinuousClock.now - clock) / .seconds(1) / Double(prepared.count)
        for axis in 0..<3 { box[axis] = Self.median(prepared.map { $0.grid.size[axis] }) ?? 0 }
        caseBytes = Self.median(prepared.map(\.bytes)) ?? 0
    }

    private static func median<Number: Comparable>(_ values: [Number]) -> Number? {
        let sorted = values.sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }
}

extension Experiment {
    /// Up to so many prepared cases, evenly spread over the list, or a made-up one where there are none.
    func samples(_ most: Int, of cases: [TumourCase], _ extractor: BrainExtractor?) throws -> [PreparedCase] {
        let count = min(most, cases.count)
        if count == 0 {
            var random = SplitMix(seed: seed, name: "sample")
            return [try CasePool.synthesising(self).draw(at: 0, &random)]
        }
        return try (0..<count).map {
            try PreparedCase(cases[$0 * cases.count / count], for: data.input, extractor: extractor)
        }
    }
}

extension PreparedCase {
    /// Memory that the case takes.
    var bytes: Int {
        let voxels = grid.count
        return voxels * (4 * channels.compactMap(\.self).count + 2) + 4 * foreground.count
    }
}
