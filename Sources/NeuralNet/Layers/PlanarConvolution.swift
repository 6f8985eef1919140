internal import CEngine

/// A convolution over two axes, such as the channels and the time of a trial (a cross-correlation, as in every framework).
public struct PlanarConvolution: Layer {
    let weight: Tensor
    let bias: Tensor?
    private let stride, padding: (Int, Int)
    private let groups: Int
    private let largestNorm: Double?

    /// - Parameters:
    ///   - weights: holds `weight`, `[output, input / groups, kernel.0, kernel.1]`, and `bias`, `[output]`.
    ///   - kernel: rows and columns of the kernel.
    ///   - padding: zeros before and behind the rows, and the columns.
    ///   - groups: parts of the features that do not mix.
    ///   - largestNorm: kernels of a greater length are used scaled down to it.
    public init(
        _ weights: Weights, from input: Int, to output: Int, kernel: (Int, Int), stride: (Int, Int) = (1, 1),
        padding: (Int, Int) = (0, 0), groups: Int = 1, bias: Bool = true, largestNorm: Double? = nil
    ) throws(NetworkError) {
        precondition(input % groups == 0 && output % groups == 0, "\(groups) groups of \(input) and \(output) features")
        let fan = input / groups * kernel.0 * kernel.1
        let start = Weights.Start.uniform(bound: 1 / Float(fan).squareRoot())
        weight = try weights.tensor("weight", shape: [output, input / groups, kernel.0, kernel.1], start: start)
        self.bias = bias ? try weights.tensor("bias", shape: [output], start: start) : nil
        (self.stride, self.padding, self.groups) = (stride, padding, groups)
        self.largestNorm = largestNorm
    }

    /// - Parameter x: `[batch, input, row, column]`.
    /// - Returns: `[batch, output, row, column]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        var kernel = weight
        if let largestNorm {
            let lengths = try weight.squared().sum(along: [1, 2, 3], keepingAxes: true)
                .clamped(to: largestNorm * largestNorm...Double(Float.greatestFiniteMagnitude))
            kernel = try weight * lengths.log().scaled(by: -0.5).exp().scaled(by: largestNorm)
        }
        return try x.convolved(kernel, bias, stride: stride, padding: padding, groups: groups)
    }
}

extension Tensor {
    /// The convolution of `[batch, feature, row, column]` with `[output, input / groups, …]`.
    public func convolved(
        _ weight: Tensor, _ bias: Tensor? = nil, stride: (Int, Int), padding: (Int, Int) = (0, 0), groups: Int = 1
    ) throws(NetworkError) -> Tensor {
        try Tensor(
            engine_conv2d(
                raw, weight.raw, bias?.raw, [Int64(stride.0), Int64(stride.1)], [Int64(padding.0), Int64(padding.1)],
                Int64(groups)))
    }

    /// The mean of windows of `[batch, feature, row, column]`; what does not fill a window is left out.
    public func averagePooled(kernel: (Int, Int), stride: (Int, Int)) throws(NetworkError) -> Tensor {
        try Tensor(
            engine_average_pool2d(
                raw, [Int64(kernel.0), Int64(kernel.1)], [Int64(stride.0), Int64(stride.1)]))
    }
}
