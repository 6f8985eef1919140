import BrainModels
import Evaluation
import Foundation
import NeuralNet

/// The page of a registration's run: curves and the last validation.
struct RegistrationPage {
    let experiment: Experiment
    let log: RunLog
    /// Numbers that training changes.
    let parameters: Int
    /// Of the voxels at the last validation, if there was one.
    let foldedShare: Double?

    func report() -> Report {
        let step = log.steps.last?.step ?? 0, steps = experiment.optimiser.steps
        var report = Report(
            title: "Training of \(experiment.runName)",
            subject: step < steps ? "step \(step) of \(steps)" : "all \(steps) steps taken")
        report.sections = [.highlights(highlights), .chart(log.lossChart)]
        if !log.scores.isEmpty { report.sections += [.chart(diceChart), .table(lastValidation)] }
        report.sections += [.chart(log.rateChart), .facts("Settings", settings), .facts("Machine", log.machine)]
        return report
    }

    private var highlights: [Report.Highlight] {
        var list = log.highlights
        for (region, dice) in log.lastDice { list.append(.init("Dice \(region)", dice.formatted(decimals: 3))) }
        if let foldedShare { list.append(.init("Folds", (100 * foldedShare).formatted(decimals: 4), unit: "%")) }
        return list
    }

    private var diceChart: LineChart {
        var series: [String: [(x: Double, y: Double)]] = [:]
        var known = 0
        for score in log.scores where score.step > known {
            known = score.step
            for (region, dice) in log.meanDice(at: known) { series[region, default: []].append((Double(known), dice)) }
        }
        return LineChart(
            title: "Mean Dice of the structures in the validation pairs", yTitle: "Dice",
            series: series.sorted { $0.key > $1.key }.map { .init($0.key, $0.value) })
    }

    private var lastValidation: ReportTable {
        let step = log.scores.last?.step ?? 0
        let own = log.scores.filter { $0.step == step }
        var names: [String] = []
        for score in own where !names.contains(score.name) { names.append(score.name) }
        func cells(_ scores: [ValidationScore]) -> [ReportTable.Cell] {
            ["before", "after"].map { region in
                let dice = scores.filter { $0.region == region }.map(\.dice)
                return .init((dice.reduce(0, +) / Double(max(1, dice.count))).formatted(decimals: 3))
            }
        }
        return ReportTable(
            "Validation after step \(step)", columns: ["Pair", "Dice before", "Dice after"],
            rows: names.map { name in [.init(name)] + cells(own.filter { $0.name == name }) } + [["Mean"] + cells(own)],
            note:
                "Mean over structures, labels warped to the nearest voxel; one brain of each pair is never trained on.")
    }

    private var settings: [(name: String, value: String)] {
        let registration = experiment.registration, plan = experiment.optimiser
        let size = registration.size.map(String.init).joined(separator: " × ")
        return [
            ("Network", registration.model.rawValue),
            ("Input", "\(size) voxels of \(experiment.data.input.spacing) mm"),
            ("Pairs of one map", "\(registration.pairs.sameMap)"),
            (
                "Loss",
                "\(registration.loss.dice) Dice + \(registration.loss.smoothness) diffusion + "
                    + "\(registration.loss.correspondence) correspondence"
            ),
            ("Learning rate", "\(plan.learningRate), \(plan.warmUp) steps to warm up"),
            ("Weight decay", "\(plan.settings.weightDecay)"), ("Parameters", "\(parameters)"),
            ("Seed", "\(experiment.seed)"),
        ]
    }
}
