internal import CEngine

/// Gives every feature zero mean and unit variance over the samples of a batch and their places, as measured in training.
///
/// In training, unless an ``Adaptation`` leaves it out, it moves its running mean and variance towards those of the batch:
/// beside the optimiser it is the one thing that writes to stored tensors.
///
/// Ioffe & Szegedy, *Batch Normalization*, ICML 2015, [arXiv:1502.03167](https://arxiv.org/abs/1502.03167).
public struct BatchNorm: Layer {
    let weight, bias: Tensor
    private let mean, variance: Tensor
    private let momentum, epsilon: Double
    private let isFrozen: Bool

    /// - Parameters:
    ///   - weights: holds `weight`, `bias`, `running_mean` and `running_var`, all `[features]`.
    ///   - momentum: how far the running numbers move at a step.
    public init(
        _ weights: Weights, features: Int, momentum: Double = 0.1, epsilon: Double = 1e-5
    ) throws(NetworkError) {
        weight = try weights.tensor("weight", shape: [features], start: .ones)
        bias = try weights.tensor("bias", shape: [features])
        mean = try weights.tensor("running_mean", shape: [features], fixed: true)
        variance = try weights.tensor("running_var", shape: [features], start: .ones, fixed: true)
        weights.accept("num_batches_tracked")
        (self.momentum, self.epsilon, isFrozen) = (momentum, epsilon, weights.areFrozen)
    }

    /// - Parameter x: `[batch, feature, …]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Tensor(
            engine_batch_norm(
                x.raw, weight.raw, bias.raw, mean.raw, variance.raw, Engine.isTraining && !isFrozen ? 1 : 0, momentum,
                epsilon))
    }
}
