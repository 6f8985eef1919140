internal import CEngine

/// A perceptron on a residual path, `scale · x + narrowing(star(widening(norm(x))))`, in one pass over memory.
///
/// For inference in float32 on the processor: a tile's hidden features never leave the cache.
public struct FusedPerceptron: Layer {
    private let norm: FusedNormWeight
    private let star: FusedStarWeights
    private let scale: Tensor?

    /// - Parameter products: in what numbers matrices are multiplied, float32 or bfloat16; sums are in float32.
    /// - Returns: nil where the kernels do not serve: weights elsewhere or of another type, widths that are no multiple
    ///   of 16.
    public init?(
        norm: LayerNorm, widening: Linear, star: StarReLU, narrowing: Linear, scale: Tensor?,
        products: ElementType = .float32
    ) throws(NetworkError) {
        guard let norm = FusedNormWeight(norm),
            let star = try FusedStarWeights(widening, star, narrowing, products)
        else { return nil }
        (self.norm, self.star, self.scale) = (norm, star, scale)
    }

    /// - Parameter x: `[batch, i, j, k, channel]`.
    /// - Returns: `[batch, i, j, k, channel]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        var norm = norm.raw, star = star.raw
        return try Tensor(engine_fused_perceptron(x.raw, &norm, &star, scale?.raw))
    }
}

/// An inverted separable convolution on a residual path, `x + narrowing(filter(star(widening(norm(x)))))`, in one pass.
///
/// For inference in float32 on the processor: of the wide features only three planes exist at a time.
public struct FusedSeparable: Layer {
    private let norm: FusedNormWeight
    private let star: FusedStarWeights
    private let filter: Tensor

    /// - Parameters:
    ///   - filter: a depth-wise 3×3×3 convolution with padding 1 and without bias.
    ///   - products: in what numbers matrices are multiplied, float32 or bfloat16; the filter stays in float32.
    /// - Returns: nil where the kernels do not serve.
    public init?(
        norm: LayerNorm, widening: Linear, star: StarReLU, filter: Convolution, narrowing: Linear,
        products: ElementType = .float32
    ) throws(NetworkError) {
        guard let norm = FusedNormWeight(norm), let star = try FusedStarWeights(widening, star, narrowing, products),
            filter.weight.shape == [star.hidden, 1, 3, 3, 3], filter.bias == nil
        else { return nil }
        (self.norm, self.star) = (norm, star)
        self.filter = try filter.weight.reshaped([star.hidden, 27]).permuted([1, 0]).contiguous()
    }

    /// - Parameter x: `[batch, i, j, k, channel]`.
    /// - Returns: `[batch, i, j, k, channel]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        var norm = norm.raw, star = star.raw
        return try Tensor(engine_fused_separable(x.raw, &norm, &star, filter.raw))
    }
}

/// The weight of a layer norm without bias, as kernels take it.
struct FusedNormWeight: Sendable {
    private let weight: Tensor
    private let epsilon: Float

    init?(_ norm: LayerNorm) {
        guard norm.bias == nil, let weight = norm.weight, weight.suitsKernels, weight.count % 16 == 0 else {
            return nil
        }
        (self.weight, epsilon) = (weight, Float(norm.epsilon))
    }

    var raw: FusedNorm { FusedNorm(weight: weight.raw, epsilon: epsilon) }
}

/// Two linear maps and the StarReLU between them, as kernels take them.
private struct FusedStarWeights: Sendable {
    let hidden: Int
    private let widening, narrowing: Tensor
    private let scale, bias: Float

    init?(
        _ widening: Linear, _ star: StarReLU, _ narrowing: Linear, _ products: ElementType
    ) throws(NetworkError) {
        hidden = widening.weight.shape[0]
        guard widening.weight.suitsKernels, widening.bias == nil, narrowing.bias == nil,
            (widening.weight.shape + narrowing.weight.shape).allSatisfy({ $0 % 16 == 0 })
        else { return nil }
        self.widening = try widening.weight.packedForKernels(products)
        self.narrowing = try narrowing.weight.packedForKernels(products)
        (scale, bias) = (try star.scale.floats()[0], try star.bias.floats()[0])
    }

    var raw: FusedStar {
        FusedStar(
            widening: widening.raw, narrowing: narrowing.raw, scale: scale, bias: bias, hidden: Int64(hidden))
    }
}

extension Tensor {
    /// Whether weights are where the kernels read them, and of their type.
    var suitsKernels: Bool { device == .cpu && type == .float32 }

    /// A matrix `[output, input]` in the order in which the kernels read it.
    func packedForKernels(_ products: ElementType) throws(NetworkError) -> Tensor {
        try Tensor(engine_packed(raw, products == .bfloat16 ? 1 : 0))
    }
}
