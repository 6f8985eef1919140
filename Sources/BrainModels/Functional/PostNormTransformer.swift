internal import NeuralNet

/// Attention of all tokens to each other and a perceptron, the norms behind the sums: PyTorch's `TransformerEncoderLayer`.
///
/// Vaswani et al., *Attention Is All You Need*, NeurIPS 2017, [arXiv:1706.03762](https://arxiv.org/abs/1706.03762), section 3.1.
struct PostNormTransformer {
    private let inward: Tensor
    private let inwardBias: Tensor?
    private let outward, widening, narrowing: Linear
    private let norm1, norm2: LayerNorm
    private let dropout: Dropout
    private let heads: Int

    /// - Parameter weights: holds `self_attn`, `linear1`, `linear2`, `norm1` and `norm2`.
    init(_ weights: Weights, _ c: BrainNetworkTransformer.Configuration) throws(NetworkError) {
        let width = c.width, attention = weights["self_attn"]
        let start = Weights.Start.uniform(bound: (6 / Float(4 * width)).squareRoot())
        inward = try attention.tensor("in_proj_weight", shape: [3 * width, width], start: start)
        inwardBias = c.biases ? try attention.tensor("in_proj_bias", shape: [3 * width]) : nil
        outward = try Linear(attention["out_proj"], from: width, to: width, bias: c.biases)
        widening = try Linear(weights["linear1"], from: width, to: c.hidden, bias: c.biases)
        narrowing = try Linear(weights["linear2"], from: c.hidden, to: width, bias: c.biases)
        norm1 = try LayerNorm(weights["norm1"], width: width, bias: c.biases)
        norm2 = try LayerNorm(weights["norm2"], width: width, bias: c.biases)
        (dropout, heads) = (Dropout(rate: c.dropout), c.heads)
    }

    /// - Parameter x: `[batch, token, width]`.
    /// - Returns: tokens of the same shape, and how much each took from every other, `[batch, head, token, token]`.
    func mixed(_ x: Tensor) throws(NetworkError) -> (tokens: Tensor, weights: Tensor) {
        let s = x.shape
        let parts = try x.linear(inward, inwardBias)
            .reshaped([s[0], s[1], 3, heads, s[2] / heads]).permuted([2, 0, 3, 1, 4])
        let queries = try parts.selecting(0, along: 0).scaled(by: 1 / Double(s[2] / heads).squareRoot())
        let weights = try queries.matmul(parts.selecting(1, along: 0).permuted([0, 1, 3, 2])).softmax(along: 3)
        let taken = try dropout(weights).matmul(parts.selecting(2, along: 0)).permuted([0, 2, 1, 3]).reshaped(s)
        let attended = try norm1(x + dropout(outward(taken)))
        let tokens = try norm2(attended + dropout(narrowing(dropout(widening(attended).relu()))))
        return (tokens, weights)
    }
}
