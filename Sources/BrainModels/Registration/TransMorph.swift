public import NeuralNet

/// Aligns one brain scan with another: finds for every voxel of the fixed image where in the moving image its tissue
/// lies.
///
///     moving, fixed [batch, 2, i, j, k] ─ encoder: four stages of shifted windows ─┐ skips
///     displacements [batch, 3, i, j, k] ─ head ─ decoder: five doublings ──────────┘
///
/// Chen et al., *TransMorph: Transformer for unsupervised medical image registration*, Medical Image Analysis 82,
/// 102615, 2022, [doi:10.1016/j.media.2022.102615](https://doi.org/10.1016/j.media.2022.102615),
/// [arXiv:2111.10480](https://arxiv.org/abs/2111.10480). Weights carry the names of the authors' state dict.
public struct TransMorph: Layer {
    public let configuration: Configuration
    private let encoder: SwinEncoder
    private let decoder: RegistrationDecoder
    private let last: DecoderBlock
    /// Of the images at full resolution.
    private let fine: ConvolutionUnit
    private let head: FieldHead
    private let type: ElementType

    /// - Parameter weights: holds `transformer`, `up0` … `up4`, `c1`, `c2` and `reg_head`; checkpoints may hold
    ///   `spatial_trans.grid`.
    public init(_ weights: Weights, _ configuration: Configuration = .init()) throws(NetworkError) {
        try configuration.validate()
        (self.configuration, type) = (configuration, weights.type)
        let (half, width) = (configuration.embedding / 2, configuration.headChannels)
        encoder = try SwinEncoder(weights["transformer"], configuration)
        decoder = try RegistrationDecoder(weights, configuration, output: half)
        last = try DecoderBlock(
            weights["up4"], from: half, to: width, skip: configuration.skipsConvolutions ? width : 0)
        fine = try ConvolutionUnit(weights["c2"], from: configuration.inputs, to: width)
        head = try FieldHead(weights["reg_head"][0], from: width)
        weights["spatial_trans"].accept("grid")
    }

    /// - Parameter x: `[batch, image, i, j, k]`, the moving image first, intensities from 0 to 1, sides of any length;
    ///   those that are no multiple of 32 are padded with zeros at the far end, and the answer is cropped back.
    /// - Returns: displacements in voxels along i, j and k, `[batch, 3, i, j, k]`, for
    ///   ``Tensor/warped(by:_:usingLibtorch:)``.
    /// - Throws: ``NetworkError/input(expected:found:)`` if there is another number of images.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in try features(x).displacements }
    }

    /// What the network computes on its way.
    public struct Features: Sendable {
        /// The encoder's four stages, `[batch, channel, i, j, k]`.
        public let stages: [Tensor]
        /// In voxels along i, j and k, `[batch, 3, i, j, k]`.
        public let displacements: Tensor
        /// The first image on the grid of the second.
        public let warped: Tensor
    }

    /// All maps between stages, for those who compare networks or build on them.
    public func features(_ x: Tensor) throws(NetworkError) -> Features {
        let input = try RegistrationInput(x, inputs: configuration.inputs, type: type)
        let images = input.padded
        let stages = try encoder(images)
        let skip = configuration.skipsConvolutions ? try fine(images) : nil
        let field = try input.cropped(head(last(decoder(images, stages), skip: skip)))
        let moving = try x.narrowed(1, from: 0, length: 1).converted(to: type)
        return Features(stages: stages, displacements: field, warped: try moving.warped(by: field))
    }
}

extension TransMorph: StagedNetwork {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        let features = try Engine.run { () throws(NetworkError) -> Features in try self.features(x) }
        return features.stages.enumerated().map { ("feat\($0)", $1) }
            + [("warped", features.warped), ("flow", features.displacements)]
    }
}

/// A convolution that ends in a field: it starts so small that nothing moves.
struct FieldHead: Layer {
    private let weight, bias: Tensor

    /// - Parameters:
    ///   - weights: holds `weight` and `bias`.
    ///   - deviation: of the weights at the start.
    init(
        _ weights: Weights, from input: Int, deviation: Float = 1e-5, bias start: Float = 0
    ) throws(NetworkError) {
        weight = try weights.tensor("weight", shape: [3, input, 3, 3, 3], start: .normal(deviation: deviation))
        bias = try weights.tensor("bias", shape: [3], start: .constant(start))
    }

    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor { try x.convolved(weight, bias, padding: 1) }
}
