import NeuralNet
import TestSupport
import Testing

/// Every fused layer against the layers that it stands for, with the kernels of every processor that this one can be.
@Suite(.serialized) struct FusedTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private static let names = ["avx512bf16", "avx512", "avx2", "plain"]

    /// Runs `check` with each set of kernels, on maps of some sizes with two samples.
    private func everywhere(
        channels: Int, sizes: [[Int]], within tolerance: Float = 5e-6,
        sourceLocation: SourceLocation = #_sourceLocation,
        fused: (Tensor) throws -> Tensor, layers: (Tensor) throws -> Tensor
    ) throws {
        defer { #expect(Engine.useKernels(nil)) }
        for size in sizes {
            let x = try drawn([2] + size + [channels], deviation: 1)
            let expected = try layers(x)
            for name in Self.names where Engine.useKernels(name) {
                #expect(Engine.kernels == name)
                let y = try fused(x)
                #expect(y.shape == expected.shape, sourceLocation: sourceLocation)
                let far = try farthest(y, expected)
                #expect(far < tolerance, "\(name), \(size): \(far)", sourceLocation: sourceLocation)
            }
        }
    }

    /// The largest difference over the largest value.
    private func farthest(_ a: Tensor, _ b: Tensor) throws -> Float {
        let (a, b) = (try a.floats(), try b.floats())
        let largest = b.map(abs).max() ?? 0
        return (zip(a, b).map { abs($0 - $1) }.max() ?? 0) / largest
    }

    private func drawn(_ shape: [Int], deviation: Float) throws -> Tensor {
        try Weights(seed: 11).tensor("x", shape: shape, start: .normal(deviation: deviation))
    }

    private func scales(_ channels: Int) throws -> Tensor { try wavy([channels], shift: 3) }

    @Test func theBestKernelsAreInUse() {
        #expect(Engine.useKernels(nil))
        let known = Self.names.first { Engine.useKernels($0) }
        #expect(Engine.useKernels(nil))
        #expect(Engine.kernels == known)
        #expect(!Engine.useKernels("abacus"))
        #expect(Engine.kernels == known, "an unknown name changes nothing")
    }

    @Test(arguments: [16, 48, 256]) func perceptron(channels: Int) throws {
        let w = Weights(seed: 1)
        let norm = try LayerNorm(w["norm"], width: channels, bias: false, epsilon: 1e-6)
        let wide = try Linear(w["fc1"], from: channels, to: 4 * channels, bias: false)
        let narrow = try Linear(w["fc2"], from: 4 * channels, to: channels, bias: false)
        let star = try StarReLU(w["act"]), scale = try scales(channels)
        let fused = try #require(
            try FusedPerceptron(norm: norm, widening: wide, star: star, narrowing: narrow, scale: scale))
        try everywhere(channels: channels, sizes: [[1, 1, 1], [3, 5, 7]], fused: fused.callAsFunction) {
            try $0 * scale + narrow(star(wide(norm($0))))
        }
    }

    @Test func separable() throws {
        let w = Weights(seed: 2)
        let norm = try LayerNorm(w["norm"], width: 32, bias: false, epsilon: 1e-6)
        let wide = try Linear(w["pw1"], from: 32, to: 64, bias: false)
        let narrow = try Linear(w["pw2"], from: 64, to: 32, bias: false)
        let star = try StarReLU(w["act"])
        let filter = try Convolution(w["dw"], from: 64, to: 64, kernel: 3, padding: 1, groups: 64, bias: false)
        let fused = try #require(
            try FusedSeparable(norm: norm, widening: wide, star: star, filter: filter, narrowing: narrow))
        try everywhere(channels: 32, sizes: [[1, 1, 1], [5, 3, 11], [4, 8, 8]], fused: fused.callAsFunction) {
            try $0 + narrow(filter(star(wide(norm($0))).channelsToFront()).channelsToEnd())
        }
    }

    @Test(arguments: [(16, 32), (64, 16), (128, 128)]) func joiningConvolution(channels: Int, outputs: Int) throws {
        let layer = try Convolution(
            Weights(seed: 3), from: 2 * channels, to: outputs, kernel: 3, padding: 1, bias: false)
        let fused = try #require(try FusedConvolution(layer))
        try everywhere(channels: channels, sizes: [[2, 2, 2], [4, 6, 10], [8, 8, 4]], within: 5e-5) {
            try fused($0, joining: $0.flipped([2]))
        } layers: {
            try layer($0.appending($0.flipped([2]), along: 4).channelsToFront()).channelsToEnd()
        }
    }

    @Test func residualConvolution() throws {
        let w = Weights(seed: 4)
        let norm = try LayerNorm(w["norm"], width: 32, bias: false, epsilon: 1e-6)
        let weight = try drawn([32, 32, 3, 3, 3], deviation: 0.03)
        let bias = try wavy([32], shift: 1), scale = try scales(32)
        let activation = try PReLU(w["act"], channels: 32)
        let path = try #require(
            FusedConvolution.Residual(norm: norm, bias: bias, epsilon: 1e-5, activation: activation, scale: scale))
        let fused = try #require(try FusedConvolution(weight, residual: path))
        try everywhere(channels: 32, sizes: [[2, 4, 6], [6, 8, 4]], within: 5e-5, fused: fused.callAsFunction) {
            let mixed = try norm($0).channelsToFront().convolved(weight, bias, padding: 1)
            let normal = try mixed.channelsToEnd().layerNormalised(epsilon: 1e-5)
            return try $0 * scale + activation(normal.channelsToFront()).channelsToEnd()
        }
    }

    @Test(arguments: [(4, true), (3, true), (32, false)]) func halving(channels: Int, isFirst: Bool) throws {
        let w = Weights(seed: 5)
        let layer = try Convolution(w["conv"], from: channels, to: 48, kernel: 3, stride: 2, padding: 1)
        let norm = try LayerNorm(w["norm"], width: isFirst ? 48 : channels, bias: false, epsilon: 1e-6)
        let fused = try #require(
            try FusedHalving(layer, before: isFirst ? nil : norm, after: isFirst ? norm : nil))
        try everywhere(channels: channels, sizes: [[2, 2, 2], [4, 6, 18]], fused: fused.callAsFunction) {
            if isFirst { return try norm(layer($0.channelsToFront()).channelsToEnd()) }
            return try layer(norm($0).channelsToFront()).channelsToEnd()
        }
    }

    @Test func doubling() throws {
        let w = Weights(seed: 6)
        let norm = try GroupNorm(w["norm"], groups: 1, channels: 32)
        let layer = try DoublingConvolution(w["conv"], from: 32, to: 16)
        let head = try Convolution(w["head"], from: 16, to: 3, kernel: 1)
        let sizes = [[1, 1, 1], [3, 2, 9]]
        let fused = try #require(try FusedDoubling(norm: norm, layer))
        try everywhere(channels: 32, sizes: sizes, fused: fused.callAsFunction) {
            try layer(norm($0.channelsToFront()).channelsToEnd())
        }
        let answering = try #require(try FusedDoubling(norm: norm, layer, head: head))
        try everywhere(channels: 32, sizes: sizes, fused: answering.callAsFunction) {
            try head(layer(norm($0.channelsToFront()).channelsToEnd()).channelsToFront())
        }
    }

    /// What products in bfloat16 are made of: numbers of eight bits.
    private func rounded(_ x: Tensor) throws -> Tensor { try x.converted(to: .bfloat16).converted(to: .float32) }

    /// The same tensors, those of matrices rounded; norms and filters stay as they are.
    private func rounded(_ weights: Weights) throws -> Weights {
        let tensors = try weights.tensors.map { name, tensor in
            (name, tensor.shape.count > 1 && name != "dw.weight" ? try rounded(tensor) : tensor)
        }
        return Weights(MemoryFile(Dictionary(uniqueKeysWithValues: tensors)))
    }

    /// A number that rounds the other way because of its last bit moves an answer by 2⁻⁹ of one of its products.
    private let flips: Float = 1e-3

    @Test func perceptronInBFloat16() throws {
        let w = Weights(seed: 1)
        func layers(_ w: Weights) throws -> (LayerNorm, Linear, StarReLU, Linear) {
            (
                try LayerNorm(w["norm"], width: 48, bias: false, epsilon: 1e-6),
                try Linear(w["fc1"], from: 48, to: 192, bias: false), try StarReLU(w["act"]),
                try Linear(w["fc2"], from: 192, to: 48, bias: false)
            )
        }
        let (norm, wide, star, narrow) = try layers(w)
        let fused = try #require(
            try FusedPerceptron(
                norm: norm, widening: wide, star: star, narrowing: narrow, scale: nil, products: .bfloat16))
        let (_, widening, _, narrowing) = try layers(rounded(w))
        try everywhere(channels: 48, sizes: [[1, 1, 1], [3, 5, 7]], within: flips, fused: fused.callAsFunction) {
            try $0 + narrowing(rounded(star(widening(rounded(norm($0))))))
        }
    }

    @Test func separableInBFloat16() throws {
        let w = Weights(seed: 2)
        func layers(_ w: Weights) throws -> (LayerNorm, Linear, StarReLU, Convolution, Linear) {
            (
                try LayerNorm(w["norm"], width: 32, bias: false, epsilon: 1e-6),
                try Linear(w["pw1"], from: 32, to: 64, bias: false), try StarReLU(w["act"]),
                try Convolution(w["dw"], from: 64, to: 64, kernel: 3, padding: 1, groups: 64, bias: false),
                try Linear(w["pw2"], from: 64, to: 32, bias: false)
            )
        }
        let (norm, wide, star, filter, narrow) = try layers(w)
        let fused = try #require(
            try FusedSeparable(
                norm: norm, widening: wide, star: star, filter: filter, narrowing: narrow, products: .bfloat16))
        let (_, widening, _, _, narrowing) = try layers(rounded(w))
        try everywhere(channels: 32, sizes: [[5, 3, 11], [4, 8, 8]], within: flips, fused: fused.callAsFunction) {
            let filtered = try filter(star(widening(rounded(norm($0)))).channelsToFront()).channelsToEnd()
            return try $0 + narrowing(rounded(filtered))
        }
    }

    @Test func halvingInBFloat16() throws {
        let w = Weights(seed: 5)
        func layers(_ w: Weights) throws -> (LayerNorm, Convolution) {
            (
                try LayerNorm(w["norm"], width: 32, bias: false, epsilon: 1e-6),
                try Convolution(w["conv"], from: 32, to: 48, kernel: 3, stride: 2, padding: 1)
            )
        }
        let (norm, convolution) = try layers(w)
        let fused = try #require(try FusedHalving(convolution, before: norm, products: .bfloat16))
        let (_, halving) = try layers(rounded(w))
        try everywhere(channels: 32, sizes: [[4, 6, 18]], within: flips, fused: fused.callAsFunction) {
            try halving(rounded(norm($0)).channelsToFront()).channelsToEnd()
        }
    }

    @Test func doublingInBFloat16() throws {
        let w = Weights(seed: 6)
        let norm = try GroupNorm(w["norm"], groups: 1, channels: 32)
        let convolution = try DoublingConvolution(w["conv"], from: 32, to: 16)
        let fused = try #require(try FusedDoubling(norm: norm, convolution, products: .bfloat16))
        let doubling = try DoublingConvolution(rounded(w)["conv"], from: 32, to: 16)
        try everywhere(channels: 32, sizes: [[3, 2, 9]], within: flips, fused: fused.callAsFunction) {
            try doubling(rounded(norm($0.channelsToFront()).channelsToEnd()))
        }
    }

    @Test func whatDoesNotFitIsLeftToTheLayers() throws {
        let narrow = try Convolution(Weights(seed: 7), from: 8, to: 16, kernel: 3, padding: 1, bias: false)
        #expect(try FusedConvolution(narrow) == nil)
        let half = try Convolution(
            Weights(seed: 7, type: .bfloat16), from: 16, to: 16, kernel: 3, padding: 1, bias: false)
        #expect(try FusedConvolution(half) == nil)
        let norm = try LayerNorm(Weights(seed: 7), width: 16, epsilon: 1e-6)
        let wide = try Linear(Weights(seed: 8), from: 16, to: 64, bias: false)
        let back = try Linear(Weights(seed: 9), from: 64, to: 16, bias: false)
        let star = try StarReLU(Weights(seed: 10))
        #expect(
            try FusedPerceptron(norm: norm, widening: wide, star: star, narrowing: back, scale: nil) == nil,
            "a norm with a bias")
    }

    @Test func oddSidesAndOtherMapsAreErrors() throws {
        let layer = try Convolution(Weights(seed: 3), from: 16, to: 16, kernel: 3, padding: 1, bias: false)
        let fused = try #require(try FusedConvolution(layer))
        #expect(throws: NetworkError.self) { try fused(Tensor(repeating: 1, shape: [1, 3, 4, 4, 16])) }
        #expect(throws: NetworkError.self) { try fused(Tensor(repeating: 1, shape: [1, 4, 4, 4, 32])) }
        #expect(throws: NetworkError.self) { try fused(Tensor(repeating: 1, shape: [4, 4, 16])) }
    }

    @Test(.enabled(if: ThreadCount.ofTests > 1, "\(ThreadCount.need)")) func threadsChangeNothing() throws {
        let layer = try Convolution(Weights(seed: 3), from: 32, to: 32, kernel: 3, padding: 1, bias: false)
        let fused = try #require(try FusedConvolution(layer))
        let x = try wavy([1, 8, 12, 16, 32])
        let answers = try [1, 2, 3].map { threads in
            Engine.setThreads(threads)
            return try fused(x).floats()
        }
        #expect(answers[0] == answers[1])
        #expect(answers[0] == answers[2])
    }
}
