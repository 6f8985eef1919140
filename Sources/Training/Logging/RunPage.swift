import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet

/// The page of a run: curves, the last validation, and examples to look at.
struct RunPage {
    let experiment: Experiment
    let log: RunLog
    let examples: [SegmentationValidator.Example]
    /// Numbers that training changes.
    let parameters: Int

    /// Colours of the regions by the number that an example's label maps give them.
    static let colours: [UInt16: Colour] = [1: Colour.distinct[1], 2: Colour.distinct[0], 3: Colour.distinct[3]]

    func report() -> Report {
        let step = log.steps.last?.step ?? 0, steps = experiment.optimiser.steps
        var report = Report(
            title: "Training of \(experiment.runName)",
            subject: step < steps ? "step \(step) of \(steps)" : "all \(steps) steps taken")
        report.sections = [.highlights(highlights), .chart(log.lossChart)]
        if !log.scores.isEmpty { report.sections += [.chart(diceChart), .table(lastValidation)] }
        report.sections += examples.map { .viewer(viewer($0)) }
        report.sections += [.chart(log.rateChart), .facts("Settings", settings), .facts("Machine", log.machine)]
        return report
    }

    private var highlights: [Report.Highlight] {
        var list = log.highlights
        for (n, region) in SegmentationValidator.labels.enumerated() {
            guard let mean = log.lastDice.first(where: { $0.region == region.rawValue }) else { continue }
            let (name, colour) = ("Dice \(region.displayName)", Self.colours[UInt16(n + 1)])
            list.append(Report.Highlight(name, mean.dice.formatted(decimals: 3), colour: colour))
        }
        return list
    }

    private var diceChart: LineChart {
        var series: [LineChart.Series] = SegmentationValidator.labels.map { .init($0.displayName, []) }
        var known = 0
        for score in log.scores where score.step > known {
            known = score.step
            for (region, dice) in log.meanDice(at: known) {
                guard let n = SegmentationValidator.labels.firstIndex(where: { $0.rawValue == region }) else {
                    continue
                }
                series[n].points.append((x: Double(known), y: dice))
            }
        }
        return LineChart(title: "Mean Dice of the validation cases", yTitle: "Dice", series: series)
    }

    private var lastValidation: ReportTable {
        typealias Column = ReportTable.Column
        let step = log.scores.last?.step ?? 0
        let own = log.scores.filter { $0.step == step }
        let regions = SegmentationValidator.labels
        var names: [String] = []
        for score in own where !names.contains(score.name) { names.append(score.name) }
        func cells(_ scores: [ValidationScore]) -> [ReportTable.Cell] {
            func mean(_ region: TumourRegion, _ value: (ValidationScore) -> Double) -> Double {
                let values = scores.filter { $0.region == region.rawValue }.map(value)
                return values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
            }
            return regions.map { .init(mean($0, \.dice).formatted(decimals: 3)) }
                + regions.map { .init(mean($0, \.hd95).formatted(decimals: 1)) }
        }
        return ReportTable(
            "Validation after step \(step)",
            columns: ["Case"] + regions.map { Column("Dice \($0.displayName)") }
                + regions.map { Column("HD95 \($0.displayName)", unit: "mm") },
            rows: names.map { name in [.init(name)] + cells(own.filter { $0.name == name }) } + [["Mean"] + cells(own)],
            note: "On the prepared grid, at probabilities of one half, without post-processing.")
    }

    private func viewer(_ example: SegmentationValidator.Example) -> Viewer {
        let names = SegmentationValidator.labels.enumerated().map { (UInt16($0 + 1), $1.displayName) }
        func overlay(_ name: String, _ labels: LabelMap, _ style: ViewerOverlay.Style) -> ViewerOverlay {
            ViewerOverlay(
                name: name, labels: labels, colours: Self.colours, names: Dictionary(uniqueKeysWithValues: names),
                style: style)
        }
        var viewer = Viewer(
            title: example.name, images: [ViewerImage(name: example.contrast, volume: example.image)],
            overlays: [
                overlay("Network", example.prediction, .filled), overlay("Expert", example.truth, .outline),
            ])
        viewer.budget = 4_500_000
        return viewer
    }

    private var settings: [(name: String, value: String)] {
        let sampling = experiment.sampling, plan = experiment.optimiser
        return [
            ("Data", URL(fileURLWithPath: experiment.data.folder).lastPathComponent),
            ("Contrasts", experiment.data.input.contrasts.map(\.displayName).joined(separator: ", ")),
            ("Patch", "\(sampling.patch)³, \(sampling.batch) a step"), ("Foreground", "\(sampling.foreground)"),
            ("Augmentation", experiment.augmentation.summary), ("Loss", experiment.loss.rawValue),
            ("Learning rate", "\(plan.learningRate), \(plan.warmUp) steps to warm up"),
            ("Weight decay", "\(plan.settings.weightDecay)"), ("Parameters", "\(parameters)"),
            ("Seed", "\(experiment.seed)"),
        ]
    }
}
