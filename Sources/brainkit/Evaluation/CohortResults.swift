import BrainData
import Evaluation
import Foundation

/// The scores of all cases, with what they come to, as text or as one object.
struct CohortResults {
    let scores: [SegmentationScoring.Score]
    /// What else is told of, beside the metrics that always are.
    let metrics: [Metric]
    let convention: EmptyRegions
    let summary: CohortSummary
    /// The same of other results, where there are any.
    let others: [SegmentationEvaluation]?
    let comparison: PairedComparison?
    let calibrations: [CohortCalibration]

    init(
        _ scores: [SegmentationScoring.Score], metrics: [Metric], convention: EmptyRegions,
        others: [SegmentationEvaluation]?
    ) {
        let evaluations = scores.map(\.evaluation)
        (self.scores, self.metrics, self.convention, self.others) = (scores, metrics, convention, others)
        summary = CohortSummary(evaluations, metrics: metrics)
        comparison = others.map { PairedComparison(evaluations, $0, metrics: metrics) }
        calibrations = CohortCalibration.all(scores)
    }

    /// The metrics that tables show.
    var columns: [Metric] {
        let usual: [Metric] = [.dice, .hd95, .sensitivity, .precision, .predictedMillilitres, .trueMillilitres]
        return usual + metrics.filter { metric in !Metric.all.contains { $0.name == metric.name } }
    }

    static func title(_ metric: Metric) -> String {
        metric.unit.isEmpty ? metric.title : "\(metric.title) \(metric.unit)"
    }

    /// Aligned columns.
    ///
    /// - Parameter isCohort: whether there are several cases, so that means are worth a table.
    func text(isCohort: Bool) -> String {
        var rows = [["case", "region"] + columns.map(Self.title)]
        for evaluation in scores.map(\.evaluation) {
            for region in evaluation.regions {
                let values = columns.map { metric in
                    let value = evaluation.scores[region]?[metric] ?? .nan
                    return metric.unit == "lesions" ? String(format: "%6.0f", value) : Self.figure(value)
                }
                rows.append([evaluation.name, region] + values)
            }
        }
        if isCohort { rows += summaryRows }
        rows += comparisonRows + calibrationRows
        return AlignedText.lines(rows)
    }

    private var summaryRows: [[String]] {
        [[""], ["region", "metric", "cases", "      mean", "    median", "95 % interval of the mean"]]
            + summary.entries.compactMap { entry in
                guard let metric = columns.first(where: { $0.name == entry.metric }) else { return nil }
                return [
                    entry.region, Self.title(metric), "\(entry.cases)", Self.figure(entry.mean),
                    Self.figure(entry.median), String(format: "%.4f to %.4f", entry.lower, entry.upper),
                ]
            }
    }

    /// These results minus the others.
    private var comparisonRows: [[String]] {
        guard let comparison else { return [] }
        return [
            [""],
            ["region", "metric", "cases", "difference", "95 % interval", "Wilcoxon p", "rank-biserial r"],
        ]
            + comparison.entries.compactMap { entry in
                guard let metric = columns.first(where: { $0.name == entry.metric }) else { return nil }
                return [
                    entry.region, Self.title(metric), "\(entry.cases)", String(format: "%+10.4f", entry.meanDifference),
                    String(format: "%+.4f to %+.4f", entry.lower, entry.upper),
                    String(format: "%10.4f", entry.probability), String(format: "%+.2f", entry.effect),
                ]
            }
    }

    private var calibrationRows: [[String]] {
        guard !calibrations.isEmpty else { return [] }
        return [
            [""],
            ["region", "cases", "calibration error", "     Brier", "mean of cases", "95 % interval of the mean"],
        ]
            + calibrations.map { one in
                [
                    one.region, "\(one.cases)", Self.figure(one.expectedCalibrationError), Self.figure(one.brier),
                    Self.figure(one.meanOfCases), String(format: "%.4f to %.4f", one.lower, one.upper),
                ]
            }
    }

    private static func figure(_ value: Double) -> String { String(format: "%10.4f", value) }

    /// One object with everything.
    var output: Output {
        Output(
            convention: convention.rawValue,
            cases: scores.map {
                Output.Case(
                    name: $0.evaluation.name, scheme: $0.scheme.name, lesionRules: $0.rules,
                    regions: $0.evaluation.scores)
            }, summary: summary.entries, comparison: comparison?.entries,
            calibration: calibrations.isEmpty ? nil : calibrations)
    }

    struct Output: Encodable {
        struct Case: Encodable {
            let name, scheme: String
            let lesionRules: LesionRules?
            let regions: [String: RegionScores]
        }
        let convention: String
        let cases: [Case]
        let summary: [CohortSummary.Entry]
        let comparison: [PairedComparison.Entry]?
        let calibration: [CohortCalibration]?
    }
}
