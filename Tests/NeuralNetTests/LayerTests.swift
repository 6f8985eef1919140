import Foundation
import NeuralNet
import Testing

/// Every layer against the formula in its documentation, written out in loops.
@Suite struct LayerTests {
    init() { Engine.setThreads(1) }

    private func weights(_ tensors: [String: [Int]]) throws -> Weights {
        var shift = 0.0
        var made: [String: Tensor] = [:]
        for (name, shape) in tensors.sorted(by: { $0.key < $1.key }) {
            shift += 7
            made[name] = try wavy(shape, shift: shift)
        }
        return Weights(MemoryFile(made))
    }

    private func values(_ weights: Weights) throws -> [String: [Float]] {
        Dictionary(uniqueKeysWithValues: try weights.tensors.map { ($0.name, try $0.tensor.floats()) })
    }

    @Test func linear() throws {
        let place = try weights(["weight": [2, 3], "bias": [2]])
        let layer = try Linear(place, from: 3, to: 2)
        let x = waves([4, 3]), w = try values(place)
        let y = try layer(Tensor(x, shape: [2, 2, 3]))
        #expect(y.shape == [2, 2, 2])
        let matrix = w["weight", default: []]
        var expected: [Float] = []
        for n in 0..<8 {
            var sum = w["bias", default: []][n % 2]
            for c in 0..<3 { sum += x[n / 2 * 3 + c] * matrix[n % 2 * 3 + c] }
            expected.append(sum)
        }
        #expect(agree(try y.floats(), expected))
    }

    @Test(arguments: [(3, 1, 1, 1), (3, 2, 1, 1), (1, 1, 0, 1), (3, 1, 1, 2), (3, 1, 0, 4), (2, 2, 0, 1)])
    func convolution(kernel: Int, stride: Int, padding: Int, groups: Int) throws {
        let (input, output, size) = (4, 4, [5, 4, 6])
        let place = try weights(["weight": [output, input / groups, kernel, kernel, kernel], "bias": [output]])
        let layer = try Convolution(
            place, from: input, to: output, kernel: kernel, stride: stride, padding: padding, groups: groups)
        let x = waves([2, input] + size), w = try values(place)
        let expected = Self.convolved(
            x, w["weight", default: []], w["bias", default: []], size, input, output, kernel, stride, padding, groups)
        let y = try layer(Tensor(x, shape: [2, input] + size))
        #expect(y.shape == [2, output] + size.map { ($0 + 2 * padding - kernel) / stride + 1 })
        #expect(agree(try y.floats(), expected))
        let last = try layer(Tensor(x, shape: [2, input] + size).channelsLastInMemory())
        #expect(agree(try last.floats(), expected), "the memory's order changes nothing")
    }

    /// The convolution as its definition has it.
    private static func convolved(
        _ x: [Float], _ w: [Float], _ bias: [Float], _ size: [Int], _ input: Int, _ output: Int, _ kernel: Int,
        _ stride: Int, _ padding: Int, _ groups: Int
    ) -> [Float] {
        let out = size.map { ($0 + 2 * padding - kernel) / stride + 1 }
        let (own, cube) = (input / groups, kernel * kernel * kernel)
        return (0..<2 * output * out.reduce(1, *)).map { n in
            let (k, j, i) = (n % out[2], n / out[2] % out[1], n / out[2] / out[1] % out[0])
            let (o, b) = (n / out.reduce(1, *) % output, n / out.reduce(1, *) / output)
            var sum = bias[o]
            for c in 0..<own {
                for t in 0..<cube {
                    let (di, dj, dk) = (t / kernel / kernel, t / kernel % kernel, t % kernel)
                    let (p, q, r) = (i * stride + di - padding, j * stride + dj - padding, k * stride + dk - padding)
                    guard (0..<size[0]).contains(p), (0..<size[1]).contains(q), (0..<size[2]).contains(r) else {
                        continue
                    }
                    let channel = o / (output / groups) * own + c
                    sum +=
                        x[((b * input + channel) * size[0] + p) * size[1] * size[2] + q * size[2] + r]
                        * w[(o * own + c) * cube + t]
                }
            }
            return sum
        }
    }

