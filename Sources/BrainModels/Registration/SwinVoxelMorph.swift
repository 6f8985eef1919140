public import NeuralNet

/// Aligns two brain scans both ways at once: a U-Net of shifted windows gives the field from one to the other and the one
/// back. Swin-VoxelMorph-style: the published tree is a draft, and what it leaves open or contradicts is chosen here.
///
///     moving, fixed [batch, 2, i, j, k] ─ four stages of windows, halving ─┐ skips
///     two fields [batch, 3, i, j, k] ─ ×4 ─ three stages, doubling ────────┘
///
/// After Zhu & Lu, *Swin-VoxelMorph: A Symmetric Unsupervised Learning Model for Deformable Medical Image Registration Using
/// Swin Transformer*, MICCAI 2022, LNCS 13436, 78–87,
/// [doi:10.1007/978-3-031-16446-0_8](https://doi.org/10.1007/978-3-031-16446-0_8); isotropic patches and windows in place of
/// those that never reduce the first axis. Trained with ``RegistrationLoss/symmetric(_:_:_:_:_:)``.
public struct SwinVoxelMorph: Layer {
    /// The sizes and switches of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Images of the input: moving and fixed.
        public var inputs = 2
        /// Features of the first stage; every next one has twice as many.
        public var embedding = 48
        /// Blocks of the four stages, on the way down and on the way up.
        public var depths = [2, 2, 2, 2]
        /// Attention heads of the four stages.
        public var heads = [3, 6, 12, 24]
        /// Tokens along i, j and k of a window.
        public var window = [5, 6, 7]
        /// How often each answer, taken as a velocity, is composed with itself; 0 takes it as displacements.
        public var squarings = 0
        /// The highest rate of stochastic depth.
        public var stochasticDepth = 0.2

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            inputs = try c.value(.inputs, or: standard.inputs)
            embedding = try c.value(.embedding, or: standard.embedding)
            depths = try c.value(.depths, or: standard.depths)
            heads = try c.value(.heads, or: standard.heads)
            window = try c.value(.window, or: standard.window)
            squarings = try c.value(.squarings, or: standard.squarings)
            stochasticDepth =
                try c.value(.stochasticDepth, or: standard.stochasticDepth)
        }

        /// The sizes that this network shares with TransMorph, which says what is wrong with them.
        private var shared: TransMorph.Configuration {
            var c = TransMorph.Configuration()
            (c.inputs, c.embedding, c.depths, c.heads) = (inputs, embedding, depths, heads)
            (c.window, c.stochasticDepth) = (window, stochasticDepth)
            return c
        }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            try shared.validate()
            guard (0...20).contains(squarings) else {
                throw .configuration("squarings is \(squarings), not from 0 to 20")
            }
        }
    }

    public let configuration: Configuration
    private let embedding: Convolution
    private let embeddingNorm, norm, lastNorm: LayerNorm
    private let down, up: [SwinStage]
    private let mergings: [PatchMerging]
    private let expansions: [PatchExpanding]
    private let joins: [Linear]
    private let last: PatchExpanding
    private let heads: [Tensor]
    private let type: ElementType

    /// - Parameter weights: holds everything under `swin_unet`: `patch_embed`, `layers`, `layers_up`, `concat_back_dim`,
    ///   `norm`, `norm_up`, `up`, `output1` and `output2`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        let weights = weights["swin_unet"]
        let widths = (0..<4).map { c.embedding << $0 }
        embedding = try Convolution(
            weights["patch_embed"]["proj"], from: c.inputs, to: c.embedding, kernel: SwinEncoder.patch,
            stride: SwinEncoder.patch)
        embeddingNorm = try LayerNorm(weights["patch_embed"]["norm"], width: c.embedding)
        let blocks = max(1, c.depths.reduce(0, +) - 1)
        func stage(_ place: Weights, _ s: Int) throws(NetworkError) -> SwinStage {
            let before = c.depths.prefix(s).reduce(0, +)
            let sizes = SwinSizes(channels: widths[s], heads: c.heads[s], window: c.window, queryBias: true)
            let rates = (0..<c.depths[s]).map { c.stochasticDepth * Double(before + $0) / Double(blocks) }
            return try SwinStage(place["blocks"], sizes, rates: rates)
        }
        down = try (0..<4).map { (s) throws(NetworkError) in try stage(weights["layers"][s], s) }
        mergings = try (0..<3).map { (s) throws(NetworkError) in
            try PatchMerging(weights["layers"][s]["downsample"], channels: widths[s])
        }
        norm = try LayerNorm(weights["norm"], width: widths[3])
        // On the way up number n works at stage 3 − n, and number 0 only makes the map finer.
        let climbing = weights["layers_up"]
        joins = try (1..<4).map { (n) throws(NetworkError) in
            try Linear(weights["concat_back_dim"][n], from: 2 * widths[3 - n], to: widths[3 - n])
        }
        up = try (1..<4).map { (n) throws(NetworkError) in try stage(climbing[n], 3 - n) }
        expansions = try (0..<3).map { (n) throws(NetworkError) in
            try PatchExpanding(
                n == 0 ? climbing[0] : climbing[n]["upsample"], from: widths[3 - n], to: widths[2 - n], factor: 2)
        }
        lastNorm = try LayerNorm(weights["norm_up"], width: c.embedding)
        last = try PatchExpanding(
            weights["up"], from: c.embedding, to: c.embedding, factor: SwinEncoder.patch)
        heads = try (1...2).map { (n) throws(NetworkError) in
            try weights["output\(n)"].tensor(
                "weight", shape: [3, c.embedding, 1, 1, 1], start: .normal(deviation: 1e-5))
        }
    }

    /// - Parameter x: `[batch, image, i, j, k]`, the moving image first, as ``TransMorph`` takes it.
    /// - Returns: displacements in voxels along i, j and k, `[batch, 3, i, j, k]`, that bring the moving image onto the fixed
    ///   one.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in try features(x).there.displacements }
    }

    /// What the network finds.
    public struct Features: Sendable {
        /// Bring the moving image onto the fixed one, and the fixed onto the moving.
        public let there, back: FlowField
        /// The moving image on the grid of the fixed one, and the fixed on that of the moving.
        public let warpedMoving, warpedFixed: Tensor
    }

    /// Both fields and what they do to the images.
    public func features(_ x: Tensor) throws(NetworkError) -> Features {
        let input = try RegistrationInput(x, inputs: configuration.inputs, type: type)
        let map = try decoded(input.padded)
        let fields = try heads.map { (head) throws(NetworkError) -> FlowField in
            let answer = try map.convolved(head, nil)
            let field =
                configuration.squarings == 0
                ? FlowField(answer) : try FlowField(velocity: answer, squarings: configuration.squarings)
            return FlowField(try input.cropped(field.displacements))
        }
        func image(_ n: Int) throws(NetworkError) -> Tensor {
            try x.narrowed(1, from: n, length: 1).converted(to: type)
        }
        return Features(
            there: fields[0], back: fields[1], warpedMoving: try fields[0].warp(image(0)),
            warpedFixed: try fields[1].warp(image(1)))
    }

    /// - Returns: `[batch, embedding, i, j, k]`.
    private func decoded(_ x: Tensor) throws(NetworkError) -> Tensor {
        var map = try embeddingNorm(embedding(x).channelsToEnd())
        var skips: [Tensor] = []
        for s in 0..<4 {
            skips.append(map)
            map = try down[s](map)
            if s < 3 { map = try mergings[s](map) }
        }
        map = try expansions[0](norm(map))
        for n in 0..<3 {
            map = try up[n](joins[n](map.appending(skips[2 - n], along: 4)))
            if n < 2 { map = try expansions[n + 1](map) }
        }
        return try last(lastNorm(map)).channelsToFront()
    }
}

extension SwinVoxelMorph: StagedNetwork {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        let found = try Engine.run { () throws(NetworkError) -> Features in try features(x) }
        return [
            ("inverse", found.back.displacements), ("warped-fixed", found.warpedFixed), ("warped", found.warpedMoving),
            ("flow", found.there.displacements),
        ]
    }
}
