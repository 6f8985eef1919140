public import BrainData

/// Whether probabilities mean what they say: of the voxels called 0.8, are four of five in the region?
///
/// Voxels are sorted by the probability of the region into fifteen bins of equal width. Only those within a margin of the
/// expert's or the predicted region count: over a whole image nearly all are air and healthy brain, right at once, and would hide
/// any error near the tumour. Guo et al., *On Calibration of Modern Neural Networks*, ICML 2017, section 2; Brier,
/// *Verification of Forecasts Expressed in Terms of Probability*, Monthly Weather Review 78, 1950.
public struct Calibration: Sendable, Equatable, Codable {
    /// The voxels whose probability lies in one interval.
    public struct Bin: Sendable, Equatable, Codable {
        public internal(set) var voxels = 0
        /// The sum of their probabilities.
        public internal(set) var probabilities = 0.0
        /// How many of them are in the expert's region.
        public internal(set) var actual = 0

        /// The mean probability; nil without voxels.
        public var meanProbability: Double? { voxels == 0 ? nil : probabilities / Double(voxels) }
        /// The share that is in the expert's region; nil without voxels.
        public var share: Double? { voxels == 0 ? nil : Double(actual) / Double(voxels) }
    }

    /// How many intervals of equal width there are from 0 to 1.
    public static let intervals = 15
    /// How far from either region voxels count, in millimetres.
    public static let margin = 10.0

    public private(set) var bins = [Bin](repeating: Bin(), count: intervals)
    private var squaredErrors = 0.0

    /// Of nothing yet.
    public init() {}

    /// - Parameters:
    ///   - probabilities: of the region; what is no number from 0 to 1 is brought there, NaN to 0.
    ///   - prediction: the region as it was predicted.
    ///   - margin: in millimetres.
    /// - Throws: `EvaluationError.gridsDiffer`, `EvaluationError.grid`.
    public init(
        _ probabilities: Volume, prediction: Mask, truth: Mask, margin: Double = Calibration.margin
    ) throws(EvaluationError) {
        let pair = try MaskPair(prediction: prediction, truth: truth)
        guard probabilities.grid.matches(truth.grid) else {
            throw .gridsDiffer(expected: truth.grid.sentence, found: probabilities.grid.sentence)
        }
        let spacing = truth.grid.affine.spacing, whole = truth.grid.size
        let steps = Int((margin / spacing.min()).rounded(.up))
        guard let box = Box(holding: [prediction, truth])?.grown(by: steps, within: whole) else { return }
        let expert = box.crop(pair.truth)
        let sites = zip(expert, box.crop(pair.prediction)).map { $0 || $1 }
        let squares = squaredDistances(to: sites, size: box.size, spacing: spacing)
        let limit = margin * margin * (1 + 1e-9)
        var n = 0
        for k in box.lower.z..<box.upper.z {
            for j in box.lower.y..<box.upper.y {
                let row = whole.x * (j + whole.y * k)
                for i in box.lower.x..<box.upper.x {
                    if squares[n] <= limit { add(Double(probabilities.voxels[row + i]), expert[n]) }
                    n += 1
                }
            }
        }
    }

    private mutating func add(_ value: Double, _ isInside: Bool) {
        let probability = value > 0 ? min(value, 1) : 0  // NaN, too
        let bin = min(Int(probability * Double(Self.intervals)), Self.intervals - 1)
        bins[bin].voxels += 1
        bins[bin].probabilities += probability
        bins[bin].actual += isInside ? 1 : 0
        let miss = probability - (isInside ? 1 : 0)
        squaredErrors += miss * miss
    }

    /// The voxels of both together.
    public static func + (a: Calibration, b: Calibration) -> Calibration {
        var sum = a
        for (n, bin) in b.bins.enumerated() {
            sum.bins[n].voxels += bin.voxels
            sum.bins[n].probabilities += bin.probabilities
            sum.bins[n].actual += bin.actual
        }
        sum.squaredErrors += b.squaredErrors
        return sum
    }

    /// How many voxels count.
    public var voxels: Int { bins.reduce(0) { $0 + $1.voxels } }

    /// The expected calibration error: how far the mean probability of a bin is from its share, on average over voxels; nil
    /// without voxels.
    public var error: Double? {
        guard voxels > 0 else { return nil }
        return bins.reduce(0) { $0 + abs($1.probabilities - Double($1.actual)) } / Double(voxels)
    }

    /// The Brier score: the mean squared difference of probability and truth, 0 at best; nil without voxels.
    public var brier: Double? { voxels == 0 ? nil : squaredErrors / Double(voxels) }

    /// The reliability diagram's points: the mean probability of each bin that has voxels, and its share.
    public var points: [(x: Double, y: Double)] {
        bins.compactMap { bin in
            guard let probability = bin.meanProbability, let share = bin.share else { return nil }
            return (probability, share)
        }
    }
}
