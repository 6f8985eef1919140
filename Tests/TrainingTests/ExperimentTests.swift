import BrainModels
import Foundation
import NeuralNet
import Testing

@testable import Training

@Suite struct ExperimentTests {
    @Test func whatAFileLeavesOutIsStandard() throws {
        let experiment = try Experiment(yaml: "name: trial\noptimiser: { steps: 7 }", named: "trial.yaml")
        var expected = Experiment()
        expected.name = "trial"
        expected.optimiser.steps = 7
        #expect(experiment == expected)
    }

    @Test func namesAnUnknownKeyAndTheKnownOnes() throws {
        let error = #expect(throws: TrainingError.self) {
            try Experiment(yaml: "optimiser: { step: 7 }", named: "trial.yaml")
        }
        let sentence = try #require(error).description
        #expect(sentence.contains("\"optimiser.step\""))
        #expect(sentence.contains("learningRate, settings, steps, warmUp"))
    }

    @Test(arguments: [
        "sampling: { patch: 50 }", "sampling: { batch: -1 }", "sampling: { foreground: 1.5 }",
        "optimiser: { steps: -1 }",
        "checkpointEvery: 0", "network: { inputs: 3 }", "validation: { window: { overlap: 1 } }", "loss: hinge",
        "data: { folds: 1 }", "data: { folds: 5, fold: 6 }", "data: { folds: 5, validation: [x] }",
        "data: { validation: all }", "sampling: { refresh: 0 }", "- a list",
        "data: { synthetic: { share: 0.5 } }", "data: { synthetic: { share: 2, labelMaps: maps } }",
        "data: { synthetic: { pool: 0 } }", "data: { synthetic: { settings: { wholeHead: 2 } } }", "name: [", "",
    ]) func refusesWhatMakesNoRun(yaml: String) {
        #expect(throws: TrainingError.self) { try Experiment(yaml: yaml, named: "bad.yaml") }
    }

    @Test func overridesSingleValues() throws {
        let experiment = try Experiment(
            yaml: "name: a", named: "a.yaml",
            settings: ["name=b", "optimiser.settings.beta1=0.8", "data.validation=[x, y]", "loss=dice-softmax"])
        #expect(experiment.name == "b")
        #expect(experiment.optimiser.settings.beta1 == 0.8)
        #expect(experiment.data.validation == ["x", "y"])
        #expect(experiment.loss == .published)
        #expect(throws: TrainingError.self) { try Experiment(yaml: "name: a", named: "a.yaml", settings: ["steps"]) }
    }

    @Test func autoStandsForAChoiceThatAPlanMakes() throws {
        let experiment = try Experiment(
            yaml: "sampling: { batch: auto }", named: "a.yaml", settings: ["optimiser.steps=auto"])
        #expect(experiment.sampling.batch == 0 && experiment.optimiser.steps == 0)
        #expect(throws: TrainingError.self) { try experiment.demandChoices() }
        #expect(throws: TrainingError.self) { try Experiment(yaml: "seed: auto", named: "a.yaml") }
    }

    @Test func readsBackWhatItWrites() throws {
        var experiment = Experiment()
        experiment.data.validation = ["s1"]
        experiment.sampling.foreground = 0.25
        #expect(try Experiment(yaml: experiment.yaml(), named: "again.yaml") == experiment)
    }

    @Test(arguments: ["eoformer-tumour", "eoformer-brats"]) func theProjectsOwnExperimentsAreSound(name: String) throws
    {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let experiment = try Experiment(contentsOf: root.appendingPathComponent("Experiments/\(name).yaml"))
        #expect(experiment.name == name)
        #expect(experiment.network.channels == [32, 64, 128, 256])
    }

    @Test func aMissingFileIsNamed() {
        #expect(throws: (any Error).self) { try Experiment(contentsOf: URL(fileURLWithPath: "/nowhere/x.yaml")) }
    }
}
