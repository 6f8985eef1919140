import BrainData
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite(.serialized) struct SegmentationTrainerTests {
    private func train(
        _ experiment: Experiment, in cohort: ToyCohort, runs: String, resumes: Bool = false,
        _ report: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws -> URL {
        let root = cohort.folder.file(runs)
        try SegmentationTrainer(experiment, in: root, resumes: resumes, report: report).run()
        return root.appendingPathComponent("toy")
    }

    @Test func aResumedRunEndsInTheSameWeights() throws {
        let cohort = try ToyCohort()
        let whole = try train(cohort.experiment(steps: 6), in: cohort, runs: "whole")

        let root = cohort.folder.file("parts")
        var short = cohort.experiment(steps: 6)
        short.checkpointEvery = 4
        let trainer = try SegmentationTrainer(short, in: root, resumes: false) { _ in }
        try trainer.run(stoppingAfter: 5)
        let parts = try train(short, in: cohort, runs: "parts", resumes: true)

        let (a, b) = (
            try Data(contentsOf: whole.appendingPathComponent("checkpoint.safetensors")),
            try Data(contentsOf: parts.appendingPathComponent("checkpoint.safetensors"))
        )
        #expect(a == b)
        let log = try String(contentsOf: parts.appendingPathComponent("steps.csv"), encoding: .utf8)
        #expect(
            log.split(separator: "\n").dropFirst().map { $0.prefix { $0 != "," } } == ["1", "2", "3", "4", "5", "6"])
    }

    @Test func learnsTheBall() throws {
        let cohort = try ToyCohort()
        var losses: [Double] = []
        var dice: [String: Double] = [:]
        _ = try train(cohort.experiment(steps: 120), in: cohort, runs: "learn") { event in
            if case .step(let progress) = event { losses.append(progress.loss) }
            if case .validated(_, let scores) = event { for score in scores { dice[score.region] = score.dice } }
        }
        #expect(losses.count == 120)
        let start: Double = losses.prefix(10).reduce(0, +), end: Double = losses.suffix(10).reduce(0, +)
        #expect(end < 0.7 * start)
        #expect((dice["wt"] ?? 0) > 0.6)
    }

    @Test func writesTheNetworkUnderItsPublishedNames() throws {
        let cohort = try ToyCohort()
        let folder = try train(cohort.experiment(steps: 1), in: cohort, runs: "names")
        let file = try Safetensors(folder.appendingPathComponent("model.safetensors"))
        #expect(file.entries["encoder.stages.2.0.token_mixer.keys.weight"]?.shape == [8, 8, 1, 1, 1])
        #expect(file.entries.values.allSatisfy { $0.type == .float16 })
        #expect(file.entries.count == 255)
    }

    @Test func refusesToOverwriteARun() throws {
        let cohort = try ToyCohort()
        _ = try train(cohort.experiment(steps: 2), in: cohort, runs: "twice")
        let error = #expect(throws: TrainingError.self) {
            try train(cohort.experiment(steps: 2), in: cohort, runs: "twice")
        }
        #expect(try #require(error).description.contains("--resume"))
    }

    @Test func stopsWhereTheLossIsNoNumber() throws {
        let cohort = try ToyCohort()
        var experiment = cohort.experiment(steps: 40)
        experiment.optimiser.learningRate = 1e30
        let error = #expect(throws: TrainingError.self) { try train(experiment, in: cohort, runs: "nan") }
        #expect(try #require(error).description.contains("diverged"))
    }

    @Test func aSubjectOfNoCaseIsNamed() throws {
        let cohort = try ToyCohort()
        var experiment = cohort.experiment(steps: 1)
        experiment.data.validation = ["Nobody"]
        let error = #expect(throws: ImagingError.self) { try train(experiment, in: cohort, runs: "split") }
        #expect(try #require(error).description.contains("Nobody"))
    }
}
