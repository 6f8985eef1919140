/// The scores of many cases, averaged for each region and metric, with a 95 % interval of the mean.
public struct CohortSummary: Sendable, Equatable, Codable {
    /// One region and metric over all cases that count.
    public struct Entry: Sendable, Equatable, Codable {
        public let region: String
        /// The ``Metric/name``.
        public let metric: String
        /// The metric's unit; empty for a ratio.
        public let unit: String
        /// The cases that entered the average.
        public let cases: Int
        public let mean: Double
        public let median: Double
        /// The 95 % bootstrap interval of the mean.
        public let lower: Double
        public let upper: Double
    }

    /// Regions in order of first appearance, within each the metrics in their order.
    public let entries: [Entry]

    /// Summarises cases. A region counts in the cases that have it, less those whose convention leaves it out.
    ///
    /// - Parameter seed: of the bootstrap.
    public init(_ cases: [SegmentationEvaluation], metrics: [Metric] = Metric.all, seed: UInt64 = 1) {
        entries = cases.allRegions.flatMap { region -> [Entry] in
            let scores = cases.filter { !$0.leftOut.contains(region) }.compactMap { $0.scores[region] }
            return metrics.compactMap { metric in
                Self.entry(region, metric, scores.compactMap { $0.values[metric.name] }, seed: seed)
            }
        }
    }

    private static func entry(_ region: String, _ metric: Metric, _ values: [Double], seed: UInt64) -> Entry? {
        guard let mean = mean(values), let median = median(values),
            let interval = bootstrapInterval(ofMean: values, seed: seed)
        else { return nil }
        return Entry(
            region: region, metric: metric.name, unit: metric.unit, cases: values.count, mean: mean, median: median,
            lower: interval.lower, upper: interval.upper)
    }

    /// The summary of one region and metric; nil where no case has it.
    public subscript(region: String, metric: Metric) -> Entry? {
        entries.first { $0.region == region && $0.metric == metric.name }
    }

    /// One line a region and metric: `region,metric,unit,cases,mean,median,lower95,upper95`.
    public var table: CSVTable {
        CSVTable(
            header: ["region", "metric", "unit", "cases", "mean", "median", "lower95", "upper95"],
            rows: entries.map { entry in
                [entry.region, entry.metric, entry.unit, "\(entry.cases)"]
                    + [entry.mean, entry.median, entry.lower, entry.upper].map { "\($0)" }
            })
    }
}
