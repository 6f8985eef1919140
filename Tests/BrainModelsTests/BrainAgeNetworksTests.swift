import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import BrainModels

/// The networks for brain age against independent implementations.
@Suite struct BrainAgeNetworksTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private static func globalLocal() -> GlobalLocalTransformer.Configuration {
        var c = GlobalLocalTransformer.Configuration()
        (c.inputs, c.channels, c.heads, c.blocks, c.patch, c.step) = (3, [2, 3, 4, 6], 2, 2, 32, 16)
        return c
    }

    private static func relation() -> RelationTransformer.Configuration {
        var c = RelationTransformer.Configuration()
        (c.channels, c.width, c.heads) = ([2, 3, 4, 4, 6], 8, 2)
        return c
    }

    private static func triamese() -> TriameseTransformer.Configuration {
        var c = TriameseTransformer.Configuration()
        (c.sides, c.patch, c.width, c.depth, c.heads, c.hidden) = ([10, 12, 9], 4, 8, 1, 2, 3)
        return c
    }

    private static func transResNet() -> TransResNet.Configuration {
        var c = TransResNet.Configuration()
        (c.views, c.sides, c.channels, c.width, c.depth, c.heads, c.answers) = (2, [32, 48], [2, 3, 4, 6], 8, 2, 2, 3)
        return c
    }

    private static func resNet() -> SliceResNet.Configuration {
        var c = SliceResNet.Configuration()
        (c.views, c.sides, c.channels, c.answers) = (2, [32, 48], [2, 3, 4, 6], 3)
        return c
    }

    private static let inputs = [
        "trans-resnet": [2, 2, 32, 48], "resnet": [2, 2, 32, 48],
        "global-local": [2, 3, 60, 72], "relation": [2, 2, 64, 64, 32], "triamese": [2, 1, 10, 12, 9],
    ]

    private func network(_ name: String, _ weights: Weights) throws -> any Layer {
        switch name {
        case "global-local": try GlobalLocalTransformer(weights, Self.globalLocal())
        case "relation": try RelationTransformer(weights, Self.relation())
        case "resnet": try SliceResNet(weights, Self.resNet())
        case "trans-resnet": try TransResNet(weights, Self.transResNet())
        default: try TriameseTransformer(weights, Self.triamese())
        }
    }

    private func input(_ name: String) throws -> Tensor {
        try Golden.waves(#require(Self.inputs[name]), fast: 0.11, slow: 0.37)
    }

    @Test(
        arguments: ["global-local", "relation", "triamese", "trans-resnet", "resnet"],
        [(ElementType.float32, 1e-5), (.float64, 1e-6)])
    func answersAreTheReferences(name: String, precision: (ElementType, Double)) throws {
        let weights = Weights(try Golden.open(name + "-small"), type: precision.0)
        let network = try network(name, weights)
        try weights.finish()
        let reference = try Golden.open(name + "-small-io").tensor("answer"), answer = try network(input(name))
        #expect(answer.shape == reference.shape)
        let difference = try answer.relativeDistance(to: reference)
        #expect(difference < precision.1, "\(difference)")
    }

    @Test(arguments: [("relation", 3), ("triamese", 2), ("trans-resnet", 4), ("resnet", 3)])
    func gradientsAreTheReferences(name: String, count: Int) throws {
        let weights = Weights(try Golden.open(name + "-small"), type: .float64, trainable: true)
        let network = try network(name, weights), numbers = try Golden.open(name + "-small-io")
        try Engine.recordingGradients {
            let answer = try network(input(name))
            let weighting = try Golden.waves(answer.shape, fast: 0.7, slow: 0.3).converted(to: .float64)
            try (answer * weighting).sum().backward()
        }
        let kept = numbers.entries.keys.filter { $0.hasPrefix("gradient.") }
        #expect(kept.count == count)
        for key in kept {
            let own = try #require(weights.parameters.first { "gradient." + $0.name == key }, "\(key)")
            let gradient = try #require(try own.tensor.gradient(), "\(key)")
            #expect(try gradient.relativeDistance(to: numbers.tensor(key)) < 1e-5, "\(key)")
        }
    }

    /// In training, batch norms go by the batch and gather its moments; patches of the global-local network are seen together,
    /// so only what the whole slice shows is compared there.
    @Test(arguments: [
        ("global-local", "global_feat.conv11.bn1.running_var"), ("relation", "backbone.0.bn.running_var"),
    ])
    func trainingGathersMoments(name: String, moments: String) throws {
        let weights = Weights(try Golden.open(name + "-small"), type: .float64, trainable: true)
        let network = try network(name, weights), numbers = try Golden.open(name + "-small-io")
        let variance = try #require(weights.tensors.first { $0.name == moments }).tensor
        let before = try variance.doubles()
        var random = SplitMix(seed: 1)
        let answer = try Engine.training(&random) { try network(input(name)) }
        var (own, reference) = (answer, try numbers.tensor("training"))
        if name == "global-local" {
            own = try own.narrowed(1, from: 0, length: 1)
            reference = try reference.narrowed(1, from: 0, length: 1)
        }
        #expect(try own.relativeDistance(to: reference) < 1e-5)
        #expect(try variance.relativeDistance(to: numbers.tensor("moments." + moments)) < 1e-6)
        #expect(try variance.doubles() != before)
        #expect(!weights.parameters.contains { $0.name == moments })
        #expect(try network(input(name)).relativeDistance(to: answer) > 1e-6)
    }

    @Test func relationsGiveAges() {
        for (first, second) in [(70.0, 30.0), (30, 70), (50, 50)] {
            let ages = RelationTransformer.ages(
                sum: first + second, difference: first - second, larger: max(first, second), smaller: min(first, second)
            )
            #expect(abs(ages.0 - first) < 1e-9 && abs(ages.1 - second) < 1e-9)
        }
        let odd = RelationTransformer.ages(sum: 100, difference: -10, larger: 50, smaller: 40)
        #expect(odd.0 == 42.5 && odd.1 == 52.5)
    }

    /// At the published size 130×170 gives a whole and 3 × 4 patches.
    @Test func theStripThatFillsNoPatchIsLeftOut() throws {
        var c = Self.globalLocal()
        (c.patch, c.step) = (64, 32)
        let network = try GlobalLocalTransformer(Weights(seed: 2), c)
        #expect(try network(Tensor(repeating: 0.5, shape: [1, 3, 130, 170])).shape == [1, 13])
        #expect(throws: NetworkError.self) { try network(Tensor(repeating: 0, shape: [1, 3, 64, 170])) }
    }

    @Test(arguments: [
        ("global-local", "{\"channels\": [1, 2]}"), ("global-local", "{\"heads\": 7}"),
        ("global-local", "{\"patch\": 40}"),
        ("relation", "{\"heads\": 7}"), ("relation", "{\"channels\": []}"), ("triamese", "{\"sides\": [91, 109]}"),
        ("triamese", "{\"patch\": 0}"), ("triamese", "{\"heads\": 7}"),
    ])
    func sizesThatDoNotFitAreRefused(name: String, json: String) throws {
        let entry = try Catalog.entry(named: name)
        #expect { try entry.build(Weights.outline(), Data(json.utf8)) } throws: { error in
            if case NetworkError.configuration = error { true } else { false }
        }
    }

    @Test(arguments: [
        ("global-local", [1, 3, 60]), ("relation", [1, 2, 32, 32, 32]), ("relation", [1, 1, 64, 64, 64]),
        ("triamese", [1, 1, 10, 12, 10]),
    ])
    func inputsThatDoNotFitAreRefused(name: String, shape: [Int]) throws {
        let network = try network(name, Weights(seed: 1))
        #expect {
            try network(Tensor(repeating: 0, shape: shape))
        } throws: {
            if case NetworkError.input(_, shape) = $0 { true } else { false }
        }
    }
}
