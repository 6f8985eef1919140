import NeuralNet

/// Mixes neighbouring voxels with an inverted separable convolution: widen, activate, filter each channel, narrow.
///
/// Yu et al., *MetaFormer Baselines for Vision*, TPAMI 2024, [arXiv:2210.13452](https://arxiv.org/abs/2210.13452),
/// section 3.2, after Sandler et al., *MobileNetV2*, CVPR 2018; in three dimensions.
struct SeparableMixer: Mixer {
    private let widening, narrowing: Linear
    private let activation: StarReLU
    private let filter: Convolution

    /// - Parameter weights: holds `pwconv1`, `act1`, `dwconv` and `pwconv2`.
    init(_ weights: Weights, channels: Int) throws(NetworkError) {
        widening = try Linear(weights["pwconv1"], from: channels, to: 2 * channels, bias: false)
        activation = try StarReLU(weights["act1"])
        filter = try Convolution(
            weights["dwconv"], from: 2 * channels, to: 2 * channels, kernel: 3, padding: 1, groups: 2 * channels,
            bias: false)
        narrowing = try Linear(weights["pwconv2"], from: 2 * channels, to: channels, bias: false)
    }

    /// - Parameter x: `[batch, i, j, k, channel]`.
    /// - Returns: `[batch, i, j, k, channel]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let wide = try activation(widening(x)).channelsToFront()
        return try narrowing(filter(wide).channelsToEnd())
    }

    func fused(after norm: LayerNorm, scale: Tensor?, products: ElementType) throws(NetworkError) -> (any Layer)? {
        guard scale == nil else { return nil }
        return try FusedSeparable(
            norm: norm, widening: widening, star: activation, filter: filter, narrowing: narrowing, products: products)
    }
}
