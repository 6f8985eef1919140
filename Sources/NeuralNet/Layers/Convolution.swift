internal import CEngine

/// A convolution in three dimensions (a cross-correlation, as in every framework) with cubic kernels.
public struct Convolution: Layer {
    let weight: Tensor
    let bias: Tensor?
    private let stride, padding, groups: Int

    /// - Parameters:
    ///   - weights: holds `weight`, `[output, input / groups, kernel, kernel, kernel]`, and `bias`, `[output]`.
    ///   - kernel: voxels along each side of the kernel.
    ///   - padding: zeros around the volume, on every face.
    ///   - groups: parts of the channels that do not mix; as many as channels makes it depth-wise.
    public init(
        _ weights: Weights, from input: Int, to output: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
        groups: Int = 1, bias: Bool = true
    ) throws(NetworkError) {
        precondition(input % groups == 0 && output % groups == 0, "\(groups) groups of \(input) and \(output) channels")
        let fan = input / groups * kernel * kernel * kernel
        let start = Weights.Start.uniform(bound: 1 / Float(fan).squareRoot())
        weight = try weights.tensor("weight", shape: [output, input / groups, kernel, kernel, kernel], start: start)
        self.bias = bias ? try weights.tensor("bias", shape: [output], start: start) : nil
        (self.stride, self.padding, self.groups) = (stride, padding, groups)
    }

    /// - Parameter x: `[batch, input, i, j, k]`.
    /// - Returns: `[batch, output, i, j, k]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try x.convolved(weight, bias, stride: stride, padding: padding, groups: groups)
    }
}

/// The transposed convolution that doubles a volume's sides: kernel 2, stride 2, no bias.
///
/// Its kernels do not overlap, so it is one matrix product and a rearrangement; both ways that is several times faster than
/// the engine's general operation.
public struct DoublingConvolution: Layer {
    let weight: Tensor
    private let output: Int

    /// - Parameter weights: holds `weight`, `[input, output, 2, 2, 2]`.
    public init(_ weights: Weights, from input: Int, to output: Int) throws(NetworkError) {
        let start = Weights.Start.uniform(bound: 1 / Float(output * 8).squareRoot())
        weight = try weights.tensor("weight", shape: [input, output, 2, 2, 2], start: start)
        self.output = output
    }

    /// - Parameter x: `[batch, i, j, k, input]`.
    /// - Returns: `[batch, 2 i, 2 j, 2 k, output]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let s = x.shape
        let input = weight.shape[0]
        let matrix = try weight.permuted([2, 3, 4, 1, 0]).reshaped([8 * output, input])  // [di dj dk output, input]
        return try x.linear(matrix)
            .reshaped([s[0], s[1], s[2], s[3], 2, 2, 2, output])
            .permuted([0, 1, 4, 2, 5, 3, 6, 7])
            .reshaped([s[0], 2 * s[1], 2 * s[2], 2 * s[3], output])
    }
}

extension Tensor {
    /// The convolution of `[batch, channel, i, j, k]` with `[output, input / groups, …]`.
    public func convolved(
        _ weight: Tensor, _ bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, groups: Int = 1
    ) throws(NetworkError) -> Tensor {
        let strides = [Int64](repeating: Int64(stride), count: 3),
            paddings = [Int64](repeating: Int64(padding), count: 3)
        return try Tensor(engine_conv3d(raw, weight.raw, bias?.raw, strides, paddings, Int64(groups)))
    }
}
