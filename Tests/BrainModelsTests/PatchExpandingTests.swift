import NeuralNet
import Testing

@testable import BrainModels

@Suite struct PatchExpandingTests {
    /// A linear map that copies its input into the tokens of a cell, each scaled by its number: they come to lie side by side.
    @Test(arguments: [(1, 2), (2, 2), (3, 2), (2, 4)]) func cellsBecomeTokens(axes: Int, factor: Int) throws {
        let tokens = (0..<axes).reduce(1) { product, _ in product * factor }, channels = 3
        var matrix = [Float](repeating: 0, count: tokens * channels * channels)
        for token in 0..<tokens {
            for c in 0..<channels { matrix[(token * channels + c) * channels + c] = Float(token + 1) }
        }
        let weights = Weights(
            TensorList([
                "expand.weight": try Tensor(matrix, shape: [tokens * channels, channels]),
                "norm.weight": try Tensor(repeating: 1, shape: [channels]),
                "norm.bias": try Tensor(repeating: 0, shape: [channels]),
            ]))
        let layer = try PatchExpanding(weights, from: channels, to: channels, factor: factor, axes: axes)
        let sides = Array([2, 3, 1].prefix(axes))
        let x = try Golden.waves([1] + sides + [channels], fast: 0.7, slow: 1.3)
        let y = try layer(x)
        #expect(y.shape == [1] + sides.map { $0 * factor } + [channels])
        // Norms take the scale away: every token of a cell is its normalised source.
        let (source, found) = (try x.layerNormalised().floats(), try y.floats())
        let fine = sides.map { $0 * factor }
        for n in 0..<fine.reduce(1, *) {
            var (rest, place, stride) = (n, 0, 1)
            for axis in (0..<axes).reversed() {
                place += rest % fine[axis] / factor * stride
                stride *= sides[axis]
                rest /= fine[axis]
            }
            for c in 0..<channels { #expect(abs(found[n * channels + c] - source[place * channels + c]) < 1e-2) }
        }
    }
}
