internal import CEngine

/// Gives each channel zero mean and unit variance: in training over the batch, otherwise by the moments gathered in training.
///
/// Training writes these moments, so that whoever trains a network with this layer holds it alone. Ioffe & Szegedy, *Batch
/// Normalization*, ICML 2015, [arXiv:1502.03167](https://arxiv.org/abs/1502.03167).
public struct BatchNorm: Layer {
    let weight, bias, mean, variance: Tensor

    /// The weight of a batch in the gathered moments.
    private static let momentum = 0.1

    /// - Parameter weights: holds `weight`, `bias`, `running_mean` and `running_var`, all `[channels]`; checkpoints may hold
    ///   `num_batches_tracked`.
    public init(_ weights: Weights, channels: Int) throws(NetworkError) {
        weight = try weights.tensor("weight", shape: [channels], start: .ones)
        bias = try weights.tensor("bias", shape: [channels])
        mean = try weights.tensor("running_mean", shape: [channels], fixed: true)
        variance = try weights.tensor("running_var", shape: [channels], start: .ones, fixed: true)
        weights.accept("num_batches_tracked")
    }

    /// - Parameter x: `[batch, channel, …]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let isTraining: Int32 = Engine.isTraining ? 1 : 0
        return try Tensor(
            engine_batch_norm(
                x.raw, weight.raw, bias.raw, mean.raw, variance.raw, isTraining, Self.momentum, 1e-5))
    }
}
