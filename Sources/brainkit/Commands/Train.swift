import ArgumentParser
import BrainData
import BrainModels
import Foundation
import NeuralNet
import Training

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a network as an experiment file states it.",
        discussion: """
            Leaves a folder with the experiment, a checkpoint, two logs (steps.csv, validation.csv) and at the end the
            network, model.safetensors. A killed run goes on with --resume to the very same weights.

            EXAMPLE
              brainkit train Experiments/eoformer-tumour.yaml --set optimiser.steps=500
            """)

    @Argument(help: "The experiment, a YAML file.")
    var experiment: String
    @Flag(help: "Go on from the run's last checkpoint.")
    var resume = false
    @Option(help: "Override a value of the experiment, such as optimiser.steps=200; may be given several times.")
    var set: [String] = []
    @Option(help: "The folder that runs lie in.")
    var runs = "runs"
    @Option(help: "Threads of the engine; all cores if left out.")
    var threads: Int?

    func run() throws {
        if let threads { Engine.setThreads(max(1, threads)) }
        let plan = try Experiment(contentsOf: URL(fileURLWithPath: experiment), settings: set)
        let progress = Progress("training")
        let trainer = try SegmentationTrainer(plan, in: URL(fileURLWithPath: runs), resumes: resume) { event in
            switch event {
            case .prepared(let training, let validation, let parameters, let first):
                Console.note(
                    "\(training) cases to train on, \(validation) to validate, \(parameters) parameters, from step \(first)"
                )
            case .step(let number, let total, let loss, let rate, let seconds):
                let figures = String(format: "loss %.4f  rate %.2e  %.2f s/step", loss, rate, seconds)
                progress.show(number, of: total, figures)
                if !Console.isTerminal && (number % 50 == 0 || number == total) {
                    Console.note("step \(number) of \(total)  \(figures)")
                }
            case .validating(let name): Console.note("validating \(name)")
            case .validated(_, let scores): Console.note(Self.table(scores))
            case .saved(let file): Console.note("wrote \(file.path)")
            }
        }
        try trainer.run()
    }

    private static func table(_ scores: [SegmentationTrainer.ValidationScore]) -> String {
        TumourSegmenter.outputs.map { region in
            let own = scores.filter { $0.region == region.rawValue }
            let dice = own.map(\.dice).reduce(0, +) / Double(max(1, own.count))
            return String(format: "%@: mean Dice %.3f over %d cases", region.displayName, dice, own.count)
        }.joined(separator: "\n")
    }
}

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print an experiment with every value written out.",
        discussion: """
            EXAMPLE
              brainkit plan Experiments/eoformer-brats.yaml
            """)

    @Argument(help: "The experiment, a YAML file.")
    var experiment: String
    @Option(help: "Override a value of the experiment, such as optimiser.steps=200; may be given several times.")
    var set: [String] = []

    func run() throws {
        Console.result(try Experiment(contentsOf: URL(fileURLWithPath: experiment), settings: set).yaml())
    }
}
