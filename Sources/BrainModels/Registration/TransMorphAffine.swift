public import NeuralNet

/// Finds how the moving scan is turned, scaled, sheared and moved against the fixed one.
///
/// The affine network of Chen et al., *TransMorph*, Medical Image Analysis 82, 102615, 2022,
/// [doi:10.1016/j.media.2022.102615](https://doi.org/10.1016/j.media.2022.102615). Weights carry the names of the
/// authors' state dict.
public struct TransMorphAffine: Layer {
    public let configuration: TransMorph.Configuration
    private let encoder: SwinEncoder
    private let rotation, scale, translation, shear: AffineHead
    private let type: ElementType

    /// - Parameter weights: holds `transformer`, `aff_mlp`, `scl_mlp`, `trans_mlp` and `shear_mlp`.
    public init(_ weights: Weights, _ configuration: TransMorph.Configuration = .init()) throws(NetworkError) {
        try configuration.validate()
        (self.configuration, type) = (configuration, weights.type)
        encoder = try SwinEncoder(weights["transformer"], configuration)
        let width = configuration.window.reduce(8 * configuration.embedding, *)
        rotation = try AffineHead(weights["aff_mlp"], from: width, to: 3, deviations: (1e-3, 1e-3))
        scale = try AffineHead(weights["scl_mlp"], from: width, to: 3, deviations: (1e-2, 1e-2))
        translation = try AffineHead(weights["trans_mlp"], from: width, to: 3, deviations: (1e-2, 1e-4))
        shear = try AffineHead(weights["shear_mlp"], from: width, to: 6, deviations: (1e-2, 1e-4))
        weights.accept("affine_trans.grid")
    }

    /// - Parameter x: `[batch, image, i, j, k]`, the moving image first; each side is 32 times the window's.
    /// - Returns: the matrices of ``AffineMap``, `[batch, 3, 4]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in try map(x).matrix }
    }

    /// The map from the fixed image to the moving one.
    public func map(_ x: Tensor) throws(NetworkError) -> AffineMap {
        let (shape, sides) = (x.shape, configuration.window.map { 32 * $0 })
        guard shape.count == 5, shape[0] > 0, shape[1] == configuration.inputs, Array(shape.suffix(3)) == sides else {
            let wanted = ([configuration.inputs] + sides).map(String.init).joined(separator: ", ")
            throw .input(expected: "[batch, \(wanted)]", found: shape)
        }
        let stages = try encoder(x.converted(to: type))
        let features = try stages[3].instanceNormalised().reshaped([shape[0], -1])
        let angles = try rotation(features).clamped(to: -1...1).scaled(by: .pi)
        let scales = try scale(features).scaled(by: 1, plus: 1).clamped(to: 0...5)
        let shears = try shear(features).clamped(to: -1...1).scaled(by: .pi)
        let turned = try Self.matrix(angles: angles, scales: scales, shears: shears)
        return AffineMap(try turned.appending(translation(features).reshaped([-1, 3, 1]), along: 2))
    }

    /// Shear · scale · turns about k, j and i, where coordinates come in the order k, j, i: `[batch, 3, 3]`.
    ///
    /// - Parameters:
    ///   - angles: in radians, `[batch, 3]`.
    ///   - shears: angles in radians, `[batch, 6]`.
    static func matrix(angles: Tensor, scales: Tensor, shears: Tensor) throws(NetworkError) -> Tensor {
        let (sines, cosines) = (try angles.sine(), try angles.cosine())
        let tangents = try shears.sine() / shears.cosine()
        let one = try scales.narrowed(1, from: 0, length: 1).scaled(by: 0, plus: 1)
        let zero = try one.scaled(by: 0)
        func column(_ x: Tensor, _ n: Int) throws(NetworkError) -> Tensor { try x.narrowed(1, from: n, length: 1) }
        func filled(_ entries: [Tensor]) throws(NetworkError) -> Tensor {
            try Tensor.joined(entries, along: 1).reshaped([-1, 3, 3])
        }
        /// Turns the plane of the coordinates a and b.
        func turn(_ n: Int, _ a: Int, _ b: Int) throws(NetworkError) -> Tensor {
            var entries = (0..<9).map { $0 % 4 == 0 ? one : zero }
            let (sine, cosine) = (try column(sines, n), try column(cosines, n))
            (entries[4 * a], entries[4 * b]) = (cosine, cosine)
            (entries[3 * a + b], entries[3 * b + a]) = (sine, try sine.scaled(by: -1))
            return try filled(entries)
        }
        let t = try (0..<6).map { (n) throws(NetworkError) in try column(tangents, n) }
        let sheared = try filled([one, t[2], t[4], t[0], one, t[5], t[1], t[3], one])
        let turned = try turn(2, 0, 1).matmul(turn(1, 2, 0)).matmul(turn(0, 1, 2))
        return try sheared.matmul(scales.reshaped([-1, 3, 1]) * turned)
    }
}

/// Two linear maps with a leaky rectifier between, and a tenth of their answer.
private struct AffineHead: Layer {
    private let widening: Linear
    private let weight, bias: Tensor

    /// - Parameters:
    ///   - weights: holds layers under `0` and `2`.
    ///   - deviations: of the second layer's weights and of its biases at the start.
    init(
        _ weights: Weights, from input: Int, to output: Int, deviations: (weight: Float, bias: Float)
    ) throws(NetworkError) {
        widening = try Linear(weights[0], from: input, to: 100)
        weight = try weights[2].tensor("weight", shape: [output, 100], start: .normal(deviation: deviations.weight))
        bias = try weights[2].tensor("bias", shape: [output], start: .normal(deviation: deviations.bias))
    }

    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try widening(x).leakyReLU().linear(weight, bias).scaled(by: 0.1)
    }
}
