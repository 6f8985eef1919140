internal import CEngine

// MARK: - Arithmetic. Axes of length 1 stretch to fit.

extension Tensor {
    public static func + (a: Tensor, b: Tensor) throws(NetworkError) -> Tensor { try Tensor(engine_add(a.raw, b.raw)) }
    public static func - (a: Tensor, b: Tensor) throws(NetworkError) -> Tensor {
        try Tensor(engine_subtract(a.raw, b.raw))
    }
    public static func * (a: Tensor, b: Tensor) throws(NetworkError) -> Tensor {
        try Tensor(engine_multiply(a.raw, b.raw))
    }
    public static func / (a: Tensor, b: Tensor) throws(NetworkError) -> Tensor {
        try Tensor(engine_divide(a.raw, b.raw))
    }

    /// `scale · x + shift`, element by element.
    public func scaled(by scale: Double, plus shift: Double = 0) throws(NetworkError) -> Tensor {
        try Tensor(engine_affine(raw, scale, shift))
    }

    /// The matrix product of the last two axes.
    public func matmul(_ other: Tensor) throws(NetworkError) -> Tensor { try Tensor(engine_matmul(raw, other.raw)) }

    /// `exp(x) / Σ exp(x)` along `axis`.
    public func softmax(along axis: Int) throws(NetworkError) -> Tensor { try Tensor(engine_softmax(raw, Int64(axis))) }

    /// The largest numbers along an axis; all others become 0.
    ///
    /// - Parameter count: numbers that are kept, at most the axis' length.
    public func keepingLargest(_ count: Int, along axis: Int) throws(NetworkError) -> Tensor {
        try Tensor(engine_keep_largest(raw, Int64(count), Int64(axis)))
    }

    /// The logarithm of ``softmax(along:)``.
    public func logSoftmax(along axis: Int) throws(NetworkError) -> Tensor {
        try Tensor(engine_log_softmax(raw, Int64(axis)))
    }

    /// `1 / (1 + exp(-x))`, element by element.
    public func sigmoid() throws(NetworkError) -> Tensor { try Tensor(engine_sigmoid(raw)) }

    /// `x²`, element by element.
    public func squared() throws(NetworkError) -> Tensor { try Tensor(engine_square(raw)) }

    /// `eˣ`, element by element.
    public func exp() throws(NetworkError) -> Tensor { try Tensor(engine_exp(raw)) }

    /// The natural logarithm, element by element.
    public func log() throws(NetworkError) -> Tensor { try Tensor(engine_log(raw)) }

    /// The sine of angles in radians, element by element.
    public func sine() throws(NetworkError) -> Tensor { try Tensor(engine_sine(raw)) }

    /// The cosine of angles in radians, element by element.
    public func cosine() throws(NetworkError) -> Tensor { try Tensor(engine_cosine(raw)) }

    /// The values, those outside a range moved to its ends, where they get no gradient.
    public func clamped(to range: ClosedRange<Double>) throws(NetworkError) -> Tensor {
        try Tensor(engine_clamp(raw, range.lowerBound, range.upperBound))
    }

    /// The sum over `axes`, all of them when none is named.
    public func sum(along axes: [Int] = [], keepingAxes: Bool = false) throws(NetworkError) -> Tensor {
        try Tensor(engine_sum(raw, axes.map(Int64.init), Int64(axes.count), keepingAxes ? 1 : 0))
    }

    /// The mean over `axes`, all of them when none is named.
    public func mean(along axes: [Int] = [], keepingAxes: Bool = false) throws(NetworkError) -> Tensor {
        try Tensor(engine_mean(raw, axes.map(Int64.init), Int64(axes.count), keepingAxes ? 1 : 0))
    }
}
