internal import CEngine

/// An affine map of the last axis, `x · weightᵀ + bias`.
public struct Linear: Layer {
    let weight: Tensor
    let bias: Tensor?
    /// What is trained beside a frozen weight.
    private let factors: LowRankFactors?

    /// - Parameters:
    ///   - weights: holds `weight`, `[output, input]`, and `bias`, `[output]`.
    ///   - input: the length of the last axis of what comes in.
    ///   - output: the length of the last axis of what goes out.
    ///   - bias: whether there is a bias to add.
    public init(_ weights: Weights, from input: Int, to output: Int, bias: Bool = true) throws(NetworkError) {
        let start = Weights.Start.uniform(bound: 1 / Float(input).squareRoot())
        weight = try weights.tensor("weight", shape: [output, input], start: start)
        self.bias = bias ? try weights.tensor("bias", shape: [output], start: start) : nil
        factors = try weights.factors(from: input, to: output)
    }

    /// - Parameter x: `[…, input]`.
    /// - Returns: `[…, output]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        guard let factors else { return try x.linear(weight, bias) }
        return try x.linear(weight, bias) + factors(x)
    }
}

extension Tensor {
    /// `x · weightᵀ + bias` over the last axis.
    public func linear(_ weight: Tensor, _ bias: Tensor? = nil) throws(NetworkError) -> Tensor {
        try Tensor(engine_linear(raw, weight.raw, bias?.raw))
    }
}
