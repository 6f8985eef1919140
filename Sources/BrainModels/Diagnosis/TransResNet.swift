public import NeuralNet

/// Tells classes or ages from a few slices of one brain: a residual network sees each view, a transformer all of them at once.
///
///     views [batch, view, row, column] ─ stem, three residual stages, shared by views ─ [view, width] tokens, 1/16 as fine
///     class token, places, kind of view ─ blocks ─ + pooled tokens ─ norm ─ answers [batch, answer]
///
/// In the style of Li et al., *Trans-ResNet: Integrating Transformers and CNNs for Alzheimer's Disease Classification*, ISBI
/// 2022, [doi:10.1109/ISBI52829.2022.9761549](https://doi.org/10.1109/ISBI52829.2022.9761549), rebuilt from its abstract, in
/// two dimensions; that views share an encoder and are told apart by a learned vector is as in Jun et al., *Medical Transformer*,
/// [arXiv:2104.13633](https://arxiv.org/abs/2104.13633). The pooled features are added to the class token, so that gradients
/// reach the convolutions by a short way.
public struct TransResNet: Layer {
    /// The sizes of the network; as they stand, those of the small networks that ship.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Views of one brain, such as an axial, a coronal and a sagittal slice; one for single slices.
        public var views = 1
        /// Rows and columns, multiples of 16.
        public var sides = [128, 128]
        /// Features of the stem and the three stages.
        public var channels = [24, 48, 96, 160]
        /// Features of a token.
        public var width = 128
        public var depth = 3
        public var heads = 4
        /// Classes, numbers such as an age, or both, one after the other.
        public var answers = 4
        /// The highest rate of stochastic depth.
        public var stochasticDepth = 0.1

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            views = try c.value(.views, or: standard.views)
            sides = try c.value(.sides, or: standard.sides)
            channels = try c.value(.channels, or: standard.channels)
            width = try c.value(.width, or: standard.width)
            depth = try c.value(.depth, or: standard.depth)
            heads = try c.value(.heads, or: standard.heads)
            answers = try c.value(.answers, or: standard.answers)
            stochasticDepth = try c.value(.stochasticDepth, or: standard.stochasticDepth)
        }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            guard channels.count == 4, sides.count == 2,
                ([views, depth, answers, width] + channels + sides).allSatisfy({ (1...4096).contains($0) })
            else {
                throw .configuration("channels has four numbers, sides two, and with the counts they are 1 to 4096")
            }
            guard sides.allSatisfy({ $0 % 16 == 0 }) else {
                throw .configuration("the sides \(sides) are no multiples of 16")
            }
            guard (1...width).contains(heads), width % heads == 0 else {
                throw .configuration("\(heads) heads do not divide \(width) features")
            }
            guard (0..<1).contains(stochasticDepth) else {
                throw .configuration("stochasticDepth is \(stochasticDepth), not from 0 to below 1")
            }
        }
    }

    public let configuration: Configuration
    private let stem: PlanarConvolution
    private let stemNorm: BatchNorm
    private let stages: [BasicBlock]
    private let embedding: Linear
    private let classToken, places, kinds: Tensor
    private let blocks: [TransformerBlock]
    private let norm: LayerNorm
    private let head: Linear
    private let type: ElementType

    /// - Parameter weights: holds `conv1`, `bn1`, `layer1` … `layer3`, `embed`, `cls_token`, `pos_embed`, `view_embed`, `blocks`,
    ///   `norm` and `head`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        stem = try PlanarConvolution(
            weights["conv1"], from: 1, to: c.channels[0], kernel: (3, 3), stride: (2, 2), padding: (1, 1), bias: false)
        stemNorm = try BatchNorm(weights["bn1"], features: c.channels[0])
        stages = try (1..<4).map { (n) throws(NetworkError) in
            try BasicBlock(weights["layer\(n)"], from: c.channels[n - 1], to: c.channels[n])
        }
        embedding = try Linear(weights["embed"], from: c.channels[3], to: c.width)
        classToken = try weights.tensor("cls_token", shape: [1, 1, c.width], start: .normal(deviation: 0.02))
        let tokens = c.sides[0] / 16 * (c.sides[1] / 16)
        places = try weights.tensor("pos_embed", shape: [1, tokens, c.width], start: .normal(deviation: 0.02))
        kinds = try weights.tensor("view_embed", shape: [c.views, 1, c.width], start: .normal(deviation: 0.02))
        let sizes = TransformerSizes(width: c.width, heads: c.heads, hidden: 4 * c.width)
        blocks = try TransformerBlock.stack(weights["blocks"], sizes, depth: c.depth, rate: c.stochasticDepth)
        norm = try LayerNorm(weights["norm"], width: c.width)
        head = try Linear(weights["head"], from: c.width, to: c.answers)
    }

    /// - Parameter x: `[batch, view, row, column]`, the sides of the configuration.
    /// - Returns: `[batch, answer]`, classes before the softmax.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            let tokens = try self.tokens(x)
            var mixed = tokens
            for block in blocks { mixed = try block(mixed) }
            let pooled = try tokens.narrowed(1, from: 1, length: tokens.shape[1] - 1).mean(along: [1])
            return try head(norm(mixed.selecting(0, along: 1) + pooled))
        }
    }

    /// What every place of every view gave to the answer by attention rollout, `[batch, view, row, column]` at a sixteenth of the
    /// sides, adding up to 1 less what the class token kept.
    public func rollout(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            let tokens = try self.tokens(x), c = configuration
            let shares = try TransformerBlock.rollout(blocks, tokens)
            return try shares.narrowed(1, from: 1, length: tokens.shape[1] - 1)
                .reshaped([x.shape[0], c.views, c.sides[0] / 16, c.sides[1] / 16])
        }
    }

    /// The class token, then those of every view, `[batch, token, width]`.
    private func tokens(_ x: Tensor) throws(NetworkError) -> Tensor {
        let (c, s) = (configuration, x.shape)
        guard s.count == 4, Array(s.dropFirst()) == [c.views] + c.sides else {
            throw .input(expected: "[batch, \(c.views), \(c.sides[0]), \(c.sides[1])]", found: s)
        }
        var map = try x.converted(to: type).reshaped([s[0] * c.views, 1] + c.sides)
        map = try stemNorm(stem(map)).relu()
        for stage in stages { map = try stage(map) }
        let cells = try map.reshaped([s[0] * c.views, c.channels[3], -1]).permuted([0, 2, 1])
        let placed = try (embedding(cells) + places).reshaped([s[0], c.views, -1, c.width]) + kinds
        let own = try classToken.expanded(to: [s[0], 1, c.width])
        return try own.appending(placed.reshaped([s[0], -1, c.width]), along: 1)
    }
}

