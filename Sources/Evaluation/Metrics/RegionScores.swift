/// Every metric of one region, each by the name of its ``Metric``. In JSON it is one object: `{"dice": 0.91, …}`.
public struct RegionScores: Sendable, Equatable, Codable {
    /// The values by ``Metric/name``.
    public let values: [String: Double]

    /// Measures one region.
    public init(_ pair: MaskPair, metrics: [Metric] = Metric.all, empty: EmptyRegions = .brats) {
        values = Dictionary(metrics.map { ($0.name, $0(pair, empty: empty)) }) { _, last in last }
    }

    public init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Double].self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }

    /// The value of a metric; NaN where it was not measured.
    public subscript(metric: Metric) -> Double { values[metric.name] ?? .nan }

    /// The overlap, 0 to 1.
    public var dice: Double { self[.dice] }
    /// The 95th percentile of the surface distances, both directions pooled, in millimetres.
    public var hd95: Double { self[.hd95] }
    /// The largest surface distance in millimetres.
    public var hd: Double { self[.hd] }
    /// The share of the expert's region that was found.
    public var sensitivity: Double { self[.sensitivity] }
    /// The share of the predicted region that is right.
    public var precision: Double { self[.precision] }
    /// The share of the outside that was left out.
    public var specificity: Double { self[.specificity] }
    /// The volume of the predicted region in millilitres.
    public var predictedMillilitres: Double { self[.predictedMillilitres] }
    /// The volume of the expert's region in millilitres.
    public var trueMillilitres: Double { self[.trueMillilitres] }
    /// Predicted minus true volume in millilitres.
    public var volumeDifference: Double { self[.volumeDifference] }
}
