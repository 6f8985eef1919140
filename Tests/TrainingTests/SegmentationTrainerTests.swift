import BrainData
import BrainModels
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
        try Trainer(experiment, in: root, resumes: resumes, report: report).run()
        return root.appendingPathComponent("toy")
    }

    @Test func aResumedRunEndsInTheSameWeights() throws {
        let cohort = try ToyCohort()
        let whole = try train(cohort.experiment(steps: 6), in: cohort, runs: "whole")

        let root = cohort.folder.file("parts")
        var short = cohort.experiment(steps: 6)
        short.checkpointEvery = 4
        let trainer = try Trainer(short, in: root, resumes: false) { _ in }
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

    @Test func beginsFromGivenWeights() throws {
        let cohort = try ToyCohort()
        let first = try train(cohort.experiment(steps: 2), in: cohort, runs: "first")
        var experiment = cohort.experiment(steps: 2)
        experiment.start = first.appendingPathComponent("model.safetensors").path
        let learner = try SegmentationLearner(experiment)
        let file = try Safetensors(URL(fileURLWithPath: experiment.start))
        for (name, tensor) in learner.weights.tensors {
            let given = try Weights(file).tensor(String(name.dropFirst("model.".count)), shape: tensor.shape)
            #expect(try tensor.detached().floats() == given.floats(), "\(name)")
        }
        experiment.network.channels = [4, 4, 8, 16]
        #expect(throws: NetworkError.self) { try SegmentationLearner(experiment) }
    }

    @Test(arguments: [0.5, 1]) func madeUpCasesAreMixedInAndResumeToTheSameBits(share: Double) throws {
        let cohort = try ToyCohort()
        let maps = cohort.folder.file("maps")
        try FileManager.default.createDirectory(at: maps, withIntermediateDirectories: true)
        try ImageFile.write(ToyHead.labels, to: maps.appendingPathComponent("head.nii.gz"))
        var experiment = cohort.experiment(steps: 4)
        experiment.data.synthetic.labelMaps = maps.path
        (experiment.data.synthetic.share, experiment.data.synthetic.pool) = (share, 2)
        experiment.data.synthetic.refresh = 1
        experiment.data.synthetic.settings.tumour.volume = 0.3...0.6
        let whole = try train(experiment, in: cohort, runs: "whole")
        let trainer = try Trainer(experiment, in: cohort.folder.file("parts"), resumes: false) { _ in }
        try trainer.run(stoppingAfter: 3)
        let parts = try train(experiment, in: cohort, runs: "parts", resumes: true)
        let files = [whole, parts].map { $0.appendingPathComponent("model.safetensors") }
        #expect(try Data(contentsOf: files[0]) == Data(contentsOf: files[1]))
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

    @Test func theLastGoodCheckpointSurvivesADivergence() throws {
        let cohort = try ToyCohort()
        _ = try train(cohort.experiment(steps: 4), in: cohort, runs: "sane")
        var experiment = cohort.experiment(steps: 60)
        experiment.optimiser.learningRate = 1e30
        #expect(throws: TrainingError.self) { try train(experiment, in: cohort, runs: "sane", resumes: true) }
        let checkpoint = try Safetensors(cohort.folder.file("sane/toy/checkpoint.safetensors"))
        for (name, entry) in checkpoint.entries {
            let weights = try Weights(checkpoint).tensor(name, shape: entry.shape)
            #expect(try weights.sum().floats()[0].isFinite, "\(name)")
        }
    }

    @Test func aKilledRunMakesUpForItsValidation() throws {
        let cohort = try ToyCohort()
        var experiment = cohort.experiment(steps: 4)
        experiment.validation.every = 2
        let folder = try train(experiment, in: cohort, runs: "owed")
        let file = folder.appendingPathComponent("validation.csv")
        let whole = try String(contentsOf: file, encoding: .utf8)
        #expect(whole.split(separator: "\n").count == 1 + 2 * 3)
        // Killed between the last checkpoint and its validation, or in the middle of writing its scores.
        for lines in [4, 6] {
            let torn = whole.split(separator: "\n").prefix(lines).joined(separator: "\n") + "\n"
            try torn.write(to: file, atomically: true, encoding: .utf8)
            _ = try train(experiment, in: cohort, runs: "owed", resumes: true)
            #expect(try String(contentsOf: file, encoding: .utf8) == whole)
        }
    }

    @Test func leavesAPageAnEventFileAndNoHalfFile() throws {
        let cohort = try ToyCohort()
        var experiment = cohort.experiment(steps: 4)
        (experiment.data.validation, experiment.data.folds) = ([], 3)
        experiment.data.fold = 2
        let root = cohort.folder.file("fold")
        let stale = root.appendingPathComponent("toy-fold2/.brainkit-1-2.partial")
        try FileManager.default.createDirectory(
            at: stale.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data([1]).write(to: stale)
        var last: TrainingProgress?
        try Trainer(experiment, in: root, resumes: false) { event in
            if case .step(let progress) = event { last = progress }
        }.run()
        let folder = root.appendingPathComponent("toy-fold2")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                "checkpoint.safetensors", "events.out.tfevents.brainkit", "experiment.yaml", "model.safetensors",
                "report.html", "steps.csv", "validation.csv",
            ])
        let progress = try #require(last)
        #expect(progress.step == 4 && progress.steps == 4 && progress.secondsLeft >= 0)
        #expect(progress.engineShare > 0 && progress.engineShare <= 1 && progress.patchesPerSecond > 0)
    }

    @Test func saysWhereAResumedRunDiffers() throws {
        let cohort = try ToyCohort()
        _ = try train(cohort.experiment(steps: 2), in: cohort, runs: "other")
        var warnings: [String] = []
        _ = try train(cohort.experiment(steps: 3), in: cohort, runs: "other", resumes: true) { event in
            if case .warning(let text) = event { warnings.append(text) }
        }
        #expect(warnings.count == 1 && warnings[0].contains("experiment"))
    }

    @Test func trainsOnAPoolAndOnAllSubjects() throws {
        let cohort = try ToyCohort()
        var experiment = cohort.experiment(steps: 4)
        (experiment.sampling.pool, experiment.sampling.refresh, experiment.data.validation) = (1, 1, .nobody)
        var validated = false
        _ = try train(experiment, in: cohort, runs: "pool") { event in
            if case .validated = event { validated = true }
        }
        #expect(!validated)
    }

    @Test func aSubjectOfNoCaseIsNamed() throws {
        let cohort = try ToyCohort()
        var experiment = cohort.experiment(steps: 1)
        experiment.data.validation = ["Nobody"]
        let error = #expect(throws: ImagingError.self) { try train(experiment, in: cohort, runs: "split") }
        #expect(try #require(error).description.contains("Nobody"))
    }
}
