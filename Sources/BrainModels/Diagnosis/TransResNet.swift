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
        /// Learned tokens that stand beside those of the views, to adapt a trained network: Jia et al., *Visual Prompt Tuning*, ECCV
        /// 2022, [arXiv:2203.12119](https://arxiv.org/abs/2203.12119), section 3.2, the shallow form.
        public var prompts = 0

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
            prompts = try c.value(.prompts, or: standard.prompts)
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
            guard (0..<1).contains(stochasticDepth), (0...1024).contains(prompts) else {
                throw .configuration(
                    "stochasticDepth is \(stochasticDepth), not from 0 to below 1, or prompts \(prompts), not to 1024")
            }
        }
    }

    public let configuration: Configuration
    private let encoder: SliceEncoder
    private let embedding: Linear
    private let classToken, places, kinds: Tensor
    private let prompts: Tensor?
    private let blocks: [TransformerBlock]
    private let norm: LayerNorm
    private let head: Linear

    /// - Parameter weights: holds `conv1`, `bn1`, `layer1` … `layer3`, `embed`, `cls_token`, `pos_embed`, `view_embed`, `blocks`,
    ///   `norm` and `head`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        configuration = c
        encoder = try SliceEncoder(weights, channels: c.channels)
        embedding = try Linear(weights["embed"], from: c.channels[3], to: c.width)
        classToken = try weights.tensor("cls_token", shape: [1, 1, c.width], start: .normal(deviation: 0.02))
        let tokens = c.sides[0] / 16 * (c.sides[1] / 16)
        places = try weights.tensor("pos_embed", shape: [1, tokens, c.width], start: .normal(deviation: 0.02))
        kinds = try weights.tensor("view_embed", shape: [c.views, 1, c.width], start: .normal(deviation: 0.02))
        prompts = try Prompts.tokens(weights, c.prompts, width: c.width)
        let sizes = TransformerSizes(width: c.width, heads: c.heads, hidden: 4 * c.width)
        blocks = try TransformerBlock.stack(weights["blocks"], sizes, depth: c.depth, rate: c.stochasticDepth)
        norm = try LayerNorm(weights["norm"], width: c.width)
        head = try Linear(weights["head"], from: c.width, to: c.answers)
    }

    /// - Parameter x: `[batch, view, row, column]`, the sides of the configuration.
    /// - Returns: `[batch, answer]`, classes before the softmax.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try answer(x) { (map) throws(NetworkError) in map }
    }

    /// What the encoder sees, `[batch, place, feature]`, view by view and row by row.
    private func map(of x: Tensor) throws(NetworkError) -> Tensor {
        try encoder(x, expecting: [configuration.views] + configuration.sides)
    }

    /// The class token, those of every view, and prompts, `[batch, token, width]`.
    private func tokens(_ map: Tensor) throws(NetworkError) -> Tensor { try tokens(ofVectors: embedding(map)) }

    /// - Parameter vectors: `[batch, place, width]`.
    private func tokens(ofVectors vectors: Tensor) throws(NetworkError) -> Tensor {
        let (c, batch) = (configuration, vectors.shape[0])
        let cells = try vectors.reshaped([batch * c.views, -1, c.width])
        let placed = try (cells + places).reshaped([batch, c.views, -1, c.width]) + kinds
        let own = try classToken.expanded(to: [batch, 1, c.width])
        return try Prompts.append(prompts, to: own.appending(placed.reshaped([batch, -1, c.width]), along: 1))
    }
}

extension TransResNet {
    /// The vectors that the encoder gives, and what the transformer makes of their places where some are hidden from it.
    ///
    /// - Parameters:
    ///   - x: `[batch, view, row, column]`.
    ///   - hidden: 1 where a vector is hidden and 0 elsewhere, `[batch, place, 1]`, view by view and row by row.
    ///   - mask: stands in for what is hidden, `[1, 1, width]`.
    /// - Returns: both `[batch, place, width]`.
    func encoded(
        _ x: Tensor, hiding hidden: Tensor, behind mask: Tensor
    ) throws(NetworkError) -> (vectors: Tensor, seen: Tensor) {
        // In one go: between two operations another thread's training could change how layers behave.
        try Engine.run { () throws(NetworkError) in
            let vectors = try embedding(map(of: x))
            var tokens = try tokens(ofVectors: vectors * hidden.scaled(by: -1, plus: 1) + mask * hidden)
            for block in blocks { tokens = try block(tokens) }
            return (vectors, try norm(tokens).narrowed(1, from: 1, length: vectors.shape[1]))
        }
    }
}

extension TransResNet: AttentiveNetwork {
    public func mapGrid(of shape: [Int]) -> [Int] { [configuration.views] + configuration.sides.map { $0 / 16 } }

    public func answer(
        _ x: Tensor, looking: (Tensor) throws(NetworkError) -> Tensor
    ) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            let tokens = try self.tokens(looking(map(of: x))), count = mapGrid(of: x.shape).reduce(1, *)
            var mixed = tokens
            for block in blocks { mixed = try block(mixed) }
            let pooled = try tokens.narrowed(1, from: 1, length: count).mean(along: [1])
            return try head(norm(mixed.selecting(0, along: 1) + pooled))
        }
    }

    /// What every place of every view gave to the answer by attention rollout, `[batch, view, row, column]` at a sixteenth of the
    /// sides, adding up to 1 less what the class token kept.
    public func rollout(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            let tokens = try self.tokens(map(of: x))
            let shares = try TransformerBlock.rollout(blocks, tokens)
            let grid = mapGrid(of: x.shape)
            return try shares.narrowed(1, from: 1, length: grid.reduce(1, *)).reshaped([x.shape[0]] + grid)
        }
    }
}
