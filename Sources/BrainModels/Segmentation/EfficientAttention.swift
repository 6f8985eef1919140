import NeuralNet

/// Mixes all voxels of a feature map in linear time: keys are normalised over positions, queries over channels, so the
/// `position × position` matrix is never formed.
///
/// Shen et al., *Efficient Attention*, WACV 2021, [arXiv:1812.01243](https://arxiv.org/abs/1812.01243), in three dimensions
/// as EoFormer uses it (She et al., MICCAI 2023, section 2.1). There is no `1/√width`.
struct EfficientAttention: Mixer {
    private let keys, queries, values, reprojection: PointwiseConvolution
    private let heads: Int

    /// - Parameters:
    ///   - weights: holds `keys`, `queries`, `values` and `reprojection`, each a 1×1×1 convolution.
    ///   - heads: divides `channels`.
    init(_ weights: Weights, channels: Int, heads: Int) throws(NetworkError) {
        precondition(channels % heads == 0, "\(heads) heads cannot share \(channels) channels")
        keys = try PointwiseConvolution(weights["keys"], from: channels, to: channels)
        queries = try PointwiseConvolution(weights["queries"], from: channels, to: channels)
        values = try PointwiseConvolution(weights["values"], from: channels, to: channels)
        reprojection = try PointwiseConvolution(weights["reprojection"], from: channels, to: channels)
        self.heads = heads
    }

    /// - Parameter x: `[batch, i, j, k, channel]`.
    /// - Returns: `[batch, i, j, k, channel]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let s = x.shape
        let (positions, width) = (s[1] * s[2] * s[3], s[4] / heads)
        func split(_ map: Tensor) throws(NetworkError) -> Tensor {
            try map.reshaped([s[0], positions, heads, width]).permuted([0, 2, 1, 3])  // [batch, head, position, width]
        }
        let k = try split(keys(x)).softmax(along: 2)
        let q = try split(queries(x)).softmax(along: 3)
        let context = try k.permuted([0, 1, 3, 2]).matmul(split(values(x)))  // [batch, head, key width, value width]
        let mixed = try q.matmul(context).permuted([0, 2, 1, 3])  // [batch, position, head, width]
        return try reprojection(mixed.reshaped(s))
    }

    func fused(after norm: LayerNorm, scale: Tensor?, products: ElementType) -> (any Layer)? { nil }
}

/// A 1×1×1 convolution on maps whose last axis is the channel.
struct PointwiseConvolution: Layer {
    private let weight, bias: Tensor

    /// - Parameter weights: holds `weight`, `[output, input, 1, 1, 1]`, and `bias`, `[output]`.
    init(_ weights: Weights, from input: Int, to output: Int) throws(NetworkError) {
        let start = Weights.Start.uniform(bound: 1 / Float(input).squareRoot())
        weight = try weights.tensor("weight", shape: [output, input, 1, 1, 1], start: start)
        bias = try weights.tensor("bias", shape: [output], start: start)
    }

    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try x.linear(weight.reshaped(Array(weight.shape.prefix(2))), bias)
    }
}
