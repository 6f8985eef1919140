import BrainData
import Evaluation
import Foundation

/// The page about the scores of many cases.
struct CohortPage {
    let results: CohortResults
    let scoring: SegmentationScoring
    /// The scans to show, where the user gave any.
    let scans: [TumourCase]
    /// What was compared, as the user named it.
    var prediction = "", against: String?
    /// How many cases could not be scored.
    var leftOut = 0

    private var evaluations: [SegmentationEvaluation] { results.scores.map(\.evaluation) }
    private var regions: [String] { SegmentationScoring.regions.map(\.displayName) }

    func report() throws -> Report {
        var report = Report(
            title: "Segmentations against the experts’",
            subject: Self.name(prediction) + (against.map { ", against \(Self.name($0))" } ?? ""))
        if leftOut > 0 { report.warnings.append("\(leftOut) cases were left out, \(evaluations.count) are scored.") }
        report.sections = [.highlights(highlights)] + spreads.map { .dots($0) }
        let worst = WorstCases(scoring: scoring, scans: scans)
        let figures = try worst.figures(of: results.scores)
        if !figures.isEmpty { report.sections.append(.figures("Worst cases", figures, note: worst.note)) }
        report.sections.append(.table(summary))
        if let comparison = results.comparison { report.sections.append(.table(table(of: comparison))) }
        if !results.calibrations.isEmpty { report.sections += [.chart(reliability), .table(calibration)] }
        report.sections += [.table(cases), .facts("How it was scored", facts)]
        return report
    }

    private var highlights: [Report.Highlight] {
        [Report.Highlight("Cases", "\(evaluations.count)")]
            + regions.compactMap { region in
                results.summary[region, .dice].map {
                    Report.Highlight("Mean Dice \(region)", $0.mean.formatted(decimals: 3))
                }
            }
    }

    /// Dice and HD95, and their lesion-wise kin, over cases.
    private var spreads: [DotPlot] {
        shown.map { metric in
            let rows = regions.enumerated().flatMap { n, region in
                let own = DotPlot.Row(region, dots(evaluations, region, metric), series: against == nil ? n : 0)
                guard let others = results.others else { return [own] }
                return [own, DotPlot.Row("\(region), other", dots(others, region, metric), series: 1)]
            }
            return DotPlot(
                title: "\(metric.title) of each case", axis: CohortResults.title(metric), rows: rows,
                range: metric.better == .higher ? 0...1 : nil)
        }
    }

    private func dots(
        _ evaluations: [SegmentationEvaluation], _ region: String, _ metric: Metric
    ) -> [(name: String, value: Double)] {
        evaluations.compactMap { one in one.scores[region].map { (one.name, $0[metric]) } }
    }

    /// The metrics of pictures and of the table of cases.
    private var shown: [Metric] {
        [.dice, .hd95] + results.metrics.filter { ["lesionWiseDice", "lesionWiseHD95"].contains($0.name) }
    }

    private typealias Column = ReportTable.Column
    private typealias Cell = ReportTable.Cell

    private var summary: ReportTable {
        let entries = results.columns.flatMap { metric in
            regions.compactMap { region in results.summary[region, metric].map { (metric, $0) } }
        }
        return ReportTable(
            "Over all cases",
            columns: [
                "Metric", "Region", .number("Cases"), .number("Mean"), .number("95 % interval"), .number("Median"),
            ],
            rows: entries.map { metric, entry in
                [
                    Cell(CohortResults.title(metric)), Cell(entry.region), "\(entry.cases)",
                    Cell(Self.figure(entry.mean, metric)),
                    "\(Self.figure(entry.lower, metric)) to \(Self.figure(entry.upper, metric))",
                    Cell(Self.figure(entry.median, metric)),
                ]
            }, note: "Intervals are of the mean: the percentile bootstrap over cases, 2000 resamples.")
    }

