internal import CEngine

/// A 3×3×3 convolution with stride 2 that halves a volume's sides, with a layer norm before or after it, in one pass.
///
/// For inference in float32 on the processor.
public struct FusedHalving: Layer {
    private let kernel, bias: Tensor
    private let before, after: FusedNormWeight?

    /// - Parameters:
    ///   - convolution: has stride 2, padding 1 and a bias.
    ///   - products: in what numbers matrices are multiplied, float32 or bfloat16; few channels always in float32.
    /// - Returns: nil where the kernels do not serve.
    public init?(
        _ convolution: Convolution, before: LayerNorm? = nil, after: LayerNorm? = nil, products: ElementType = .float32
    ) throws(NetworkError) {
        let s = convolution.weight.shape
        self.before = before.flatMap(FusedNormWeight.init)
        self.after = after.flatMap(FusedNormWeight.init)
        guard convolution.weight.suitsKernels, s.suffix(3).elementsEqual([3, 3, 3]), s[0] % 16 == 0,
            let bias = convolution.bias, (self.before == nil) == (before == nil), (self.after == nil) == (after == nil)
        else { return nil }
        kernel = try convolution.weight.permuted([0, 2, 3, 4, 1]).reshaped([s[0], 27 * s[1]])
            .packedForKernels(s[1] % 16 == 0 ? products : .float32)
        self.bias = bias
    }

    /// - Parameter x: `[batch, i, j, k, channel]` with even sides.
    /// - Returns: `[batch, i / 2, j / 2, k / 2, output]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        var before = before?.raw, after = after?.raw
        return try withOptionalPointer(to: &before) { (before) throws(NetworkError) in
            try withOptionalPointer(to: &after) { (after) throws(NetworkError) in
                try Tensor(engine_fused_halving(x.raw, kernel.raw, bias.raw, before, after))
            }
        }
    }
}

/// A group norm over a whole map and the transposed convolution that doubles its sides, in one pass.
///
/// For inference in float32 on the processor. A head, a 1×1×1 convolution after it, folds into the same kernel: both are linear.
public struct FusedDoubling: Layer {
    private let kernel, weight, bias: Tensor
    private let answerBias: Tensor?
    private let outputs: Int

    /// - Parameter products: in what numbers matrices are multiplied, float32 or bfloat16.
    /// - Returns: nil where the kernels do not serve.
    public init?(
        norm: GroupNorm, _ doubling: DoublingConvolution, head: Convolution? = nil, products: ElementType = .float32
    ) throws(NetworkError) {
        let s = doubling.weight.shape
        guard norm.groups == 1, doubling.weight.suitsKernels, s[0] % 16 == 0, s[1] % 16 == 0,
            head == nil || head?.bias != nil
        else { return nil }
        var matrix = try doubling.weight.permuted([2, 3, 4, 1, 0]).reshaped([8, s[1], s[0]])
        if let head {
            let map = try head.weight.reshaped([1, head.weight.shape[0], s[1]]).converted(to: .float64)
            matrix = try map.matmul(matrix.converted(to: .float64)).converted(to: .float32)
        }
        outputs = matrix.shape[1]
        kernel = try matrix.reshaped([8 * outputs, s[0]]).packedForKernels(products)
        (weight, bias, answerBias) = (norm.weight, norm.bias, head?.bias)
    }

    /// - Parameter x: `[batch, i, j, k, channel]`.
    /// - Returns: `[batch, 2 i, 2 j, 2 k, output]`, or with a head `[batch, output, 2 i, 2 j, 2 k]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Tensor(
            engine_fused_doubling(x.raw, kernel.raw, weight.raw, bias.raw, answerBias?.raw, Int64(outputs)))
    }
}
