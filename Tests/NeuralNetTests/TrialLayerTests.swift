import Foundation
import NeuralNet
import Testing

/// Layers of networks on trials, by hand.
@Suite struct TrialLayerTests {
    init() { Engine.setThreads(1) }

    private func held(_ values: [String: ([Float], [Int])]) throws -> Weights {
        Weights(try HeldTensors(values.map { ($0.key, try Tensor($0.value.0, shape: $0.value.1)) }))
    }

    @Test func aPlanarConvolutionIsASumOfProducts() throws {
        let weights = try held(["weight": ([1, 2, 3, 4], [1, 1, 2, 2]), "bias": ([10], [1])])
        let layer = try PlanarConvolution(weights, from: 1, to: 1, kernel: (2, 2), stride: (1, 2), padding: (0, 1))
        let x = try Tensor([1, 2, 3, 4, 5, 6], shape: [1, 1, 2, 3])
        // Rows 0 1 2 3 0 and 0 4 5 6 0; kernels at columns 0 and 2.
        let y = try layer(x)
        #expect(y.shape == [1, 1, 1, 2])
        #expect(try y.floats() == [10 + 2 + 16, 10 + 2 + 6 + 15 + 24])
    }

    @Test func longKernelsAreUsedShortened() throws {
        let weights = try held(["weight": ([3, 4, 0.3, 0.4], [2, 1, 1, 2])])
        let layer = try PlanarConvolution(weights, from: 1, to: 2, kernel: (1, 2), bias: false, largestNorm: 1)
        let y = try layer(Tensor([1, 1], shape: [1, 1, 1, 2])).floats()
        #expect(abs(y[0] - 1.4) < 1e-6, "3 and 4 become 0.6 and 0.8")
        #expect(abs(y[1] - 0.7) < 1e-6, "short ones stay")
    }

    @Test func windowsAreAveraged() throws {
        let y = try Tensor([1, 3, 5, 7, 9], shape: [1, 1, 1, 5]).averagePooled(kernel: (1, 2), stride: (1, 2))
        #expect(try y.floats() == [2, 6])
    }

    @Test func theExponentialUnit() throws {
        let y = try Tensor([-1, 0, 2], shape: [3]).elu().floats()
        #expect(abs(y[0] - Float(exp(-1.0) - 1)) < 1e-6 && y[1] == 0 && y[2] == 2)
    }

    @Test func batchNormMovesItsMomentsInTrainingAlone() throws {
        let weights = try held([
            "weight": ([2], [1]), "bias": ([1], [1]), "running_mean": ([4], [1]), "running_var": ([9], [1]),
        ])
        let norm = try BatchNorm(weights, features: 1, epsilon: 0)
        let moments = weights.tensors.filter { $0.name.hasPrefix("running") }.map(\.tensor)
        let x = try Tensor([1, 3], shape: [2, 1, 1, 1])
        #expect(try norm(x).floats().map { ($0 * 1000).rounded() } == [-1000, 333])
        #expect(try moments[0].floats() == [4])
        var random = SplitMix(seed: 1)
        let trained = try Engine.training(&random) { try norm(x).detached().floats() }
        #expect(trained == [-1, 3], "mean 2, deviation 1")
        #expect(try abs(moments[0].floats()[0] - 3.8) < 1e-6, "a tenth of the way from 4 to 2")
        #expect(try abs(moments[1].floats()[0] - 8.3) < 1e-6, "towards the variance 2 of two samples")
    }

    @Test func dropoutKeepsTheMeanAndHangsOnTheSeed() throws {
        let layer = Dropout(rate: 0.25), x = try Tensor(repeating: 1, shape: [100, 100])
        #expect(try layer(x).floats() == x.floats(), "inference leaves all")
        func trained(_ seed: UInt64) throws -> (values: [Float], after: SplitMix) {
            var random = SplitMix(seed: seed)
            return (try Engine.training(&random) { try layer(x).floats() }, random)
        }
        let first = try trained(7)
        #expect(try trained(7).values == first.values)
        #expect(try trained(8).values != first.values)
        #expect(first.after != SplitMix(seed: 7), "the next layer draws other numbers")
        #expect(first.values.allSatisfy { $0 == 0 || abs($0 - 4 / 3) < 1e-6 })
        #expect(abs(Double(first.values.count { $0 == 0 }) / 10_000 - 0.25) < 0.02)
    }

    @Test func heldTensorsAreReadLikeAFile() throws {
        let drawn = Weights(seed: 4)
        let layer = try Linear(drawn["a"], from: 3, to: 2)
        let file = try HeldTensors(drawn.tensors)
        #expect(file.entries["a.weight"]?.shape == [2, 3])
        let weights = Weights(file)
        let copy = try Linear(weights["a"], from: 3, to: 2)
        try weights.finish()
        let x = try Tensor([1, -2, 3], shape: [1, 3])
        #expect(try copy(x).floats() == layer(x).floats())
    }
}
