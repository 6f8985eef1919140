import BrainData
import BrainModels
import Foundation
import NeuralNet
import Testing

@testable import Training

@Suite struct TrainingPlanTests {
    private func plan(
        memory: Int = 8_000_000_000, measures: Bool = false, _ change: (inout Experiment) -> Void
    ) throws -> TrainingPlan {
        let cohort = try ToyCohort()
        var experiment = cohort.experiment(steps: 30)
        change(&experiment)
        return try TrainingPlan(experiment, memory: memory, measures: measures)
    }

    private func reason(_ name: String, in plan: TrainingPlan) throws -> String {
        try #require(plan.choices.first { $0.name == name }).reason
    }

    @Test func whatIsGivenStays() throws {
        let cohort = try ToyCohort()
        let experiment = cohort.experiment(steps: 30)
        let plan = try TrainingPlan(experiment, memory: 8_000_000_000)
        #expect(plan.experiment == experiment)
        #expect(try reason("patch", in: plan).hasPrefix("given"))
        #expect(try reason("steps", in: plan).contains("15 patches a case"))
    }

    @Test func autoFollowsDataAndMemory() throws {
        let plan = try plan {
            ($0.sampling.patch, $0.sampling.batch, $0.optimiser.steps, $0.data.input.spacing) = (0, 0, 0, 0)
        }
        #expect(plan.experiment.sampling.patch == 32, "brains of about 21 voxels")
        #expect(plan.experiment.sampling.batch == 4)
        #expect(plan.experiment.optimiser.steps == 4000)
        #expect(plan.experiment.data.input.spacing == 1)
        try plan.experiment.demandChoices()
    }

    @Test func namesWhoIsHeldOut() throws {
        let plan = try plan { $0.data.validation = ["BraTS2021_00002"] }
        #expect(plan.heldOut == ["BraTS2021_00002"])
        #expect(try plan.text().contains("# held out: BraTS2021_00002\n"))
        let open = try self.plan { $0.data.validation = .nobody }
        #expect(try open.heldOut.isEmpty && !open.text().contains("# held out"))
    }

    @Test func littleMemoryMakesSmallBatchesAndWarns() throws {
        let tight = try plan(memory: 1_000_000) { ($0.sampling.patch, $0.sampling.batch) = (0, 0) }
        #expect(tight.experiment.sampling.patch == 16 && tight.experiment.sampling.batch == 1)
        #expect(tight.choices.contains { $0.name == "warning" })
        #expect(tight.experiment.sampling.pool == 2)
    }

    @Test func measuresAStep() throws {
        let plan = try plan(measures: true) { $0.augmentation.rotation.probability = 1 }
        let found = try #require(plan.measurement)
        #expect(found.stepSeconds > 0 && found.batchSeconds > 0 && found.peakBytes > 1_000_000)
        #expect(plan.choices.contains { $0.name == "time" })
    }

    @Test func theTextIsAnExperimentItself() throws {
        let plan = try plan { $0.sampling.batch = 0 }
        let text = try plan.text()
        #expect(text.hasPrefix("# Plan of toy\n# cases "))
        #expect(try Experiment(yaml: text, named: "plan.yaml") == plan.experiment)
    }

    @Test func memoryGrowsWithVoxelsAndWidth() throws {
        var small = Experiment().network
        (small.channels, small.headWidth) = ([4, 4, 8, 8], 4)
        let memory = try StepMemory(small)
        let steps = [(16, 1), (16, 2), (32, 1)].map { memory.bytes(patch: $0, batch: $1) - 16 * memory.parameters }
        #expect(steps[1] == 2 * steps[0] && steps[2] == 8 * steps[0])
        #expect(memory.parameters > 1000)
    }

    @Test func aResumedRunKeepsItsChoices() throws {
        var former = Experiment(), file = Experiment()
        (former.sampling.batch, former.sampling.pool, former.optimiser.steps) = (3, 9, 77)
        (file.sampling.batch, file.optimiser.steps, file.sampling.patch) = (0, 0, 64)
        let resolved = file.resolved(like: former)
        #expect(resolved.sampling.batch == 3 && resolved.sampling.pool == 9 && resolved.optimiser.steps == 77)
        #expect(resolved.sampling.patch == 64)
    }
}
