public import BrainData

/// One way to compare a predicted region with the expert's: a name, a unit and a function.
///
/// A new metric is a file that extends `Metric` by one static constant, and one line in ``all``.
///
///     let dice = try Metric.dice(prediction, truth)
public struct Metric: Sendable {
    /// Which way is better.
    public enum Direction: String, Sendable, Codable { case higher, lower, neither }

    /// The key in JSON, such as `hd95`.
    public let name: String
    /// The column of a CSV table: the name with the unit, such as `hd95_mm`.
    public let column: String
    /// What a reader of the report sees, such as `HD95`.
    public let title: String
    /// The unit, such as `mm`; empty for a ratio.
    public let unit: String
    public let better: Direction
    private let compute: @Sendable (MaskPair, EmptyRegions) -> Double

    /// - Parameter compute: the value for two regions under a convention for empty ones; always finite.
    public init(
        name: String, column: String? = nil, title: String, unit: String, better: Direction,
        compute: @escaping @Sendable (MaskPair, EmptyRegions) -> Double
    ) {
        (self.name, self.title, self.unit, self.better, self.compute) = (name, title, unit, better, compute)
        self.column = column ?? (unit.isEmpty ? name : "\(name)_\(unit)")
    }

    /// The value for a pair whose counts and distances may serve other metrics too.
    public func callAsFunction(_ pair: MaskPair, empty: EmptyRegions = .brats) -> Double { compute(pair, empty) }

    /// The value for two masks on one grid.
    ///
    /// - Throws: `EvaluationError.gridsDiffer`, `EvaluationError.grid`.
    public func callAsFunction(
        _ prediction: Mask, _ truth: Mask, empty: EmptyRegions = .brats
    ) throws(EvaluationError) -> Double {
        compute(try MaskPair(prediction: prediction, truth: truth), empty)
    }

    /// Every metric, in the order of tables.
    public static let all: [Metric] = [
        .dice,
        .hd95,
        .hd,
        .sensitivity,
        .precision,
        .specificity,
        .predictedMillilitres,
        .trueMillilitres,
        .volumeDifference,
    ]
}
