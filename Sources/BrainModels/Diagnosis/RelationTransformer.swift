public import NeuralNet

/// Tells how the ages of two scans relate: their sum, their difference, the larger and the smaller one.
///
///     two scans [batch, 2, i, j, k] ─ one backbone, halving five times ─ tokens of both ─ attention ─ [batch, 4]
///
/// Relation-transformer-style, after He et al., *Deep Relation Learning for Regression and Its Application to Brain Age
/// Estimation*, IEEE Transactions on Medical Imaging 41(9), 2304–2317, 2022,
/// [arXiv:2204.06598](https://arxiv.org/abs/2204.06598): sizes and the number of parameters are the published ones, names and
/// the place of the first halving are chosen here.
public struct RelationTransformer: Layer {
    /// The sizes of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Features of the backbone's five stages, and of a token.
        public var channels = [32, 64, 128, 256, 256]
        public var width = 64
        public var heads = 8
        public var blocks = 2

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            channels = try c.value(.channels, or: standard.channels)
            width = try c.value(.width, or: standard.width)
            heads = try c.value(.heads, or: standard.heads)
            blocks = try c.value(.blocks, or: standard.blocks)
        }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            guard channels.count == 5, ([width, heads, blocks] + channels).allSatisfy({ (1...4096).contains($0) }),
                width % heads == 0
            else { throw .configuration("channels has five numbers, all are 1 to 4096, and heads divide the width") }
        }
    }

    public let configuration: Configuration
    private let convolutions: [Convolution]
    private let norms: [BatchNorm]
    private let blocks: [RelationBlock]
    private let heads: [Linear]
    private let type: ElementType

    /// - Parameter weights: holds `backbone`, `blocks` and `heads`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        let outputs = c.channels + [c.width], inputs = [1] + c.channels
        convolutions = try outputs.indices.map { (n) throws(NetworkError) in
            let kernel = n == c.channels.count ? 1 : 3
            return try Convolution(
                weights["backbone"][n]["conv"], from: inputs[n], to: outputs[n], kernel: kernel, padding: kernel / 2,
                bias: false)
        }
        norms = try outputs.indices.map { (n) throws(NetworkError) in
            try BatchNorm(weights["backbone"][n]["bn"], features: outputs[n])
        }
        blocks = try (0..<c.blocks).map { (n) throws(NetworkError) in
            try RelationBlock(weights["blocks"][n], width: c.width, heads: c.heads)
        }
        heads = try (0..<4).map { (n) throws(NetworkError) in try Linear(weights["heads"][n], from: c.width, to: 1) }
    }

    /// - Parameter x: `[batch, 2, i, j, k]`, sides of at least 64 so that the tokens of the first scan carry the answer.
    /// - Returns: `[batch, 4]`: sum, difference (first minus second), larger and smaller age.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let s = x.shape
        guard s.count == 5, s[1] == 2, s.dropFirst(2).allSatisfy({ $0 >= 32 }),
            s.dropFirst(2).reduce(1, { $0 * ($1 / 32) }) >= 2
        else { throw .input(expected: "[batch, 2, i, j, k] of 32 and more, once 64", found: s) }
        return try Engine.run { () throws(NetworkError) in
            let x = try x.converted(to: type)
            var tokens = try self.tokens(x.narrowed(1, from: 0, length: 1))
                .appending(self.tokens(x.narrowed(1, from: 1, length: 1)), along: 1)
            for block in blocks { tokens = try block(tokens) }
            let answers = try heads.enumerated().map { (n, head) throws(NetworkError) in
                try head(tokens.selecting(n, along: 1))
            }
            return try Tensor.joined(answers, along: 1)
        }
    }

    /// The ages that four relations speak for, each from two of them: `(sum ± difference) / 2` and larger or smaller, averaged.
    public static func ages(sum: Double, difference: Double, larger: Double, smaller: Double) -> (Double, Double) {
        let (first, second) = ((sum + difference) / 2, (sum - difference) / 2)
        let (high, low) = (max(larger, smaller), min(larger, smaller))
        return difference >= 0 ? ((first + high) / 2, (second + low) / 2) : ((first + low) / 2, (second + high) / 2)
    }

    private func tokens(_ x: Tensor) throws(NetworkError) -> Tensor {
        var x = x
        for n in convolutions.indices {
            if n < convolutions.count - 1 { x = try x.maximumPooled(kernel: 2, stride: 2) }
            x = try norms[n](convolutions[n](x)).relu()
        }
        return try x.reshaped([x.shape[0], x.shape[1], -1]).permuted([0, 2, 1])
    }
}

/// Attention whose queries and whose keys and values have norms of their own, then a perceptron.
private struct RelationBlock: Layer {
    private let queryNorm, contextNorm, norm: LayerNorm
    private let attention: CrossAttention
    private let widening, narrowing: Linear

    /// - Parameter weights: holds `norm_query`, `norm_context`, `norm_mlp`, `attn`, `fc1` and `fc2`.
    init(_ weights: Weights, width: Int, heads: Int) throws(NetworkError) {
        queryNorm = try LayerNorm(weights["norm_query"], width: width)
        contextNorm = try LayerNorm(weights["norm_context"], width: width)
        norm = try LayerNorm(weights["norm_mlp"], width: width)
        attention = try CrossAttention(weights["attn"], width: width, heads: heads)
        widening = try Linear(weights["fc1"], from: width, to: 4 * width)
        narrowing = try Linear(weights["fc2"], from: 4 * width, to: width)
    }

    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let mixed = try x + attention(queryNorm(x), context: contextNorm(x))
        return try mixed + narrowing(widening(norm(mixed)).geluByTangent())
    }
}