/// Two convolutions beside a way round them, the map halved: He et al., *Deep Residual Learning for Image Recognition*, CVPR
/// 2016, [arXiv:1512.03385](https://arxiv.org/abs/1512.03385), figure 2, with torchvision's names.
struct BasicBlock: Layer {
    private let first, second, shortcut: PlanarConvolution
    private let norms: [BatchNorm]

    /// - Parameter weights: holds `conv1`, `bn1`, `conv2`, `bn2` and `downsample`.
    init(_ weights: Weights, from input: Int, to output: Int) throws(NetworkError) {
        first = try PlanarConvolution(
            weights["conv1"], from: input, to: output, kernel: (3, 3), stride: (2, 2), padding: (1, 1), bias: false)
        second = try PlanarConvolution(
            weights["conv2"], from: output, to: output, kernel: (3, 3), padding: (1, 1), bias: false)
        shortcut = try PlanarConvolution(
            weights["downsample"][0], from: input, to: output, kernel: (1, 1), stride: (2, 2), bias: false)
        let places = [weights["bn1"], weights["bn2"], weights["downsample"][1]]
        norms = try places.map { (place) throws(NetworkError) in try BatchNorm(place, features: output) }
    }

    /// - Parameter x: `[batch, input, row, column]`.
    /// - Returns: `[batch, output, row / 2, column / 2]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let mixed = try norms[1](second(norms[0](first(x)).relu()))
        return try (mixed + norms[2](shortcut(x))).relu()
    }
}
