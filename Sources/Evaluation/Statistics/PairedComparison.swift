/// Two sets of results on the same cases, region by region and metric by metric.
public struct PairedComparison: Sendable {
    /// One region and metric over the cases that both sets score.
    public struct Entry: Sendable, Encodable {
        public let region: String
        /// The ``Metric/name``.
        public let metric: String
        public let unit: String
        public let cases: Int
        /// The mean of first minus second.
        public let meanDifference: Double
        /// The 95 % bootstrap interval of that mean.
        public let lower: Double
        public let upper: Double
        /// Of ``Wilcoxon``'s test, and its rank-biserial correlation.
        public let probability: Double
        public let effect: Double
    }

    public let entries: [Entry]

    /// Compares cases of the same name.
    public init(
        _ first: [SegmentationEvaluation], _ second: [SegmentationEvaluation], metrics: [Metric] = Metric.all,
        seed: UInt64 = 1
    ) {
        let others = Dictionary(second.map { ($0.name, $0) }) { first, _ in first }
        entries = first.allRegions.flatMap { region in
            metrics.compactMap { metric in
                let differences = first.compactMap { one -> Double? in
                    guard let a = one.score(region, metric), let b = others[one.name]?.score(region, metric) else {
                        return nil
                    }
                    return a - b
                }
                return Self.entry(region, metric, differences, seed: seed)
            }
        }
    }

    private static func entry(_ region: String, _ metric: Metric, _ differences: [Double], seed: UInt64) -> Entry? {
        guard let mean = mean(differences), let interval = bootstrapInterval(ofMean: differences, seed: seed) else {
            return nil
        }
        let test = Wilcoxon(differences)
        return Entry(
            region: region, metric: metric.name, unit: metric.unit, cases: differences.count, meanDifference: mean,
            lower: interval.lower, upper: interval.upper, probability: test.probability, effect: test.effect)
    }
}

extension SegmentationEvaluation {
    /// The score of a region that counts; nil where it is left out or no number.
    fileprivate func score(_ region: String, _ metric: Metric) -> Double? {
        guard !leftOut.contains(region), let value = scores[region]?.values[metric.name], !value.isNaN else {
            return nil
        }
        return value
    }
}