    @Test func theDoublingConvolutionSpreadsEveryVoxelOverEight() throws {
        let place = try weights(["weight": [3, 2, 2, 2, 2]])
        let layer = try DoublingConvolution(place, from: 3, to: 2)
        let size = [2, 3, 2], x = waves([1] + size + [3]), w = try values(place)["weight", default: []]
        let y = try layer(Tensor(x, shape: [1] + size + [3]))
        #expect(y.shape == [1, 4, 6, 4, 2])
        let found = try y.floats()
        for i in 0..<4 {
            for j in 0..<6 {
                for k in 0..<4 {
                    for o in 0..<2 {
                        let from = ((i / 2) * 3 + j / 2) * 2 + k / 2
                        let tap = o * 8 + (i % 2) * 4 + (j % 2) * 2 + k % 2
                        var expected: Float = 0
                        for c in 0..<3 { expected += x[from * 3 + c] * w[c * 16 + tap] }
                        #expect(abs(found[((i * 6 + j) * 4 + k) * 2 + o] - expected) < 1e-5)
                    }
                }
            }
        }
    }

    private func normalised(_ x: [Float], epsilon: Float = 1e-5) -> [Float] {
        let mean = x.reduce(0, +) / Float(x.count)
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(x.count)
        return x.map { ($0 - mean) / (variance + epsilon).squareRoot() }
    }

    @Test(arguments: [true, false])
    func layerNorm(bias: Bool) throws {
        let place = try weights(bias ? ["weight": [5], "bias": [5]] : ["weight": [5]])
        let layer = try LayerNorm(place, width: 5, bias: bias, epsilon: 1e-3)
        let x = waves([3, 5]), w = try values(place)
        let scale = w["weight", default: []], shift = w["bias"] ?? [Float](repeating: 0, count: 5)
        var expected: [Float] = []
        for row in 0..<3 {
            let normal = normalised(Array(x[row * 5..<row * 5 + 5]), epsilon: 1e-3)
            for n in 0..<5 { expected.append(normal[n] * scale[n] + shift[n]) }
        }
        #expect(agree(try layer(Tensor(x, shape: [3, 5])).floats(), expected))
        let plain = (0..<3).flatMap { normalised(Array(x[$0 * 5..<$0 * 5 + 5])) }
        #expect(agree(try Tensor(x, shape: [3, 5]).layerNormalised().floats(), plain))
    }

    @Test(arguments: [1, 2, 4])
    func groupNorm(groups: Int) throws {
        let place = try weights(["weight": [4], "bias": [4]])
        let layer = try GroupNorm(place, groups: groups, channels: 4)
        let x = waves([2, 4, 2, 3, 2]), w = try values(place)
        let scale = w["weight", default: []], shift = w["bias", default: []]
        let part = 48 / groups
        var expected: [Float] = []
        for group in 0..<2 * groups { expected += normalised(Array(x[group * part..<(group + 1) * part])) }
        for n in expected.indices { expected[n] = expected[n] * scale[n / 12 % 4] + shift[n / 12 % 4] }
        #expect(agree(try layer(Tensor(x, shape: [2, 4, 2, 3, 2])).floats(), expected))
        let last = try Tensor(x, shape: [2, 4, 2, 3, 2]).channelsLastInMemory()
        #expect(agree(try layer(last).floats(), expected), "the memory's order changes nothing")
    }

    @Test func preluSlopesChannelByChannel() throws {
        let layer = try PReLU(Weights(MemoryFile(["weight": Tensor([0.5, -2], shape: [2])])), channels: 2)
        let x = try Tensor([1, -1, 2, -3], shape: [1, 2, 2, 1, 1])
        #expect(try layer(x).floats() == [1, -0.5, 2, 6])
    }

