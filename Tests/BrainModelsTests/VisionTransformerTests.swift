import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import BrainModels

/// Transformers over patches against timm and MONAI.
@Suite struct VisionTransformerTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private static func plane() -> VisionTransformer.Configuration {
        var c = VisionTransformer.Configuration()
        (c.sides, c.patch, c.width, c.depth, c.heads, c.classes) = ([32, 24], 8, 12, 2, 3, 4)
        return c
    }

    private static func volume() -> VolumeTransformer.Configuration {
        var c = VolumeTransformer.Configuration()
        (c.sides, c.patch, c.width, c.hidden, c.depth, c.heads) = ([16, 24, 8], [8, 8, 8], 12, 20, 2, 3)
        return c
    }

    /// The tensors of a golden network, all of which it must take.
    private func build<Network>(
        _ name: String, type: ElementType = .float32, trainable: Bool = false,
        _ make: (Weights) throws -> Network
    ) throws -> (network: Network, weights: Weights) {
        let weights = Weights(try Golden.open(name), type: type, trainable: trainable)
        let network = try make(weights)
        try weights.finish()
        return (network, weights)
    }

    private func expectStages(
        _ network: some StagedNetwork, _ x: Tensor, _ numbers: Safetensors, count: Int, tolerance: Double
    ) throws {
        let stages = try network.stages(x)
        #expect(stages.count == count && stages.last?.name == "logits")
        for (name, map) in stages {
            let reference = try numbers.tensor(name)
            #expect(map.shape == reference.shape, "\(name)")
            let difference = try map.relativeDistance(to: reference)
            #expect(difference < tolerance, "\(name): \(difference)")
        }
        #expect(try network(x).floats() == stages.last?.map.floats())
    }

    private func expectGradients(
        _ weights: Weights, _ numbers: Safetensors, count: Int, of answer: () throws -> Tensor
    ) throws {
        try Engine.recordingGradients {
            let logits = try answer()
            let loss = try (logits * Golden.waves(logits.shape, fast: 0.7, slow: 0.3).converted(to: .float64)).sum()
            try loss.backward()
        }
        let kept = numbers.entries.keys.filter { $0.hasPrefix("gradient.") }
        #expect(kept.count == count)
        for name in kept {
            let own = try #require(weights.parameters.first { "gradient." + $0.name == name }, "\(name)")
            let gradient = try #require(try own.tensor.gradient(), "\(name)")
            #expect(try gradient.relativeDistance(to: numbers.tensor(name)) < 1e-5, "\(name)")
        }
    }

    @Test(arguments: [(ElementType.float32, 1e-5), (.float64, 1e-6)])
    func slicesAreSeenAsTimmSeesThem(type: ElementType, tolerance: Double) throws {
        let network = try build("vision-transformer-small", type: type) { try VisionTransformer($0, Self.plane()) }
        let numbers = try Golden.open("vision-transformer-small-io")
        let x = try Golden.waves([2, 3, 32, 24], fast: 0.11, slow: 0.37)
        try expectStages(network.network, x, numbers, count: 4, tolerance: tolerance)
    }

    /// The table of 4 × 3 places serves 2 × 7 patches: fewer rows, more columns.
    @Test func placesAreResizedAsInTimm() throws {
        let network = try build("vision-transformer-small") { try VisionTransformer($0, Self.plane()) }.network
        let numbers = try Golden.open("vision-transformer-small-io")
        let x = try Golden.waves([2, 3, 16, 56], fast: 0.11, slow: 0.37)
        let stages = try network.stages(x)
        #expect(try stages[0].map.relativeDistance(to: numbers.tensor("other.tokens")) < 1e-5)
        #expect(try network(x).relativeDistance(to: numbers.tensor("other.logits")) < 1e-5)
    }

    @Test func gradientsOfSlicesAreTimms() throws {
        let (network, weights) = try build("vision-transformer-small", type: .float64, trainable: true) {
            try VisionTransformer($0, Self.plane())
        }
        let x = try Golden.waves([2, 3, 32, 24], fast: 0.11, slow: 0.37)
        try expectGradients(weights, Golden.open("vision-transformer-small-io"), count: 5) { try network(x) }
    }

    @Test(arguments: [(ElementType.float32, 1e-5), (.float64, 1e-6)])
    func scansAreSeenAsMONAISeesThem(type: ElementType, tolerance: Double) throws {
        let network = try build("volume-transformer-small", type: type) { try VolumeTransformer($0, Self.volume()) }
        let numbers = try Golden.open("volume-transformer-small-io")
        let x = try Golden.waves([2, 1, 16, 24, 8], fast: 0.11, slow: 0.37)
        try expectStages(network.network, x, numbers, count: 4, tolerance: tolerance)
        let other = try Golden.waves([1, 1, 24, 16, 16], fast: 0.11, slow: 0.37)
        #expect(try network.network(other).relativeDistance(to: numbers.tensor("other.logits")) < tolerance)
    }

    @Test func gradientsOfScansAreMONAIs() throws {
        let (network, weights) = try build("volume-transformer-small", type: .float64, trainable: true) {
            try VolumeTransformer($0, Self.volume())
        }
        let x = try Golden.waves([2, 1, 16, 24, 8], fast: 0.11, slow: 0.37)
        try expectGradients(weights, Golden.open("volume-transformer-small-io"), count: 3) { try network(x) }
    }

    @Test func theAnswerMayPassATangent() throws {
        let x = try Golden.waves([2, 1, 16, 24, 8], fast: 0.11, slow: 0.37)
        let logits = try build("volume-transformer-small") { try VolumeTransformer($0, Self.volume()) }.network(x)
        let squashed = try Golden.open("volume-transformer-small-io").tensor("squashed")
        #expect(try logits.hyperbolicTangent().relativeDistance(to: squashed) < 1e-5)
        var c = Self.volume()
        c.squashesAnswer = true
        let weights = Weights.outline()
        _ = try VolumeTransformer(weights, c)
        #expect(weights.tensors.contains { $0.name == "classification_head.0.weight" && $0.tensor.shape == [2, 12] })
    }

    /// timm's own counts, and the published ones to a tenth of a million.
    @Test(
        arguments: zip(
            VisionTransformer.Preset.allCases,
            [5_717_416, 22_050_664, 86_567_656, 88_224_232, 304_326_632, 306_535_400]))
    func theSizesAreThePublishedOnes(preset: VisionTransformer.Preset, count: Int) throws {
        let weights = Weights.outline()
        _ = try VisionTransformer(weights, preset.configuration)
        #expect(weights.tensors.reduce(0) { $0 + $1.tensor.count } == count)
    }

    // MARK: - Rollout

    @Test func rolloutSharesOutTheWhole() throws {
        let network = try build("vision-transformer-small") { try VisionTransformer($0, Self.plane()) }.network
        let x = try Golden.waves([2, 3, 32, 24], fast: 0.11, slow: 0.37)
        let map = try network.rollout(x)
        #expect(map.shape == [2, 4, 3])
        let (values, sums) = (try map.floats(), try map.sum(along: [1, 2]).floats())
        // A quarter or more stays with the class token: half in each of two blocks.
        #expect(values.allSatisfy { $0 > 0 } && sums.allSatisfy { $0 > 0.1 && $0 < 0.75 })
        let drawn = try VisionTransformer(Weights(seed: 9), Self.plane()).rollout(x)
        #expect(try drawn.largestDifference(to: map) > 1e-4)
        let scan = try Golden.waves([1, 1, 16, 24, 8], fast: 0.11, slow: 0.37)
        let volume = try build("volume-transformer-small") { try VolumeTransformer($0, Self.volume()) }.network
        #expect(try volume.rollout(scan).shape == [1, 2, 3, 1])
    }

    /// With one block, rollout is the mean of the heads' first rows, halved.
    @Test func rolloutOfOneBlockIsItsAttention() throws {
        let weights = Weights(seed: 3)
        let block = try TransformerBlock(weights, TransformerSizes(width: 8, heads: 2, hidden: 8))
        let x = try Golden.waves([1, 5, 8], fast: 0.5, slow: 0.2)
        let flow = try TransformerBlock.rollout([block], x).floats()
        let mean = try block.probabilities(of: x).mean(along: [1]).selecting(0, along: 1).floats()
        for n in 0..<5 { #expect(abs(flow[n] - (mean[n] + (n == 0 ? 1 : 0)) / 2) < 1e-6) }
        #expect(abs(flow.reduce(0, +) - 1) < 1e-5)
    }

    // MARK: - What does not fit

    @Test func inputsThatDoNotFitAreRefused() throws {
        let network = try VisionTransformer(Weights(seed: 1), Self.plane())
        for shape in [[1, 3, 30, 24], [1, 1, 32, 24], [3, 32, 24], [1, 3, 4, 24]] {
            #expect(throws: NetworkError.input(expected: "[batch, 3, n·8, n·8]", found: shape)) {
                try network(Tensor(repeating: 0, shape: shape))
            }
        }
        let volume = try VolumeTransformer(Weights(seed: 1), Self.volume())
        #expect(throws: NetworkError.input(expected: "[batch, 1, n·8, n·8, n·8]", found: [1, 1, 16, 24, 9])) {
            try volume(Tensor(repeating: 0, shape: [1, 1, 16, 24, 9]))
        }
    }

    @Test(arguments: [
        ("vision-transformer", "{\"patch\": 15}"), ("vision-transformer", "{\"heads\": 5}"),
        ("vision-transformer", "{\"sides\": [224]}"), ("vision-transformer", "{\"patch\": 0}"),
        ("vision-transformer", "{\"stochasticDepth\": 1}"), ("vision-transformer", "{\"width\": -768}"),
        ("volume-transformer", "{\"patch\": [16, 16]}"), ("volume-transformer", "{\"sides\": [96, 112, 97]}"),
        ("volume-transformer", "{\"heads\": 0}"), ("volume-transformer", "{\"hidden\": 0}"),
    ])
    func sizesThatDoNotFitAreRefused(name: String, json: String) throws {
        let entry = try Catalog.entry(named: name)
        #expect { try entry.build(Weights.outline(), Data(json.utf8)) } throws: { error in
            if case NetworkError.configuration = error { true } else { false }
        }
    }

    /// Rows of the matrix that resizes places add up to 1, and on a straight line cubic convolution is exact inside.
    @Test func resizingKeepsWhatIsConstant() throws {
        for (from, to) in [(14, 24), (24, 14), (7, 7), (1, 3)] {
            let matrix = try PositionTable.matrix(from: from, to: to)
            for sum in try matrix.sum(along: [1]).floats() { #expect(abs(sum - 1) < 1e-5) }
            let line = try Tensor((0..<from).map { Float($0) }, shape: [from, 1])
            let places = try matrix.matmul(line).floats()
            if from > 6 { #expect(abs(places[to / 2] - (Float(to / 2) + 0.5) * Float(from) / Float(to) + 0.5) < 0.05) }
        }
    }
}