    private func table(of comparison: PairedComparison) -> ReportTable {
        let entries = shown.flatMap { metric in
            comparison.entries.filter { $0.metric == metric.name }.map { (metric, $0) }
        }
        return ReportTable(
            "Paired comparison",
            columns: [
                "Metric", "Region", .number("Cases"), .number("Mean difference"), .number("95 % interval"),
                .number("Wilcoxon p"), .number("Rank-biserial r"),
            ],
            rows: entries.map { metric, entry in
                [
                    Cell(CohortResults.title(metric)), Cell(entry.region), "\(entry.cases)",
                    Cell(Self.figure(entry.meanDifference, metric)),
                    "\(Self.figure(entry.lower, metric)) to \(Self.figure(entry.upper, metric))",
                    Cell(entry.probability.formatted(decimals: 4)), Cell(entry.effect.formatted(decimals: 2)),
                ]
            },
            note:
                "These results minus the others, case by case: Wilcoxon’s signed-rank test, two-sided; p is of each row "
                + "by itself, not corrected for their number.")
    }

    private var reliability: LineChart {
        let curves = results.calibrations.map { LineChart.Series($0.region, $0.points) }
        return LineChart(
            title: "Calibration", xTitle: "probability, mean of a bin", yTitle: "share in the expert’s region",
            series: curves + [LineChart.Series("perfect", [(0, 0), (1, 1)])])
    }

    private var calibration: ReportTable {
        ReportTable(
            "Calibration over all cases",
            columns: [
                "Region", .number("Cases"), .number("Voxels"), .number("Calibration error"), .number("Brier score"),
                .number("Mean of cases"), .number("95 % interval"),
            ],
            rows: results.calibrations.map { one in
                [
                    Cell(one.region), "\(one.cases)", "\(one.voxels)",
                    Cell(one.expectedCalibrationError.formatted(decimals: 4)), Cell(one.brier.formatted(decimals: 4)),
                    Cell(one.meanOfCases.formatted(decimals: 4)),
                    "\(one.lower.formatted(decimals: 4)) to \(one.upper.formatted(decimals: 4))",
                ]
            },
            note: "Expected calibration error over \(Calibration.intervals) bins of equal width, of the voxels within "
                + "\(Calibration.margin.formatted(decimals: 0)) mm of the predicted or the expert’s region; all voxels of "
                + "all cases together, and the mean over cases.")
    }

    private var cases: ReportTable {
        let columns = shown.flatMap { metric in regions.map { Column("\(metric.title) \($0)", unit: metric.unit) } }
        return ReportTable(
            "Case by case", columns: ["Case"] + columns,
            rows: evaluations.map { one in
                [Cell(one.name)]
                    + shown.flatMap { metric in
                        regions.map { Cell(Self.figure(one.scores[$0]?[metric] ?? .nan, metric)) }
                    }
            })
    }

    private var facts: [(name: String, value: String)] {
        let schemes = Set(results.scores.map(\.scheme.name)).sorted().joined(separator: ", ")
        let rules = Set(results.scores.compactMap(\.rules)).sorted { $0.name < $1.name }
        return [
            ("Software", Version.text), ("Truth", scoring.truth.lastPathComponent), ("Label scheme", schemes),
            (
                "Empty regions",
                results.convention == .brats
                    ? "as BraTS: both empty is perfect, one empty has Dice 0 and HD95 373.13 mm"
                    : "as EoFormer’s published script, for comparison with its tables only"
            ),
            ("HD95", "95th percentile of the surface distances, both directions pooled"),
        ]
            + rules.map { one in
                let small = one.largestIgnored.formatted(decimals: 0)
                return (
                    "Lesions, \(one.name)",
                    "grown \(one.dilations) times to join; up to \(small) mm³ left out; a miss has Dice 0, HD95 374 mm; "
                        + "HD95 is the larger direction, weighted by area"
                )
            }
    }

    private static func name(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }

    private static func figure(_ value: Double, _ metric: Metric) -> String {
        value.formatted(decimals: metric.unit.isEmpty ? 3 : metric.unit == "mm" ? 1 : 2)
    }
}
