import BrainModels
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite struct SliceAdaptationTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private func start(_ aim: SliceTrainer.Aim = .age, epochs: Int = 4) throws -> HeldTensors {
        try HeldTensors(
            SliceTrainer.train(aim, on: .bars(24, views: 2), .ofBars(epochs: epochs), seed: 1).tensors)
    }

    private func values(_ tensors: [(name: String, tensor: Tensor)]) throws -> [String: [Float]] {
        try Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, try $0.tensor.floats()) })
    }

    @Test(arguments: [SliceAdaptation.head, .lora, .prompt])
    func onlyWhatIsAskedForLearns(adaptation: SliceAdaptation) throws {
        let start = try start(), set = SliceSet.bars(24, views: 2)
        var training = SliceTraining.ofBars(epochs: 3)
        (training.adaptation, training.rank, training.prompts) = (adaptation, 2, 5)
        let trained = try SliceTrainer.train(.classes, on: set, training, seed: 2, from: start)
        let before = Weights(start), after = try values(trained.tensors)
        #expect(after["head.weight"]?.count == 2 * 16)
        #expect(after.keys.contains("prompts") == (adaptation == .prompt))
        #expect(!after.keys.contains { $0.contains("lora") })
        for name in ["conv1.weight", "bn1.running_mean", "pos_embed", "blocks.0.attn.qkv.weight", "embed.weight"] {
            let old = try before.tensor(name, shape: start.entries[name]?.shape ?? []).floats()
            let mayMove = adaptation == .lora && ["blocks.0.attn.qkv.weight", "embed.weight"].contains(name)
            #expect((after[name] == old) == !mayMove, "\(name)")
        }
        let head = 2 * 16 + 2, factors = 2 * (16 + 48 + 16 + 16 + 16 + 64 + 64 + 16 + 16 + 16)
        let counts: [SliceAdaptation: Int] = [.head: head, .lora: head + factors, .prompt: head + 5 * 16]
        #expect(trained.trained == counts[adaptation])
        #expect(trained.parameters == after.values.reduce(0) { $0 + $1.count })
        #expect(try trained.model.answers(set.values).count == 24)
    }

    @Test func adaptedFactorsLearn() throws {
        let set = SliceSet.bars(96), plain = SliceTraining.ofBars(epochs: 15)
        let first = try HeldTensors(SliceTrainer.train(.age, on: set, plain, seed: 1).tensors)
        var training = SliceTraining.ofBars(epochs: 15)
        (training.adaptation, training.rank) = (.lora, 4)
        var losses: [Double] = []
        let trained = try SliceTrainer.train(.classes, on: set, training, seed: 2, from: first) {
            losses.append($0.loss)
        }
        let right = zip(try trained.model.answers(set.values), set.labels).count { $0.probabilities[$1] > 0.5 }
        #expect(right > 70 && losses[14] < losses[0], "\(right) of 96, \(losses)")
    }

    @Test func whatDoesNotFitIsRefused() throws {
        var training = SliceTraining.ofBars(epochs: 1)
        training.adaptation = .lora
        #expect(throws: TrainingError.self) {
            try SliceTrainer.train(.classes, on: .bars(16), training, seed: 1)
        }
        let start = try start()
        #expect(throws: NetworkError.self) {
            // One view where the weights are of two.
            try SliceTrainer.train(.classes, on: .bars(16), training, seed: 1, from: start)
        }
        training.network = "resnet"
        training.configuration = .table(["channels": .list([4, 8, 8, 16].map { .number($0) })])
        training.adaptation = .all
        let plain = try HeldTensors(SliceTrainer.train(.classes, on: .bars(16), training, seed: 1).tensors)
        training.adaptation = .lora
        #expect(throws: TrainingError.self) {
            try SliceTrainer.train(.classes, on: .bars(16), training, seed: 1, from: plain)
        }
        #expect(throws: TrainingError.self) {
            try SliceTrainer.train(.maskedViews, on: .bars(16), training, seed: 1)
        }
    }

    /// Both views of a bar show the same place, so what one hides the other tells.
    @Test(arguments: [1, 2])
    func hiddenViewsAreLearned(views: Int) throws {
        let set = SliceSet.bars(64, views: views)
        var losses: [Double] = []
        let trained = try SliceTrainer.train(.maskedViews, on: set, .ofBars(epochs: 12), seed: 1) {
            losses.append($0.loss)
        }
        let last = try #require(losses.last), first = try #require(losses.first)
        #expect(last < 0.9 * first && last > 0, "\(first) to \(last)")
        #expect(trained.model.settings.answers == 0)
        #expect(!trained.tensors.contains { $0.name.contains("mask_token") || $0.name.contains("predict") })
        let next = try SliceTrainer.train(
            .age, on: set, .ofBars(epochs: 1), seed: 1, from: HeldTensors(trained.tensors))
        #expect(next.model.settings.age != nil)
    }

    @Test func somethingElseIsLearnedFirst() throws {
        let set = SliceSet.bars(24, views: 2)
        var training = SliceTraining.ofBars(epochs: 2)
        (training.pretraining, training.adaptation) = (.maskedViews, .head)
        var parts: [String] = []
        let trained = try SliceTrainer.train(.classes, on: set, training, seed: 1) {
            if parts.last != $0.part { parts.append($0.part) }
        }
        #expect(parts == ["masked-views first", ""])
        training.pretraining = nil
        let first = try SliceTrainer.train(
            .classes, on: set, training, seed: 1,
            from: HeldTensors(SliceTrainer.train(.maskedViews, on: set, .ofBars(epochs: 2), seed: 1).tensors))
        #expect(try values(trained.tensors) == values(first.tensors))
    }
}
