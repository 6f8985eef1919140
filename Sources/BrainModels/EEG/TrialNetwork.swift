public import NeuralNet

/// A network that tells of what class a trial is.
public protocol TrialNetwork: Layer {
    /// - Parameter x: `[batch, 1, channel, time]`.
    /// - Returns: one logit a class, `[batch, class]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor
}

/// What the networks on trials check of their input.
struct TrialInput {
    let x: Tensor

    /// - Throws: ``NetworkError/input(expected:found:)`` unless it is `[batch, 1, channels, samples]`.
    init(_ x: Tensor, channels: Int, samples: Int, type: ElementType) throws(NetworkError) {
        let shape = x.shape
        guard shape.count == 4, shape[0] > 0, shape[1] == 1, shape[2] == channels, shape[3] == samples else {
            throw .input(expected: "[batch, 1, \(channels), \(samples)]", found: shape)
        }
        self.x = try x.converted(to: type)
    }
}

extension Tensor {
    /// Attention of tokens to each other in heads that are slices of the width.
    ///
    /// - Parameters:
    ///   - keys, values: of the same shape as this tensor, the queries: `[…, token, width]` with two axes or more before.
    ///   - scale: what the products are divided by.
    ///   - weighing: what turns scores into weights; softmax unless a published network leaves it out.
    func attending(
        to keys: Tensor, _ values: Tensor, heads: Int, scale: Double,
        weighing: (Tensor) throws(NetworkError) -> Tensor
    ) throws(NetworkError) -> Tensor {
        let s = shape
        let rows = s.dropLast(2).reduce(1, *), tokens = s[s.count - 2], width = s[s.count - 1]
        func split(_ x: Tensor) throws(NetworkError) -> Tensor {
            try x.reshaped([rows, tokens, heads, width / heads]).permuted([0, 2, 1, 3])
        }
        let scores = try split(self).scaled(by: 1 / scale).matmul(split(keys).permuted([0, 1, 3, 2]))
        let mixed = try weighing(scores).matmul(split(values))  // [row, head, token, width / heads]
        return try mixed.permuted([0, 2, 1, 3]).reshaped(s)
    }
}

/// A network that decides on the tokens its encoder makes of a trial.
public protocol TokenNetwork: TrialNetwork, StagedNetwork {
    /// `[batch, token, width]`.
    func tokens(_ x: Tensor) throws(NetworkError) -> Tensor
}

extension TokenNetwork {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        [("tokens", try Engine.run { () throws(NetworkError) in try tokens(x) }), ("logits", try self(x))]
    }
}
