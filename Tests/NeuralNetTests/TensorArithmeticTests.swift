import Foundation
import NeuralNet
import Testing

@Suite struct TensorArithmeticTests {
    private let a, b: Tensor

    init() throws {
        a = try Tensor([1, -2, 3, 4], shape: [2, 2])
        b = try Tensor([2, 5, -1, 0.5], shape: [2, 2])
    }

    @Test func theFourOperations() throws {
        #expect(try (a + b).floats() == [3, 3, 2, 4.5])
        #expect(try (a - b).floats() == [-1, -7, 4, 3.5])
        #expect(try (a * b).floats() == [2, -10, -3, 2])
        #expect(try (a / b).floats() == [0.5, -0.4, -3, 8])
        #expect(try a.scaled(by: 2, plus: 1).floats() == [3, -3, 7, 9])
        #expect(try a.squared().floats() == [1, 4, 9, 16])
    }

    @Test func axesOfLengthOneStretchToFit() throws {
        let row = try Tensor([10, 20], shape: [2]), column = try Tensor([1, 2], shape: [2, 1])
        #expect(try (a + row).floats() == [11, 18, 13, 24])
        #expect(try (column * row).floats() == [10, 20, 20, 40])
    }

    @Test func matrices() throws {
        #expect(try a.matmul(b).floats() == [4, 4, 2, 17])
        let batch = try Tensor.joined([a, b], along: 0).reshaped([2, 2, 2])
        let product = try batch.matmul(b)
        #expect(product.shape == [2, 2, 2])
        #expect(try product.selecting(0, along: 0).floats() == [4, 4, 2, 17])
        #expect(try product.selecting(1, along: 0).floats() == b.matmul(b).floats())
    }

    @Test func sumsAndMeans() throws {
        #expect(try a.sum().floats() == [6] && a.sum().shape == [])
        #expect(try a.sum(along: [0]).floats() == [4, 2])
        #expect(try a.mean(along: [1], keepingAxes: true).shape == [2, 1])
        #expect(try a.mean(along: [1]).floats() == [-0.5, 3.5])
        #expect(try a.mean().floats() == [1.5])
        #expect(try a.sum(along: [0, 1]).floats() == [6])
    }

    @Test func softmaxSumsToOneAndIgnoresAShift() throws {
        let x = try wavy([3, 5])
        let p = try x.softmax(along: 1)
        #expect(agree(try p.sum(along: [1]).floats(), [1, 1, 1]))
        #expect(agree(try x.scaled(by: 1, plus: 50).softmax(along: 1).floats(), try p.floats()))
        #expect(agree(try x.logSoftmax(along: 1).floats(), try p.floats().map { log($0) }))
        let expected = 1 / (1 + exp(-3.0))
        #expect(abs(Double(try a.softmax(along: 1).floats()[0]) - expected) < 1e-6)
        #expect(
            try Tensor([1000, 0], shape: [2]).softmax(along: 0).floats() == [1, 0], "large numbers do not overflow")
    }

    @Test func activations() throws {
        let x = try Tensor([-2, -0.5, 0, 0.5, 3], shape: [5])
        #expect(try x.relu().floats() == [0, 0, 0, 0.5, 3])
        #expect(agree(try x.sigmoid().floats(), [-2, -0.5, 0, 0.5, 3].map { 1 / (1 + exp(-$0)) }))
        let gelu = [-2.0, -0.5, 0, 0.5, 3].map { Float($0 * 0.5 * (1 + erf($0 / 2.0.squareRoot()))) }
        #expect(agree(try x.gelu().floats(), gelu))
    }

    @Test func theirGradientsAreTheirDerivatives() throws {
        let x = try wavy([2, 3]), y = try wavy([2, 3], shift: 9), m = try wavy([3, 2], shift: 5)
        func take(_ weights: Weights, _ name: String, _ shape: [Int] = [2, 3]) throws -> Tensor {
            try weights.tensor(name, shape: shape)
        }
        try checkGradients(["x": x, "y": y]) { try take($0, "x") * take($0, "y") }
        try checkGradients(["x": x, "y": y]) { try take($0, "x") / take($0, "y").squared().scaled(by: 1, plus: 1) }
        try checkGradients(["x": x, "m": m]) { try take($0, "x").matmul(take($0, "m", [3, 2])) }
        try checkGradients(["x": x]) { try take($0, "x").softmax(along: 1) }
        try checkGradients(["x": x]) { try take($0, "x").logSoftmax(along: 0) }
        try checkGradients(["x": x]) { try take($0, "x").gelu().sigmoid() }
        try checkGradients(["x": x, "y": y]) { try (take($0, "x") - take($0, "y")).mean(along: [1]) }
        try checkGradients(["x": x, "y": y]) {
            try take($0, "x").appending(take($0, "y"), along: 1).narrowed(1, from: 2, length: 3).permuted([1, 0])
                .padded([(before: 1, after: 0)]).flipped([0])
        }
    }
}
