internal import CEngine

/// Gives every token, or the channels of every voxel, zero mean and unit variance.
///
/// Ba, Kiros & Hinton, *Layer Normalization*, 2016, [arXiv:1607.06450](https://arxiv.org/abs/1607.06450).
public struct LayerNorm: Layer {
    let weight, bias: Tensor?
    private let width: Int
    let epsilon: Double

    /// - Parameters:
    ///   - weights: holds `weight` and, if asked for, `bias`, both `[width]`.
    ///   - epsilon: is added to the variance.
    public init(_ weights: Weights, width: Int, bias: Bool = true, epsilon: Double = 1e-5) throws(NetworkError) {
        weight = try weights.tensor("weight", shape: [width], start: .ones)
        self.bias = bias ? try weights.tensor("bias", shape: [width]) : nil
        (self.width, self.epsilon) = (width, epsilon)
    }

    /// - Parameter x: `[…, width]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Tensor(engine_layer_norm(x.raw, Int64(width), weight?.raw, bias?.raw, epsilon))
    }
}

/// Gives groups of a volume's channels zero mean and unit variance over channels and voxels together.
///
/// Wu & He, *Group Normalization*, ECCV 2018, [arXiv:1803.08494](https://arxiv.org/abs/1803.08494).
public struct GroupNorm: Layer {
    let weight, bias: Tensor
    let groups: Int

    /// - Parameters:
    ///   - weights: holds `weight` and `bias`, both `[channels]`.
    ///   - groups: divides `channels`.
    public init(_ weights: Weights, groups: Int, channels: Int) throws(NetworkError) {
        precondition(channels % groups == 0, "\(groups) groups of \(channels) channels")
        weight = try weights.tensor("weight", shape: [channels], start: .ones)
        bias = try weights.tensor("bias", shape: [channels])
        self.groups = groups
    }

    /// - Parameter x: `[batch, channel, i, j, k]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Tensor(engine_group_norm(x.raw, Int64(groups), weight.raw, bias.raw, 1e-5))
    }
}

extension Tensor {
    /// Zero mean and unit variance over the last axis, without weights.
    public func layerNormalised(epsilon: Double = 1e-5) throws(NetworkError) -> Tensor {
        try Tensor(engine_layer_norm(raw, Int64(shape.last ?? 1), nil, nil, epsilon))
    }

    /// Zero mean and unit variance over the voxels of each channel of `[batch, channel, i, j, k]`, without weights.
    ///
    /// Ulyanov, Vedaldi & Lempitsky, *Instance Normalization*, 2016,
    /// [arXiv:1607.08022](https://arxiv.org/abs/1607.08022).
    public func instanceNormalised(epsilon: Double = 1e-5) throws(NetworkError) -> Tensor {
        try Tensor(engine_instance_norm(raw, epsilon))
    }
}
