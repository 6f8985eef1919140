import ArgumentParser
import Foundation
import NeuralNet
import Training

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print an experiment with every value and choice written out.",
        discussion: """
            What hangs on the data and the machine is chosen and explained in comments above the experiment: the output is \
            itself an experiment.

            EXAMPLE
              brainkit plan Experiments/eoformer-tumour.yaml --measure
            """)

    @Argument(help: "The experiment, a YAML file.")
    var experiment: String
    @Option(help: "Override a value of the experiment, such as optimiser.steps=200; may be given several times.")
    var set: [String] = []
    @Flag(help: "Take a few steps to see how long they last and what memory they take.")
    var measure = false
    @Option(help: "Threads of the engine; all cores if left out.")
    var threads: Int?
    @Option(help: "Memory that may be used, in megabytes; what is free if left out.")
    var maxMemory: Int?
    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        if let threads { Engine.setThreads(max(1, threads)) }
        let file = try Experiment(contentsOf: URL(fileURLWithPath: experiment), settings: set)
        let plan = try TrainingPlan(
            file, extractor: ModelStore.extractor(.processor), memory: ProcessMemory.free(limit: maxMemory),
            measures: measure)
        if json { try Console.result(plan) } else { Console.result(try plan.text()) }
    }
}
