public import NeuralNet

/// Aligns one brain scan with another by a map that folds nowhere: a velocity at half resolution, followed for a unit
/// of time.
///
/// Chen et al., *TransMorph*, Medical Image Analysis 82, 102615, 2022,
/// [doi:10.1016/j.media.2022.102615](https://doi.org/10.1016/j.media.2022.102615), section 3.4; Dalca et al.,
/// *Unsupervised learning of probabilistic diffeomorphic registration*, Medical Image Analysis 57, 2019,
/// [arXiv:1903.03545](https://arxiv.org/abs/1903.03545). Weights carry the names of the authors' state dict.
public struct TransMorphDiff: Layer {
    /// The sizes, those of ``TransMorph``, and how the velocity is followed.
    public struct Configuration: Codable, Sendable, Equatable {
        public var network = TransMorph.Configuration()
        public var form = Form.scalingAndSquaring
        /// How often the map is composed with itself.
        public var squarings = 7
        /// Whether the network has a head for the velocity's variance, as published; training without noise needs none.
        public var estimatesVariance = true

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            network = try c.value(.network, or: .init())
            form = try c.value(.form, or: .scalingAndSquaring)
            squarings = try c.value(.squarings, or: 7)
            estimatesVariance = try c.value(.estimatesVariance, or: true)
        }
    }

    /// What is done with the velocity.
    public enum Form: String, Codable, Sendable, CaseIterable {
        /// Divided by 2ⁿ before it is composed with itself n times, and doubled on the way to full resolution.
        case scalingAndSquaring = "scaling-and-squaring"
        /// Neither divided nor doubled, as the authors' program does: for their weights.
        case published
    }

    public let configuration: Configuration
    private let encoder: SwinEncoder
    private let decoder: RegistrationDecoder
    private let mean: FieldHead
    private let logarithm: FieldHead?
    private let type: ElementType

    /// - Parameter weights: holds `transformer`, `up0` … `up3`, `c1`, `flow_mean` and, where the variance is
    ///   estimated, `flow_sigma`.
    public init(_ weights: Weights, _ configuration: Configuration = .init()) throws(NetworkError) {
        let sizes = configuration.network
        try sizes.validate()
        guard (0...20).contains(configuration.squarings) else {
            throw .configuration("squarings is \(configuration.squarings), not from 0 to 20")
        }
        (self.configuration, type) = (configuration, weights.type)
        encoder = try SwinEncoder(weights["transformer"], sizes)
        decoder = try RegistrationDecoder(weights, sizes, output: sizes.headChannels)
        mean = try FieldHead(weights["flow_mean"], from: sizes.headChannels)
        logarithm =
            configuration.estimatesVariance
            ? try FieldHead(weights["flow_sigma"], from: sizes.headChannels, deviation: 1e-10, bias: -10) : nil
        weights["spatial_trans"].accept("grid")
    }

    /// - Parameter x: `[batch, image, i, j, k]`, the moving image first, as ``TransMorph`` takes it.
    /// - Returns: displacements in voxels along i, j and k, `[batch, 3, i, j, k]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in try features(x).displacements }
    }

    /// What the network computes on its way.
    public struct Features: Sendable {
        /// The mean of the velocity, `[batch, 3, i / 2, j / 2, k / 2]`, of the padded images.
        public let velocity: Tensor
        /// The logarithm of its variance, of the same shape; nil where it is not estimated.
        public let logarithm: Tensor?
        /// The velocity followed for a unit of time, at half resolution.
        public let integrated: Tensor
        /// In voxels along i, j and k, `[batch, 3, i, j, k]`.
        public let displacements: Tensor
        /// The first image on the grid of the second.
        public let warped: Tensor
    }

    /// - Parameter noise: standard normal numbers of the velocity's shape, to draw a velocity in training; nil for the
    ///   mean.
    public func features(_ x: Tensor, noise: Tensor? = nil) throws(NetworkError) -> Features {
        let input = try RegistrationInput(x, inputs: configuration.network.inputs, type: type)
        let map = try decoder(input.padded, encoder(input.padded))
        let (velocity, logarithm) = (try mean(map), try self.logarithm?(map))
        let drawn =
            if let noise, let logarithm { try velocity + logarithm.scaled(by: 0.5).exp() * noise } else { velocity }
        let (integrated, whole) = try follow(drawn)
        let field = try input.cropped(whole)
        let moving = try x.narrowed(1, from: 0, length: 1).converted(to: type)
        return Features(
            velocity: velocity, logarithm: logarithm, integrated: integrated, displacements: field,
            warped: try moving.warped(by: field))
    }

    /// The mean of the velocity alone, `[batch, 3, i / 2, j / 2, k / 2]`: what training at half resolution needs.
    ///
    /// - Parameter x: as ``features(_:noise:)`` takes it; sides that are no multiples of 32 are padded, and the answer is not
    ///   cropped back.
    public func velocity(_ x: Tensor) throws(NetworkError) -> Tensor {
        let input = try RegistrationInput(x, inputs: configuration.network.inputs, type: type)
        return try mean(decoder(input.padded, encoder(input.padded)))
    }

    private func follow(_ velocity: Tensor) throws(NetworkError) -> (half: Tensor, whole: Tensor) {
        switch configuration.form {
        case .scalingAndSquaring:
            let half = try FlowField(velocity: velocity, squarings: configuration.squarings).displacements
            return (half, try half.doubled().scaled(by: 2))
        case .published:
            let start = FlowField(velocity)
            let half = try start.squared(times: configuration.squarings).displacements
            return (half, try half.doubled())
        }
    }
}

extension TransMorphDiff: StagedNetwork {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        let features = try Engine.run { () throws(NetworkError) -> Features in try self.features(x) }
        let sigma = features.logarithm.map { [(name: "sigma", map: $0)] } ?? []
        return [("velocity", features.velocity)] + sigma
            + [("warped", features.warped), ("flow", features.displacements)]
    }
}
