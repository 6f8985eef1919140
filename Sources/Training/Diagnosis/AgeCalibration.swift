public import BrainModels

/// How told ages differ from true ones in people that a network had not seen, measured within its training set.
///
/// Networks draw ages to the mean: told ≈ slope · true + intercept with a slope below one. The line is taken back,
/// (told − intercept) / slope, so that what is left, the brain-age gap, does not hang on the age: Cole et al., *Brain age predicts
/// mortality*, Molecular Psychiatry 23, 2018; de Lange & Cole, *Correction procedures in brain-age prediction*, NeuroImage:
/// Clinical 26, 2020. Single answers get no better by it, and mostly somewhat worse.
public struct AgeCalibration: Sendable, Equatable {
    /// Below this slope ages are hardly told: taking the line back would multiply errors by more than three, so only the mean error
    /// is taken back.
    static let weakest = 0.3

    /// What is multiplied with told years and added to them.
    public let slope, intercept: Double
    /// Years from a corrected age to the bounds that hold nine of ten true ones.
    public let low, high: Double

    /// - Parameters:
    ///   - said: by networks that had not seen the person, in years.
    ///   - truth: in years.
    /// - Throws: ``TrainingError/run(_:)`` for fewer than three people, or numbers that do not fit together.
    public init(said: [Double], truth: [Double]) throws(TrainingError) {
        let n = Double(truth.count)
        guard truth.count > 2, said.count == truth.count, (said + truth).allSatisfy(\.isFinite) else {
            throw .run("ages are corrected by three people or more, and \(said.count) of \(truth.count) are told")
        }
        let (meanSaid, meanTrue) = (said.reduce(0, +) / n, truth.reduce(0, +) / n)
        var (together, alone) = (0.0, 0.0)
        for (a, b) in zip(said, truth) {
            together += (a - meanSaid) * (b - meanTrue)
            alone += (b - meanTrue) * (b - meanTrue)
        }
        let line = alone > 0 ? together / alone : 0
        let slope = line >= Self.weakest ? 1 / line : 1
        let intercept = meanTrue - slope * meanSaid
        let missed = zip(said, truth).map { $1 - (slope * $0 + intercept) }.sorted()
        // Of one more person the error lies between two neighbours of the n with equal chances.
        let tail = Int(0.05 * (n + 1))
        (self.slope, self.intercept) = (slope, intercept)
        (low, high) = (missed[max(0, tail - 1)], missed[min(missed.count - 1, missed.count - tail)])
    }

    /// A network's scale with this correction and interval.
    public func applied(to scale: AgeScale) -> AgeScale {
        var scale = scale
        (scale.slope, scale.intercept, scale.low, scale.high) = (slope, intercept, low, high)
        return scale
    }

    /// What is said of every item by something that learned from the other parts of the set, no subject in two.
    ///
    /// - Parameters:
    ///   - folds: parts, at most as many as there are subjects.
    ///   - telling: learns from some items and says the ages of others, in years.
    static func said(
        of set: SliceSet, folds: Int, by telling: (_ training: SliceSet, _ tested: [[Float]]) throws -> [Double]
    ) throws -> [Double] {
        let count = min(folds, Set(set.subjects).count)
        guard count > 1 else { throw TrainingError.run("ages are corrected on two parts or more, and there is one") }
        var said = [Double](repeating: .nan, count: set.count)
        for part in SliceBenchmark.parts(of: set, folds: count, seed: 1) {
            let told = try telling(set[part.training], part.test.map { set.values[$0] })
            for (item, years) in zip(part.test, told) { said[item] = years }
        }
        return said
    }
}
