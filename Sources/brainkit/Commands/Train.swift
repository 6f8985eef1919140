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
            Leaves a folder with the experiment, a checkpoint, logs (steps.csv, validation.csv, a file for TensorBoard), a \
            page to look at (report.html) and at the end the network, model.safetensors. A killed run goes on with \
            --resume to the very same weights.

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
    @Option(help: "Memory that may be used, in megabytes; what is free if left out.")
    var maxMemory: Int?

    func run() throws {
        if let threads { Engine.setThreads(max(1, threads)) }
        let file = try Experiment(contentsOf: URL(fileURLWithPath: experiment), settings: set)
        let root = URL(fileURLWithPath: runs), monitor = TrainingMonitor()
        let extractor = try ModelStore.extractor(.processor)
        try Trainer(
            planned(file, extractor, in: root), extractor: extractor, in: root, resumes: resume, report: monitor.show
        ).run()
    }

    /// The experiment without `auto`: as the run chose before, or as a new plan chooses.
    private func planned(_ file: Experiment, _ extractor: BrainExtractor?, in root: URL) throws -> Experiment {
        if resume, let former = try Trainer.experiment(of: file, in: root) {
            return file.resolved(like: former)
        }
        let plan = try TrainingPlan(file, extractor: extractor, memory: ProcessMemory.free(limit: maxMemory))
        for choice in plan.choices { Console.note("\(choice.name): \(choice.value) (\(choice.reason))") }
        return plan.experiment
    }
}
