internal import Foundation

/// How well numbers such as ages are told.
public struct RegressionScores: Sendable, Equatable, Encodable {
    public let items: Int
    /// The mean absolute error with its 95 % bootstrap interval over items, in the numbers' unit.
    public let meanError, low, high: Double
    /// Pearson's correlation of said and true numbers, and the share of variance explained, 1 − squares missed / squares from
    /// the mean; nil where one side does not vary.
    public let correlation, explained: Double?
    /// Pearson's correlation of the gap, said less true, with the true number: below 0 where answers are drawn to the mean.
    public let gapCorrelation: Double?

    /// - Throws: ``EvaluationError/scores(_:)`` where the numbers do not fit together.
    public init(_ said: [Double], truth: [Double]) throws(EvaluationError) {
        guard said.count == truth.count, !said.isEmpty, (said + truth).allSatisfy(\.isFinite) else {
            throw .scores("expected a number for each of \(truth.count) items, found \(said.count)")
        }
        let errors = zip(said, truth).map { abs($0 - $1) }
        let interval = bootstrapInterval(ofMean: errors)
        items = said.count
        meanError = errors.reduce(0, +) / Double(items)
        (low, high) = (interval?.lower ?? meanError, interval?.upper ?? meanError)
        correlation = Self.pearson(said, truth)
        gapCorrelation = Self.pearson(zip(said, truth).map { $0 - $1 }, truth)
        let middle = truth.reduce(0, +) / Double(items)
        let all = truth.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
        explained = all > 0 ? 1 - zip(said, truth).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / all : nil
    }

    /// Nil where one side does not vary.
    static func pearson(_ a: [Double], _ b: [Double]) -> Double? {
        let n = Double(a.count), (meanA, meanB) = (a.reduce(0, +) / n, b.reduce(0, +) / n)
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            ab += (x - meanA) * (y - meanB)
            aa += (x - meanA) * (x - meanA)
            bb += (y - meanB) * (y - meanB)
        }
        return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : nil
    }
}
