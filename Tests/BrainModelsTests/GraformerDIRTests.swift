import Foundation
import NeuralNet
import Testing

@testable import BrainModels

/// The network with graph layers against an independent implementation.
@Suite struct GraformerDIRTests {
    private static func small() -> GraformerDIR.Configuration {
        var c = GraformerDIR.Configuration()
        (c.encoder, c.decoder) = ([3, 4, 4, 6], [4, 4, 3, 3, 2])
        (c.heads, c.neighbours, c.order) = (2, 3, 4)
        return c
    }

    private let numbers: Safetensors
    private let input: Tensor

    init() throws {
        Engine.setThreads(1)
        numbers = try Golden.open("graformer-dir-small-io")
        input = try Golden.waves([1, 2, 32, 64, 32], fast: 0.11, slow: 0.37)
    }

    @Test(arguments: [(ElementType.float32, 1e-5), (.float64, 1e-6)])
    func givesEveryStageOfTheReference(type: ElementType, tolerance: Double) throws {
        let weights = Weights(try Golden.open("graformer-dir-small"), type: type)
        let network = try GraformerDIR(weights, Self.small())
        try weights.finish()
        let stages = try network.stages(input)
        #expect(stages.map(\.name) == ["graph", "warped", "flow"])
        for (name, map) in stages {
            let reference = try numbers.tensor(name), found = try map.thinnedAsGolden()
            #expect(found.shape == reference.shape, "\(name)")
            // A warped image inherits the field's rounding, times its slope.
            let scale = try name == "warped" ? 10 * numbers.tensor("flow").scale() : reference.scale()
            #expect(try found.largestDifference(to: reference) < tolerance * scale, "\(name)")
        }
        #expect(try network(input).floats() == stages.last?.map.floats())
    }

    @Test func givesGradientsOfTheReference() throws {
        let weights = Weights(try Golden.open("graformer-dir-small"), type: .float64, trainable: true)
        let network = try GraformerDIR(weights, Self.small())
        try Engine.recordingGradients {
            let warped = try network.features(input).warped
            let weighting = try Golden.waves(warped.shape, fast: 0.31, slow: 0.83).converted(to: .float64)
            try (warped * weighting).sum().backward()
        }
        let kept = numbers.entries.keys.filter { $0.hasPrefix("gradient.") }
        #expect(kept.count == 8)
        for name in kept {
            let own = try #require(weights.parameters.first { "gradient." + $0.name == name }, "\(name)")
            let gradient = try #require(try own.tensor.gradient(), "\(name)")
            #expect(try gradient.relativeDistance(to: numbers.tensor(name)) < 1e-4, "\(name)")
        }
    }

    @Test func theLargestNumbersAreKept() throws {
        let x = try Tensor([3, 1, 2, 5, -1, 4, 0, 7], shape: [2, 4])
        #expect(try x.keepingLargest(2, along: 1).floats() == [3, 0, 0, 5, 0, 4, 0, 7])
        #expect(try x.keepingLargest(1, along: 0).floats() == [3, 0, 2, 0, 0, 4, 0, 7])
        #expect(throws: NetworkError.self) { try x.keepingLargest(5, along: 1) }
    }

    /// Nodes that are alike are all as strongly connected, so that a layer leaves them alike.
    @Test func aGraphOfEqualNodesStaysEqual() throws {
        let layer = try GraphLayer(Weights(seed: 5), channels: 6, heads: 2, neighbours: 9, order: 3)
        let node = try Golden.waves([1, 1, 6], fast: 0.5, slow: 1.1)
        let y = try layer(node.expanded(to: [1, 9, 6]).contiguous()).floats()
        for n in y.indices { #expect(abs(y[n] - y[n % 6]) < 1e-5) }
        #expect(try y.prefix(6).map(Double.init) != node.doubles())
    }

    @Test func sidesOfAnyLengthAndVelocities() throws {
        var c = Self.small()
        (c.squarings, c.neighbours) = (4, 4000)
        let weights = Weights(try Golden.open("graformer-dir-small"))
        let flow = try GraformerDIR(weights, c)(Golden.waves([1, 2, 17, 32, 40], fast: 0.11, slow: 0.37))
        #expect(flow.shape == [1, 3, 17, 32, 40])
        #expect(try flow.floats().allSatisfy(\.isFinite))
    }

    @Test(arguments: [
        "{\"encoder\": [2, 2]}", "{\"heads\": 5}", "{\"order\": 0}", "{\"layers\": -1}", "{\"squarings\": 99}",
    ])
    func sizesThatDoNotFitAreRefused(json: String) throws {
        let entry = try Catalog.entry(named: "graformer-dir")
        #expect { try entry.build(Weights.outline(), Data(json.utf8)) } throws: { error in
            if case NetworkError.configuration = error { true } else { false }
        }
    }
}
