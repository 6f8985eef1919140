import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import BrainModels

/// Attention in windows of slices against timm, and of scans against an independent implementation.
@Suite struct SwinClassifierTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private static func small(volume: Bool) -> SwinClassifier.Configuration {
        var c = volume ? SwinClassifier.Configuration.ofVolumes : SwinClassifier.Configuration()
        (c.depths, c.classes) = ([2, 1, 2, 1], 3)
        if volume {
            (c.sides, c.embedding, c.heads, c.window) = ([24, 16, 20], 2, [1, 1, 2, 2], [4, 4, 3])
        } else {
            (c.sides, c.embedding, c.heads, c.window) = ([64, 48], 4, [1, 2, 2, 4], [4, 4])
        }
        return c
    }

    @Test(arguments: [false, true], [(ElementType.float32, 1e-5), (.float64, 1e-6)])
    func everyStageIsTheReferences(volume: Bool, precision: (ElementType, Double)) throws {
        let name = volume ? "swin-volume-small" : "swin-classifier-small"
        let weights = Weights(try Golden.open(name), type: precision.0)
        let network = try SwinClassifier(weights, Self.small(volume: volume))
        try weights.finish()
        let numbers = try Golden.open(name + "-io")
        let x = try Golden.waves(volume ? [2, 1, 24, 16, 20] : [2, 3, 64, 48], fast: 0.11, slow: 0.37)
        let stages = try network.stages(x)
        #expect(stages.map(\.name) == ["stage0", "stage1", "stage2", "stage3", "logits"])
        for (name, map) in stages {
            let reference = try numbers.tensor(name)
            #expect(map.shape == reference.shape, "\(name)")
            let difference = try map.relativeDistance(to: reference)
            #expect(difference < precision.1, "\(name): \(difference)")
        }
        #expect(try network(x).floats() == stages.last?.map.floats())
    }

    @Test func gradientsAreTheReferences() throws {
        let weights = Weights(try Golden.open("swin-classifier-small"), type: .float64, trainable: true)
        let network = try SwinClassifier(weights, Self.small(volume: false))
        let numbers = try Golden.open("swin-classifier-small-io")
        try Engine.recordingGradients {
            let logits = try network(Golden.waves([2, 3, 64, 48], fast: 0.11, slow: 0.37))
            let weighting = try Golden.waves(logits.shape, fast: 0.7, slow: 0.3).converted(to: .float64)
            try (logits * weighting).sum().backward()
        }
        let kept = numbers.entries.keys.filter { $0.hasPrefix("gradient.") }
        #expect(kept.count == 2)
        for name in kept {
            let own = try #require(weights.parameters.first { "gradient." + $0.name == name }, "\(name)")
            let gradient = try #require(try own.tensor.gradient(), "\(name)")
            #expect(try gradient.relativeDistance(to: numbers.tensor(name)) < 1e-5, "\(name)")
        }
    }

    /// At 224 pixels the last stage has one window, which is not moved; the stages before are.
    @Test func windowsAreMovedWhereTheyAreSmallerThanTheMap() {
        let c = SwinClassifier.Configuration()
        #expect((0..<4).map { c.sizes(ofStage: $0).shift } == [[3, 3], [3, 3], [3, 3], [0, 0]])
        let volume = SwinClassifier.Configuration.ofVolumes
        #expect(volume.sizes(ofStage: 3).window == [3, 4, 3] && volume.sizes(ofStage: 1).shift == [3, 3, 3])
    }

    @Test(arguments: [
        "{\"sides\": [224, 224, 224, 224]}", "{\"window\": [7]}", "{\"patch\": 5}", "{\"heads\": [3, 6, 12, 25]}",
        "{\"stochasticDepth\": -1}", "{\"depths\": [2, 2, 2]}", "{\"window\": [1, 7]}",
    ])
    func sizesThatDoNotFitAreRefused(json: String) throws {
        let entry = try Catalog.entry(named: "swin-classifier")
        #expect { try entry.build(Weights.outline(), Data(json.utf8)) } throws: { error in
            if case NetworkError.configuration = error { true } else { false }
        }
        let network = try SwinClassifier(Weights(seed: 1), Self.small(volume: false))
        #expect(throws: NetworkError.input(expected: "[batch, 3, 64, 48]", found: [1, 3, 64, 64])) {
            try network(Tensor(repeating: 0, shape: [1, 3, 64, 64]))
        }
    }
}
