import Evaluation
import Foundation
import Training

/// The page of a benchmark on slices: every row in a table, how far probabilities can be believed, and which classes are confused.
struct SliceBenchmarkPage {
    let rows: [SliceBenchmark.Row]
    let classes: [String]
    let data: String

    func write(to file: URL) throws(EvaluationError) {
        var report = Report(title: "Networks on slices", subject: data)
        report.warnings = ["For research use only, not a diagnosis."]
        if rows.contains(where: { $0.classes != nil }) {
            report.sections += [.table(classTable), .chart(reliability)]
            if let first = rows.first, let scores = first.classes { report.sections.append(.table(confusion(scores))) }
        }
        if rows.contains(where: { $0.ages != nil }) { report.sections.append(.table(ageTable)) }
        try report.write(to: file)
    }

    private func name(_ row: SliceBenchmark.Row) -> String { row.model + (row.seed.map { ", seed \($0)" } ?? "") }

    private func text(_ number: Double?, _ decimals: Int = 3) -> String { number?.formatted(decimals: decimals) ?? "–" }

    private var classTable: ReportTable {
        let columns: [ReportTable.Column] = [
            "Model", .number("Accuracy"), .number("95 %"), .number("Balanced"), .number("Sensitivity"),
            .number("Specificity"), .number("AUC"), .number("95 %"), .number("Calibration error"),
        ]
        let cells = rows.compactMap { row -> [ReportTable.Cell]? in
            guard let c = row.classes else { return nil }
            let words = [
                name(row), text(c.accuracy), "\(text(c.low))–\(text(c.high))", text(c.balancedAccuracy),
                text(c.sensitivity), text(c.specificity), text(c.auc?.value),
                c.auc.map { "\(text($0.low))–\(text($0.high))" } ?? "–", text(c.calibrationError),
            ]
            return words.map { ReportTable.Cell($0) }
        }
        return ReportTable(
            "Classes", columns: columns, rows: cells,
            note: "Accuracy with Wilson's interval, AUC with DeLong's. The condition of sensitivity and AUC is "
                + "\(classes.last ?? "the last class"), where there are two classes. The calibration error is the expected one over "
                + "fifteen bins.")
    }

    private var reliability: LineChart {
        let curves = rows.compactMap { row in
            row.classes.map { scores in
                LineChart.Series(name(row), scores.reliability.map { (x: $0.probability, y: $0.share) })
            }
        }
        return LineChart(
            title: "Reliability: of those told with a probability, how many are of that class", xTitle: "probability",
            yTitle: "share", series: curves + [LineChart.Series("perfect", [(0, 0), (1, 1)])])
    }

    private func confusion(_ scores: ClassificationScores) -> ReportTable {
        ReportTable(
            "Told by \(name(rows[0]))", columns: ["True class"] + classes.map { .number($0) },
            rows: zip(classes, scores.confusion).map { label, counts in
                [ReportTable.Cell(label)] + counts.map { ReportTable.Cell("\($0)") }
            }, note: "Rows are true classes, columns told ones.")
    }

    private var ageTable: ReportTable {
        let columns: [ReportTable.Column] = [
            "Model", .number("Mean error", unit: "years"), .number("95 %"), .number("r"), .number("R²"),
            .number("Gap's r with age"), .number("Within the interval"),
        ]
        var cells: [[ReportTable.Cell]] = []
        for row in rows {
            for (suffix, ages) in [("", row.ages), (", corrected", row.corrected)] {
                guard let a = ages else { continue }
                let inside = suffix.isEmpty ? "" : text(row.coverage, 2)
                let words = [
                    name(row) + suffix, text(a.meanError, 2), "\(text(a.low, 2))–\(text(a.high, 2))",
                    text(a.correlation), text(a.explained), text(a.gapCorrelation), inside,
                ]
                cells.append(words.map { ReportTable.Cell($0) })
            }
        }
        return ReportTable(
            "Ages", columns: columns, rows: cells,
            note:
                "Mean absolute errors with a bootstrap over people. Corrections and intervals come from each training part alone; 0.90 "
                + "is what the interval is made for.")
    }
}
