internal import CEngine

/// A convolution in two dimensions (a cross-correlation, as in every framework) with square kernels.
public struct PlaneConvolution: Layer {
    let weight: Tensor
    let bias: Tensor?
    private let stride, padding: Int

    /// - Parameters:
    ///   - weights: holds `weight`, `[output, input, kernel, kernel]`, and `bias`, `[output]`.
    ///   - kernel: pixels along each side of the kernel.
    ///   - padding: zeros around the picture, on every side.
    public init(
        _ weights: Weights, from input: Int, to output: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
        bias: Bool = true
    ) throws(NetworkError) {
        let start = Weights.Start.uniform(bound: 1 / Float(input * kernel * kernel).squareRoot())
        weight = try weights.tensor("weight", shape: [output, input, kernel, kernel], start: start)
        self.bias = bias ? try weights.tensor("bias", shape: [output], start: start) : nil
        (self.stride, self.padding) = (stride, padding)
    }

    /// - Parameter x: `[batch, input, row, column]`.
    /// - Returns: `[batch, output, row, column]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let (s, w) = (x.shape, weight.shape)
        guard s.count == 4 else { throw .input(expected: "[batch, \(w[1]), row, column]", found: s) }
        let kernel = try weight.reshaped([w[0], w[1], 1, w[2], w[3]])
        let strides = [1, Int64(stride), Int64(stride)], paddings = [0, Int64(padding), Int64(padding)]
        let slice = try x.reshaped([s[0], s[1], 1, s[2], s[3]])
        return try Tensor(engine_conv3d(slice.raw, kernel.raw, bias?.raw, strides, paddings, 1)).selecting(0, along: 2)
    }
}

extension Tensor {
    /// The largest number of boxes of `[batch, channel, side…]` with two or three sides; what lies outside never counts.
    ///
    /// - Parameters:
    ///   - kernel: voxels along each side of the box.
    ///   - padding: places outside, on every side.
    public func maximumPooled(kernel: Int, stride: Int, padding: Int = 0) throws(NetworkError) -> Tensor {
        let s = shape
        guard s.count == 4 || s.count == 5 else { throw .input(expected: "[batch, channel, side…]", found: s) }
        let isPlane = s.count == 4
        let x = isPlane ? try reshaped([s[0], s[1], 1, s[2], s[3]]) : self
        func sides(_ number: Int, _ single: Int) -> [Int64] {
            [Int64(isPlane ? single : number), Int64(number), Int64(number)]
        }
        let pooled = try Tensor(engine_max_pool3d(x.raw, sides(kernel, 1), sides(stride, 1), sides(padding, 0)))
        return isPlane ? try pooled.selecting(0, along: 2) : pooled
    }

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
