internal import CEngine

/// A 3×3×3 convolution by minimal filtering, with the norm before it and what follows it, for inference in float32 on the
/// processor.
///
/// Lavin & Gray, *Fast Algorithms for Convolutional Neural Networks*, CVPR 2016, in three dimensions.
public struct FusedConvolution: Layer {
    /// What a residual path does around the convolution:
    /// `scale · x + prelu(normalised(convolution(norm(x)) + bias))`, the second norm over a voxel's channels, without weights.
    public struct Residual: Sendable {
        let norm: FusedNormWeight
        let bias: Tensor
        let epsilon: Float
        let slope: PReLU
        let scale: Tensor?

        /// - Returns: nil where the kernels do not serve.
        public init?(norm: LayerNorm, bias: Tensor, epsilon: Double, activation: PReLU, scale: Tensor?) {
            guard let norm = FusedNormWeight(norm) else { return nil }
            (self.norm, self.bias, self.epsilon, self.scale) = (norm, bias, Float(epsilon), scale)
            slope = activation
        }
    }

    private let kernel: Tensor
    private let channels, outputs: Int
    private let residual: Residual?

    /// - Parameter weight: `[output, input, 3, 3, 3]`; there is padding of one voxel.
    /// - Returns: nil where the kernels do not serve: weights elsewhere or of another type, other kernels, channels that are
    ///   no multiple of 16.
    public init?(_ weight: Tensor, residual: Residual? = nil) throws(NetworkError) {
        let s = weight.shape
        guard weight.suitsKernels, s.suffix(3).elementsEqual([3, 3, 3]), s[0] % 16 == 0, s[1] % 16 == 0 else {
            return nil
        }
        kernel = try Tensor(engine_transformed(weight.raw))
        (outputs, channels, self.residual) = (s[0], s[1], residual)
    }

    /// A convolution without bias.
    public init?(_ convolution: Convolution) throws(NetworkError) {
        guard convolution.bias == nil else { return nil }
        try self.init(convolution.weight)
    }

    /// - Parameter x: `[batch, i, j, k, channel]` with even sides.
    /// - Returns: `[batch, i, j, k, output]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor { try self(x, joining: nil) }

    /// - Parameters:
    ///   - x: `[batch, i, j, k, channel]` with even sides.
    ///   - other: channels that follow those of `x`.
    /// - Returns: `[batch, i, j, k, output]`.
    public func callAsFunction(_ x: Tensor, joining other: Tensor?) throws(NetworkError) -> Tensor {
        var norm = residual?.norm.raw
        return try withOptionalPointer(to: &norm) { (norm) throws(NetworkError) in
            var c = CEngine.FusedConvolution(
                kernel: kernel.raw, channels: Int64(channels), outputs: Int64(outputs), norm: norm,
                bias: residual?.bias.raw, normalises: residual == nil ? 0 : 1, epsilon: residual?.epsilon ?? 0,
                slope: residual?.slope.slope.raw, scale: residual?.scale?.raw)
            return try Tensor(engine_fused_convolution(x.raw, other?.raw, &c))
        }
    }
}

/// Calls `body` with the address of a value, or with nil where there is none.
func withOptionalPointer<Value, Answer>(
    to value: inout Value?, _ body: (UnsafePointer<Value>?) throws(NetworkError) -> Answer
) throws(NetworkError) -> Answer {
    guard var present = value else { return try body(nil) }
    return try withUnsafePointer(to: &present) { (pointer) throws(NetworkError) in try body(pointer) }
}
