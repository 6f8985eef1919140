public import NeuralNet

/// Aligns one brain scan with another by a map that folds nowhere and is smooth by construction: a velocity of cubic
/// B-splines, followed for a unit of time.
///
/// Chen et al., *TransMorph*, Medical Image Analysis 82, 102615, 2022,
/// [doi:10.1016/j.media.2022.102615](https://doi.org/10.1016/j.media.2022.102615), section 3.4; Qiu et al., *Learning
/// Diffeomorphic and Modality-invariant Registration using B-splines*, MIDL 2021. Weights carry the names of the authors'
/// state dict. Their program reads the warped image and field at places that are stretched by one voxel over each axis; here
/// a velocity of 0 moves nothing.
public struct TransMorphBSpline: Layer {
    /// The sizes, those of ``TransMorph``, and those of the control grid.
    public struct Configuration: Codable, Sendable, Equatable {
        public var network = TransMorph.Configuration()
        /// Voxels between control points along i, j and k.
        public var controlSpacing = [3, 3, 3]
        /// Features of the convolutions on the control grid.
        public var controlChannels = [32, 32]
        /// How often the map is composed with itself.
        public var squarings = 7

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            network = try c.value(.network, or: .init())
            controlSpacing = try c.value(.controlSpacing, or: [3, 3, 3])
            controlChannels = try c.value(.controlChannels, or: [32, 32])
            squarings = try c.value(.squarings, or: 7)
        }

        func validate() throws(NetworkError) {
            try network.validate()
            guard controlSpacing.count == 3, controlSpacing.allSatisfy({ (2...8).contains($0) }) else {
                throw .configuration("controlSpacing is \(controlSpacing), not three numbers from 2 to 8")
            }
            guard !controlChannels.isEmpty, controlChannels.allSatisfy({ (1...1024).contains($0) }) else {
                throw .configuration("controlChannels is \(controlChannels), not numbers from 1 to 1024")
            }
            guard (0...20).contains(squarings) else {
                throw .configuration("squarings is \(squarings), not from 0 to 20")
            }
        }
    }

    public let configuration: Configuration
    private let encoder: SwinEncoder
    private let decoder: RegistrationDecoder
    private let convolutions: [Convolution]
    private let head: FieldHead
    private let type: ElementType

    /// - Parameter weights: holds `transformer`, `up0` … `up3`, `c1`, `resize_conv` and `out_layer`.
    public init(_ weights: Weights, _ configuration: Configuration = .init()) throws(NetworkError) {
        try configuration.validate()
        (self.configuration, type) = (configuration, weights.type)
        let sizes = configuration.network
        encoder = try SwinEncoder(weights["transformer"], sizes)
        decoder = try RegistrationDecoder(weights, sizes, output: sizes.embedding / 2)
        let channels = [sizes.embedding / 2] + configuration.controlChannels
        convolutions = try configuration.controlChannels.indices.map { (n) throws(NetworkError) in
            try Convolution(
                weights["resize_conv"][n][0], from: channels[n], to: channels[n + 1], kernel: 3, padding: 1)
        }
        head = try FieldHead(weights["out_layer"], from: channels[channels.count - 1])
    }

    /// - Parameter x: `[batch, image, i, j, k]`, the moving image first, as ``TransMorph`` takes it.
    /// - Returns: displacements in voxels along i, j and k, `[batch, 3, i, j, k]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in try features(x).displacements }
    }

    /// What the network computes on its way.
    public struct Features: Sendable {
        /// Of the padded images at their resolution, `[batch, 3, i, j, k]`.
        public let velocity: Tensor
        /// In voxels along i, j and k, `[batch, 3, i, j, k]`.
        public let displacements: Tensor
        /// The first image on the grid of the second.
        public let warped: Tensor
    }

    public func features(_ x: Tensor) throws(NetworkError) -> Features {
        let input = try RegistrationInput(x, inputs: configuration.network.inputs, type: type)
        let sides = Array(input.padded.shape.suffix(3))
        let grid = BSplineGrid(spacing: configuration.controlSpacing)
        var map = try decoder(input.padded, encoder(input.padded)).resized(to: grid.points(for: sides))
        for convolution in convolutions { map = try convolution(map).leakyReLU(slope: 0.2) }
        let velocity = try grid.field(head(map), sides: sides)
        let whole = try FlowField(velocity: velocity, squarings: configuration.squarings)
        let field = try input.cropped(whole.displacements)
        let moving = try x.narrowed(1, from: 0, length: 1).converted(to: type)
        return Features(velocity: velocity, displacements: field, warped: try moving.warped(by: field))
    }
}

extension TransMorphBSpline: StagedNetwork {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        let found = try Engine.run { () throws(NetworkError) -> Features in try features(x) }
        return [("velocity", found.velocity), ("warped", found.warped), ("flow", found.displacements)]
    }
}
