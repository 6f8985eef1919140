import NeuralNet

/// The sizes of a block of self-attention, and how checkpoints name its parts.
struct TransformerSizes: Sendable {
    let width, heads, hidden: Int
    var epsilon = 1e-5
    var queryBias = true
    var names = Names.timm

    /// What the linear maps are called.
    enum Names: Sendable {
        case timm, monai

        var projection: String { self == .timm ? "proj" : "out_proj" }
        var widening: String { self == .timm ? "fc1" : "linear1" }
        var narrowing: String { self == .timm ? "fc2" : "linear2" }
    }
}

/// Attention of every token to all tokens.
///
/// Vaswani et al., *Attention Is All You Need*, NeurIPS 2017, [arXiv:1706.03762](https://arxiv.org/abs/1706.03762),
/// section 3.2.2.
struct SelfAttention: Layer {
    private let queries, projection: Linear
    private let heads: Int

    /// - Parameter weights: holds `qkv` and `proj`, or what the names of the sizes say.
    init(_ weights: Weights, _ sizes: TransformerSizes) throws(NetworkError) {
        queries = try Linear(weights["qkv"], from: sizes.width, to: 3 * sizes.width, bias: sizes.queryBias)
        projection = try Linear(weights[sizes.names.projection], from: sizes.width, to: sizes.width)
        heads = sizes.heads
    }

    /// - Parameter x: `[batch, token, width]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let parts = try parts(x)
        let mixed = try probabilities(parts).matmul(parts.selecting(2, along: 0))
        return try projection(mixed.permuted([0, 2, 1, 3]).reshaped(x.shape))
    }

    /// How much every token takes from every other, `[batch, head, token, token]`, each row adding up to 1.
    func probabilities(of x: Tensor) throws(NetworkError) -> Tensor { try probabilities(parts(x)) }

    /// Queries, keys and values, `[3, batch, head, token, width / heads]`.
    private func parts(_ x: Tensor) throws(NetworkError) -> Tensor {
        let s = x.shape
        return try queries(x).reshaped([s[0], s[1], 3, heads, s[2] / heads]).permuted([2, 0, 3, 1, 4])
    }

    private func probabilities(_ parts: Tensor) throws(NetworkError) -> Tensor {
        let scale = 1 / Double(parts.shape[4]).squareRoot()
        let q = try parts.selecting(0, along: 0).scaled(by: scale)
        return try q.matmul(parts.selecting(1, along: 0).permuted([0, 1, 3, 2])).softmax(along: 3)
    }
}

/// Mixes tokens, then features, each on a residual path: `x ← x + f(norm(x))` twice.
///
/// Dosovitskiy et al., *An Image is Worth 16x16 Words*, ICLR 2021,
/// [arXiv:2010.11929](https://arxiv.org/abs/2010.11929), section 3.1.
struct TransformerBlock: Layer {
    private let norm1, norm2: LayerNorm
    private let attention: SelfAttention
    private let widening, narrowing: Linear
    private let depth: StochasticDepth

    /// - Parameters:
    ///   - weights: holds `norm1`, `attn`, `norm2` and `mlp`.
    ///   - rate: of stochastic depth.
    init(_ weights: Weights, _ sizes: TransformerSizes, rate: Double = 0) throws(NetworkError) {
        norm1 = try LayerNorm(weights["norm1"], width: sizes.width, epsilon: sizes.epsilon)
        attention = try SelfAttention(weights["attn"], sizes)
        norm2 = try LayerNorm(weights["norm2"], width: sizes.width, epsilon: sizes.epsilon)
        widening = try Linear(weights["mlp"][sizes.names.widening], from: sizes.width, to: sizes.hidden)
        narrowing = try Linear(weights["mlp"][sizes.names.narrowing], from: sizes.hidden, to: sizes.width)
        depth = StochasticDepth(rate: rate)
    }

    /// - Parameter x: `[batch, token, width]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let mixed = try x + depth(attention(norm1(x)))
        return try mixed + depth(narrowing(widening(norm2(mixed)).gelu()))
    }

    /// How much every token takes from every other here, `[batch, head, token, token]`.
    func probabilities(of x: Tensor) throws(NetworkError) -> Tensor { try attention.probabilities(of: norm1(x)) }

    /// A stack of blocks, the rate of stochastic depth rising evenly to `rate`.
    static func stack(
        _ weights: Weights, _ sizes: TransformerSizes, depth: Int, rate: Double = 0
    ) throws(NetworkError) -> [TransformerBlock] {
        try (0..<depth).map { (n) throws(NetworkError) in
            try TransformerBlock(weights[n], sizes, rate: rate * Double(n) / Double(max(1, depth - 1)))
        }
    }

    /// What every token of the input gave to the first token of the answer, followed through all blocks: attention rollout.
    ///
    /// Abnar & Zuidema, *Quantifying Attention Flow in Transformers*, ACL 2020,
    /// [arXiv:2005.00928](https://arxiv.org/abs/2005.00928): heads are averaged, and half of every token stays.
    ///
    /// - Parameter x: `[batch, token, width]`, before the first block.
    /// - Returns: `[batch, token]`, adding up to 1.
    static func rollout(_ blocks: [TransformerBlock], _ x: Tensor) throws(NetworkError) -> Tensor {
        let (batch, tokens) = (x.shape[0], x.shape[1])
        var identity = [Float](repeating: 0, count: tokens * tokens)
        for n in 0..<tokens { identity[n * tokens + n] = 1 }
        let kept = try Tensor(identity, shape: [1, tokens, tokens]).converted(to: x.type).moved(to: x.device)
        var (x, flow) = (x, try kept.expanded(to: [batch, tokens, tokens]))
        for block in blocks {
            let mixed = try block.probabilities(of: x).mean(along: [1])
            flow = try (mixed + kept).scaled(by: 0.5).matmul(flow)
            x = try block(x)
        }
        return try flow.selecting(0, along: 1)
    }
}
