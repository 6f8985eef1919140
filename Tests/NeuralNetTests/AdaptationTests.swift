import Foundation
import TestSupport
import Testing

@testable import NeuralNet

@Suite struct AdaptationTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private func file() throws -> HeldTensors {
        let weights = Weights(seed: 1)
        _ = try build(weights)
        return try HeldTensors(weights.tensors)
    }

    private struct Pair: Layer {
        let body, head: Linear
        let norm: BatchNorm

        func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor { try head(norm(body(x)).relu()) }
    }

    private func build(_ weights: Weights, answers: Int = 2) throws(NetworkError) -> Pair {
        Pair(
            body: try Linear(weights["body"], from: 6, to: 8), head: try Linear(weights["head"], from: 8, to: answers),
            norm: try BatchNorm(weights["norm"], features: 8))
    }

    private func input() throws -> Tensor { try Tensor((0..<30).map { Float(sin(0.7 * Double($0))) }, shape: [5, 6]) }

    private func train(_ weights: Weights, _ network: Pair, steps: Int = 3) throws {
        let optimiser = try AdamW(weights.parameters, AdamW.Settings())
        var random = SplitMix(seed: 1)
        for _ in 0..<steps {
            try Engine.training(&random) {
                try network(input()).squared().sum().backward()
                try optimiser.step(rate: 0.05)
            }
        }
    }

    @Test func factorsStartFromNothingAndAreMerged() throws {
        let file = try file(), plain = try build(Weights(file)), x = try input()
        let weights = Weights(
            startingFrom: file, drawing: ["head"], seed: 3, adapting: Adaptation(modules: ["head"], rank: 2, seed: 3))
        let network = try build(weights)
        try weights.finish()
        #expect(try network(x).largestDifference(to: plain(x)) < 1e-6)
        #expect(
            weights.parameters.map(\.name) == [
                "body.weight.lora_A", "body.weight.lora_B", "head.weight", "head.bias",
            ])
        try train(weights, network)
        let merged = try weights.merged(), again = try build(Weights(HeldTensors(merged)))
        #expect(
            merged.map(\.name)
                == file.entries.keys.sorted { a, b in
                    merged.firstIndex { $0.name == a } ?? 0 < merged.firstIndex { $0.name == b } ?? 0
                })
        let after = try network(x)
        #expect(try after.largestDifference(to: plain(x)) > 1e-3)
        #expect(try again(x).largestDifference(to: after) < 1e-5)
    }

    /// What is frozen stays as it was, the moments of batch norms, too.
    @Test func theHeadAloneLearns() throws {
        let file = try file()
        let weights = Weights(startingFrom: file, drawing: ["head"], seed: 3, adapting: Adaptation(modules: ["head"]))
        let network = try build(weights)
        try train(weights, network)
        let before = Weights(file)
        for (name, tensor) in try weights.merged() {
            let moved = try tensor.largestDifference(to: before.tensor(name, shape: tensor.shape))
            #expect(name.hasPrefix("head") ? moved > 1e-3 : moved == 0, "\(name)")
        }
        let whole = Weights(startingFrom: file, drawing: ["head"], seed: 3)
        try train(whole, try build(whole))
        let moments = try #require(whole.tensors.first { $0.name == "norm.running_mean" }).tensor
        #expect(try moments.largestDifference(to: before.tensor("norm.running_mean", shape: [8])) > 1e-4)
    }

    @Test func aHeadOfOtherAnswersIsDrawnAndNothingElse() throws {
        let file = try file()
        let weights = Weights(startingFrom: file, drawing: ["head"], seed: 3)
        _ = try build(weights, answers: 3)
        try weights.finish()
        #expect(weights.parameters.first { $0.name == "head.weight" }?.tensor.shape == [3, 8])
        #expect(throws: NetworkError.self) {
            try build(Weights(startingFrom: file, drawing: ["other"], seed: 3), answers: 3)
        }
        let some = try HeldTensors(Weights(file).tensors)
        #expect(throws: NetworkError.self) { try build(Weights(startingFrom: some, drawing: ["head"], seed: 3)) }
    }
}

extension Tensor {
    fileprivate func largestDifference(to other: Tensor) throws -> Double {
        try zip(doubles(), other.doubles()).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
}
