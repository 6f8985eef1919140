internal import CEngine

/// The squared rectifier with a learned scale and bias, `scale · max(x, 0)² + bias`.
///
/// Yu et al., *MetaFormer Baselines for Vision*, TPAMI 2024, [arXiv:2210.13452](https://arxiv.org/abs/2210.13452),
/// section 3.3.
public struct StarReLU: Layer {
    let scale, bias: Tensor

    /// - Parameter weights: holds `scale` and `bias`, both `[1]`.
    public init(_ weights: Weights) throws(NetworkError) {
        scale = try weights.tensor("scale", shape: [1], start: .ones)
        bias = try weights.tensor("bias", shape: [1])
    }

    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Tensor(engine_star_relu(x.raw, scale.raw, bias.raw))
    }
}

/// The rectifier with one learned slope a channel for what is below zero.
///
/// He et al., *Delving Deep into Rectifiers*, ICCV 2015, [arXiv:1502.01852](https://arxiv.org/abs/1502.01852).
public struct PReLU: Layer {
    let slope: Tensor

    /// - Parameter weights: holds `weight`, `[channels]`.
    public init(_ weights: Weights, channels: Int) throws(NetworkError) {
        slope = try weights.tensor("weight", shape: [channels], start: .constant(0.25))
    }

    /// - Parameter x: `[batch, channel, i, j, k]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Tensor(engine_prelu(x.raw, slope.raw))
    }
}

extension Tensor {
    /// The Gaussian error linear unit, in its exact form.
    public func gelu() throws(NetworkError) -> Tensor { try Tensor(engine_gelu(raw)) }

    /// `x`, or `slope · x` below zero, element by element.
    public func leakyReLU(slope: Double = 0.01) throws(NetworkError) -> Tensor {
        try Tensor(engine_leaky_relu(raw, slope))
    }

    /// `x`, or `eˣ − 1` below zero, element by element.
    public func elu() throws(NetworkError) -> Tensor { try Tensor(engine_elu(raw)) }

    /// `max(x, 0)`, element by element.
    public func relu() throws(NetworkError) -> Tensor { try Tensor(engine_relu(raw)) }

    /// `tanh x`, element by element.
    public func hyperbolicTangent() throws(NetworkError) -> Tensor {
        try scaled(by: 2).sigmoid().scaled(by: 2, plus: -1)
    }

    /// The Gaussian error linear unit in the form that takes a hyperbolic tangent for the error function.
    public func geluByTangent() throws(NetworkError) -> Tensor {
        let slope = 2 * (2 / Double.pi).squareRoot()
        let cubic = try squared().scaled(by: 0.044715 * slope, plus: slope)
        return try self * (self * cubic).sigmoid()
    }
}