    @Test(arguments: [ElementType.float32, .float64, .bfloat16])
    func starReLUIsItsFormula(type: ElementType) throws {
        let place = Weights(
            MemoryFile(["scale": try Tensor([0.75], shape: [1]), "bias": try Tensor([-0.25], shape: [1])]), type: type)
        let layer = try StarReLU(place)
        let x = try Tensor([-3, -0.5, 0, 0.5, 2], shape: [5]).converted(to: type)
        #expect(try layer(x).floats() == [-0.25, -0.25, -0.25, -0.0625, 2.75])
    }

    @Test func starReLUsOnePassEqualsTheComposedForm() throws {
        // Large enough for several chunks of the one-pass form, and on a map whose memory is permuted.
        let shape = [1, 5, 24, 24, 24]
        let tensors = [
            "x": try wavy(shape), "scale": try Tensor([1.25], shape: [1]), "bias": try Tensor([0.5], shape: [1]),
        ]
        func gradients(_ body: (Weights) throws -> Tensor) throws -> [[Float]] {
            let weights = Weights(MemoryFile(tensors), trainable: true)
            let y = try Engine.recordingGradients {
                let y = try body(weights)
                try (y * wavy(y.shape, shift: 3)).mean().backward()
                return y
            }
            return try [y.floats()]
                + weights.parameters.sorted { $0.name < $1.name }.map {
                    try #require(try $0.tensor.gradient()).floats()
                }
        }
        let one = try gradients { try StarReLU($0)($0.tensor("x", shape: shape).channelsToEnd()) }
        let composed = try gradients {
            let squares = try $0.tensor("x", shape: shape).channelsToEnd().relu().squared()
            return try squares * $0.tensor("scale", shape: [1]) + $0.tensor("bias", shape: [1])
        }
        #expect(one.count == 4)
        for (found, expected) in zip(one, composed) { #expect(agree(found, expected, within: 2e-6)) }
    }

    @Test func gradientsAreDerivatives() throws {
        let map = [1, 2, 3, 2, 3], wide = [1, 3, 2, 3, 2]
        let convolution = try ["weight": wavy([2, 2, 3, 3, 3], shift: 4), "bias": wavy([2]), "x": wavy(map)]
        try checkGradients(convolution) {
            try Convolution($0, from: 2, to: 2, kernel: 3, stride: 2, padding: 1)($0.tensor("x", shape: map))
        }
        let depthwise = try ["weight": wavy([2, 1, 3, 3, 3], shift: 4), "x": wavy(map)]
        try checkGradients(depthwise) {
            try Convolution($0, from: 2, to: 2, kernel: 3, padding: 1, groups: 2, bias: false)(
                $0.tensor("x", shape: map))
        }
        try checkGradients(["weight": wavy([2, 3, 2, 2, 2]), "x": wavy(wide)]) {
            try DoublingConvolution($0, from: 2, to: 3)($0.tensor("x", shape: wide))
        }
        try checkGradients(["weight": wavy([2]), "bias": wavy([2], shift: 1), "x": wavy(map)]) {
            try GroupNorm($0, groups: 1, channels: 2)($0.tensor("x", shape: map))
        }
        try checkGradients(["weight": wavy([4]), "bias": wavy([4], shift: 1), "x": wavy([3, 4])]) {
            try LayerNorm($0, width: 4)($0.tensor("x", shape: [3, 4]))
        }
        try checkGradients(["weight": wavy([2]), "x": wavy(map)]) {
            try PReLU($0, channels: 2)($0.tensor("x", shape: map))
        }
        try checkGradients(["weight": wavy([2, 3]), "bias": wavy([2]), "x": wavy([4, 3])]) {
            try Linear($0, from: 3, to: 2)($0.tensor("x", shape: [4, 3]))
        }
        try checkGradients(["scale": wavy([1], shift: 2), "bias": wavy([1]), "x": wavy([3, 4])]) {
            try StarReLU($0)($0.tensor("x", shape: [3, 4]))
        }
    }
}
