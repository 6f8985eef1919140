public import NeuralNet

/// Aligns one brain scan with another by convolutions, with a graph over the whole brain where they are coarsest.
/// GraformerDIR-style: only its abstract was to be had, and what that leaves open is chosen here.
///
///     moving, fixed [batch, 2, i, j, k] ─ four halving convolutions ─┐ skips
///                                       graph layers at a sixteenth  │
///     displacements [batch, 3, i, j, k] ─ four doublings ────────────┘
///
/// After Yang et al., *GraformerDIR: Graph convolution transformer for deformable image registration*, Computers in Biology
/// and Medicine 148, 105799, 2022,
/// [doi:10.1016/j.compbiomed.2022.105799](https://doi.org/10.1016/j.compbiomed.2022.105799); the convolutions are VoxelMorph's
/// (Balakrishnan et al., IEEE TMI 38, 2019, [arXiv:1809.05231](https://arxiv.org/abs/1809.05231)).
public struct GraformerDIR: Layer {
    /// The sizes and switches of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Images of the input: moving and fixed.
        public var inputs = 2
        /// Features of the four convolutions on the way down.
        public var encoder = [16, 32, 32, 32]
        /// Features of the five on the way up, the last two at full resolution.
        public var decoder = [32, 32, 32, 16, 16]
        /// Graph layers.
        public var layers = 2
        /// Heads of their attention.
        public var heads = 4
        /// Edges that a node keeps in each head.
        public var neighbours = 16
        /// Polynomials of their filters.
        public var order = 3
        /// How often the answer, taken as a velocity, is composed with itself; 0 takes it as displacements.
        public var squarings = 0

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            inputs = try c.value(.inputs, or: standard.inputs)
            encoder = try c.value(.encoder, or: standard.encoder)
            self.decoder = try c.value(.decoder, or: standard.decoder)
            layers = try c.value(.layers, or: standard.layers)
            heads = try c.value(.heads, or: standard.heads)
            neighbours = try c.value(.neighbours, or: standard.neighbours)
            order = try c.value(.order, or: standard.order)
            squarings = try c.value(.squarings, or: standard.squarings)
        }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            guard encoder.count == 4, decoder.count == 5,
                ([inputs, heads, neighbours, order] + encoder + decoder).allSatisfy({ (1...4096).contains($0) })
            else {
                throw .configuration("encoder has four numbers and decoder five, and each number is above zero")
            }
            guard encoder[3] % heads == 0 else {
                throw .configuration("\(heads) heads do not divide \(encoder[3]) features")
            }
            guard (0...1024).contains(layers), (0...20).contains(squarings) else {
                throw .configuration("layers is \(layers) or squarings \(squarings), one of them out of range")
            }
        }
    }

    public let configuration: Configuration
    private let down, up: [Convolution]
    private let graph: [GraphLayer]
    private let head: FieldHead
    private let type: ElementType

    /// - Parameter weights: holds `encoder`, `graph`, `decoder` and `flow`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        let inward = [c.inputs] + c.encoder
        down = try (0..<4).map { (n) throws(NetworkError) in
            try Convolution(
                weights["encoder"][n], from: inward[n], to: inward[n + 1], kernel: 3, stride: 2, padding: 1)
        }
        graph = try (0..<c.layers).map { (n) throws(NetworkError) in
            try GraphLayer(
                weights["graph"][n], channels: c.encoder[3], heads: c.heads, neighbours: c.neighbours, order: c.order)
        }
        let skips = [c.encoder[2], c.encoder[1], c.encoder[0], c.inputs, 0]
        let outward = [c.encoder[3]] + c.decoder
        up = try (0..<5).map { (n) throws(NetworkError) in
            try Convolution(
                weights["decoder"][n], from: outward[n] + skips[n], to: outward[n + 1], kernel: 3, padding: 1)
        }
        head = try FieldHead(weights["flow"], from: c.decoder[4])
    }

    /// - Parameter x: `[batch, image, i, j, k]`, the moving image first, as ``TransMorph`` takes it.
    /// - Returns: displacements in voxels along i, j and k, `[batch, 3, i, j, k]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in try features(x).displacements }
    }

    /// What the network computes on its way.
    public struct Features: Sendable {
        /// After the graph layers, `[batch, channel, i / 16, j / 16, k / 16]` of the padded images.
        public let graph: Tensor
        /// In voxels along i, j and k, `[batch, 3, i, j, k]`.
        public let displacements: Tensor
        /// The first image on the grid of the second.
        public let warped: Tensor
    }

    public func features(_ x: Tensor) throws(NetworkError) -> Features {
        let input = try RegistrationInput(x, inputs: configuration.inputs, type: type)
        var skips = [input.padded]
        for convolution in down { skips.append(try convolution(skips[skips.count - 1]).leakyReLU(slope: 0.2)) }
        let deepest = try mixed(skips[4])
        var map = deepest
        for n in 0..<4 { map = try up[n](map.doubled().appending(skips[3 - n], along: 1)).leakyReLU(slope: 0.2) }
        let answer = try head(up[4](map).leakyReLU(slope: 0.2))
        let whole =
            configuration.squarings == 0
            ? FlowField(answer) : try FlowField(velocity: answer, squarings: configuration.squarings)
        let field = try input.cropped(whole.displacements)
        let moving = try x.narrowed(1, from: 0, length: 1).converted(to: type)
        return Features(graph: deepest, displacements: field, warped: try moving.warped(by: field))
    }

    /// The voxels of a map as the nodes of a graph.
    private func mixed(_ map: Tensor) throws(NetworkError) -> Tensor {
        let shape = map.shape
        var nodes = try map.reshaped([shape[0], shape[1], -1]).permuted([0, 2, 1])
        for layer in graph { nodes = try layer(nodes) }
        return try nodes.permuted([0, 2, 1]).reshaped(shape)
    }
}

extension GraformerDIR: StagedNetwork {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        let found = try Engine.run { () throws(NetworkError) -> Features in try features(x) }
        return [("graph", found.graph), ("warped", found.warped), ("flow", found.displacements)]
    }
}
