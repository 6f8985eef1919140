import BrainData
import Foundation
import TestSupport
import Testing

/// `plan` and `train` as a user runs them, on toy patients and a tiny network.
@Suite struct TrainTests {
    private let folder: TemporaryFolder
    private let experiment: URL

    init() throws {
        folder = try TemporaryFolder()
        _ = try ToyPatients(in: folder)
        let yaml = """
            name: toy
            network: { channels: [4, 4, 8, 8], headWidth: 4 }
            data: { folder: cases, folds: 3 }
            sampling: { patch: 16, batch: auto }
            optimiser: { steps: 3, warmUp: 1 }
            validation: { window: { patch: 32 } }
            """
        experiment = try folder.write(Data(yaml.utf8), to: "toy.yaml")
    }

    private func run(_ arguments: String...) throws -> Command {
        try Command(arguments.prefix(1) + [experiment.path] + arguments.dropFirst())
    }

    @Test func aPlanIsAnExperimentWithReasons() throws {
        let plan = try run("plan", "--set", "data.fold=2", "--max-memory", "4000")
        #expect(plan.status == 0 && plan.errors.isEmpty)
        #expect(plan.output.hasPrefix("# Plan of toy-fold2\n"))
        #expect(plan.output.contains("part 2 of 3 is held out") && plan.output.contains("batch: 4\n"))
        let again = try folder.write(Data(plan.output.utf8), to: "plan.yaml")
        #expect(try Command("plan", again.path).status == 0)
    }

    @Test func aPlanIsOneObject() throws {
        let object = try run("plan", "--json", "--measure", "--threads", "1").object()
        let experiment = try #require(object["experiment"] as? [String: Any])
        #expect(experiment["name"] as? String == "toy")
        #expect((object["choices"] as? [[String: String]])?.contains { $0["name"] == "batch" } == true)
        #expect((object["measurement"] as? [String: Any])?["stepSeconds"] as? Double ?? 0 > 0)
    }

    @Test func trainsResumesAndRefusesToOverwrite() throws {
        let runs = folder.file("runs").path
        let first = try run("train", "--runs", runs, "--threads", "1")
        #expect(first.status == 0 && first.output.isEmpty)
        #expect(first.errors.contains("step 3 of 3") && first.errors.contains("engine "))
        #expect(!first.errors.contains("\u{1B}"), "no progress bar without a terminal")
        #expect(first.errors.contains("wrote \(runs)/toy-fold1/model.safetensors"))
        let second = try run("train", "--runs", runs)
        #expect(second.status == 65 && second.errors.contains("--resume"))
        let third = try run("train", "--runs", runs, "--resume", "--set", "optimiser.steps=4", "--threads", "1")
        #expect(third.status == 0 && third.errors.contains("from step 3") && third.errors.contains("warning"))
    }

    @Test func aDivergingRunSaysWhatToDo() throws {
        let run = try run(
            "train", "--runs", folder.file("runs").path, "--set", "optimiser.learningRate=1e30", "--set",
            "optimiser.steps=30")
        #expect(run.status == 65)
        #expect(run.errors.contains("lower optimiser.learningRate"))
    }

    @Test func aMissingFileAndAWrongKeyAreOneSentence() throws {
        let missing = try Command("train", folder.file("none.yaml").path)
        #expect(missing.status == 66 && missing.isOneSentence)
        let wrong = try run("plan", "--set", "optimizer.steps=4")
        #expect(wrong.status == 65 && wrong.isOneSentence && wrong.errors.contains("\"optimizer\""))
    }

    @Test func aRegistrationIsPlannedTrainedAndResumed() throws {
        for (name, label) in [("a", UInt16(2)), ("b", 41)] {
            var labels = ToyHead.labels
            labels.voxels = labels.voxels.map { $0 == 2 ? label : $0 }
            let url = folder.file("maps/\(name).nii")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try ImageFile.write(labels, to: url)
        }
        let yaml = """
            name: pairs
            task: registration
            registration:
              network: { network: { embedding: 4, heads: [1, 2, 2, 4], depths: [1, 1, 1, 1], window: [2, 2, 2] } }
              size: [32, 32, 32]
              pairs: { validation: 1 }
            data: { validation: [b], input: { contrasts: [t1], spacing: 6 }, synthetic: { labelMaps: maps } }
            optimiser: { steps: 2, warmUp: 1 }
            """
        let file = try folder.write(Data(yaml.utf8), to: "pairs.yaml").path, runs = folder.file("runs").path
        let plan = try Command("plan", file, "--threads", "1")
        #expect(plan.status == 0 && plan.output.contains("# held out: b\n"))
        let first = try Command("train", file, "--runs", runs, "--threads", "1")
        #expect(first.status == 0 && first.errors.contains("mean Dice before 0."))
        #expect(first.errors.contains("% of the voxels fold"))
        let second = try Command("train", file, "--runs", runs, "--resume", "--set", "optimiser.steps=3")
        #expect(second.status == 0 && second.errors.contains("from step 2"))
        let wrong = try Command("plan", file, "--set", "registration.pairs.sameMap=3")
        #expect(wrong.status == 65 && wrong.isOneSentence && wrong.errors.contains("sameMap"))
    }
}
