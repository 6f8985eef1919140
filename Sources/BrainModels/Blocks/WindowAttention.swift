import NeuralNet

/// Attention among the tokens of each window, with a learned bias for every relative position.
///
/// Liu et al., *Swin Transformer*, ICCV 2021, [arXiv:2103.14030](https://arxiv.org/abs/2103.14030), section 3.2.
struct WindowAttention: Sendable {
    private let queries: Linear
    private let projection: Linear
    private let table: Tensor
    private let indices: [Int]
    /// The table read out, `[1, head, token, token]`, where it does not train.
    private let bias: Tensor?
    private let heads, tokens: Int
    private let usesBias: Bool

    /// Scores that are held at one time.
    private static let chunk = 1 << 24

    /// - Parameters:
    ///   - weights: holds `qkv`, `proj` and `relative_position_bias_table`; checkpoints may hold
    ///   `relative_position_index`.
    ///   - heads: divides `channels`.
    ///   - queryBias: whether `qkv` has a bias.
    ///   - relative: whether the table is used; checkpoints hold it anyway.
    init(
        _ weights: Weights, channels: Int, heads: Int, windows: Windows, queryBias: Bool, relative: Bool
    ) throws(NetworkError) {
        precondition(channels % heads == 0, "\(heads) heads cannot share \(channels) channels")
        table = try weights.tensor(
            "relative_position_bias_table", shape: [windows.relativePositions, heads], start: .normal(deviation: 0.02))
        weights.accept("relative_position_index")
        queries = try Linear(weights["qkv"], from: channels, to: 3 * channels, bias: queryBias)
        projection = try Linear(weights["proj"], from: channels, to: channels)
        (self.heads, tokens, usesBias) = (heads, windows.tokens, relative)
        indices = relative ? windows.relativeIndices : []
        bias =
            weights.areTrainable || !relative
            ? nil : try Self.bias(table, indices, heads: heads, tokens: windows.tokens)
    }

    /// - Parameters:
    ///   - x: `[batch, window, token, channel]`.
    ///   - mask: `[window, 1, token, token]`, added to the scores.
    func callAsFunction(_ x: Tensor, mask: Tensor?) throws(NetworkError) -> Tensor {
        let (batch, windows, channels) = (x.shape[0], x.shape[1], x.shape[3])
        var bias = self.bias
        if usesBias, bias == nil { bias = try Self.bias(table, indices, heads: heads, tokens: tokens) }
        let length = min(windows, max(1, Self.chunk / (batch * heads * tokens * tokens)))
        var parts: [Tensor] = []
        for first in stride(from: 0, to: windows, by: length) {
            let count = min(length, windows - first)
            let part = try x.narrowed(1, from: first, length: count)
            let own = try mask?.narrowed(0, from: first, length: count)
            parts.append(try attend(part, bias, own))
        }
        let mixed = parts.count == 1 ? parts[0] : try Tensor.joined(parts, along: 1)
        return try projection(mixed.reshaped([batch, windows, tokens, channels]))
    }

    private func attend(_ x: Tensor, _ bias: Tensor?, _ mask: Tensor?) throws(NetworkError) -> Tensor {
        let s = x.shape
        let width = s[3] / heads
        let all = try queries(x).reshaped([s[0], s[1], s[2], 3, heads, width]).permuted([3, 0, 1, 4, 2, 5])
        let q = try all.selecting(0, along: 0).scaled(by: 1 / Double(width).squareRoot())
        var scores = try q.matmul(all.selecting(1, along: 0).permuted([0, 1, 2, 4, 3]))
        if let bias { scores = try scores + bias }
        if let mask { scores = try scores + mask }
        // [batch, window, head, token, width]
        let mixed = try scores.softmax(along: 4).matmul(all.selecting(2, along: 0))
        return try mixed.permuted([0, 1, 3, 2, 4]).reshaped(s)
    }

    private static func bias(
        _ table: Tensor, _ indices: [Int], heads: Int, tokens: Int
    ) throws(NetworkError) -> Tensor {
        try table.taking(indices, along: 0).reshaped([1, tokens, tokens, heads]).permuted([0, 3, 1, 2]).contiguous()
    }
}
