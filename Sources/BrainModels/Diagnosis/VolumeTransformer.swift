public import NeuralNet

/// Classifies scans, or tells a number of them such as an age: a transformer over patches of a volume, with MONAI's names.
///
///     scan [batch, channel, i, j, k] ─ patches, places ─ class token ─ blocks ─ norm ─ logits [batch, class]
///
/// Dosovitskiy et al., *An Image is Worth 16x16 Words*, ICLR 2021, [arXiv:2010.11929](https://arxiv.org/abs/2010.11929),
/// along three axes. The norms for a cross-attention that MONAI stores and never uses are accepted and not kept.
public struct VolumeTransformer: Layer {
    /// The sizes of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        public var inputs = 1
        /// Voxels along i, j and k that the table of places was made for.
        public var sides = [96, 112, 96]
        /// Voxels along i, j and k of a patch.
        public var patch = [16, 16, 16]
        /// Features of a token, and within a block.
        public var width = 384
        public var hidden = 1536
        public var depth = 12
        public var heads = 6
        /// Classes, or 1 for a number such as an age.
        public var classes = 2
        /// Whether queries, keys and values have a bias.
        public var queryBias = false
        /// Whether the answer passes a hyperbolic tangent, which MONAI does unless told otherwise.
        public var squashesAnswer = false
        /// The highest rate of stochastic depth.
        public var stochasticDepth = 0.0

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            inputs = try c.value(.inputs, or: standard.inputs)
            sides = try c.value(.sides, or: standard.sides)
            patch = try c.value(.patch, or: standard.patch)
            width = try c.value(.width, or: standard.width)
            hidden = try c.value(.hidden, or: standard.hidden)
            depth = try c.value(.depth, or: standard.depth)
            heads = try c.value(.heads, or: standard.heads)
            classes = try c.value(.classes, or: standard.classes)
            queryBias = try c.value(.queryBias, or: standard.queryBias)
            squashesAnswer = try c.value(.squashesAnswer, or: standard.squashesAnswer)
            stochasticDepth = try c.value(.stochasticDepth, or: standard.stochasticDepth)
        }

        /// Patches along i, j and k.
        var grid: [Int] { zip(sides, patch).map { $0 / $1 } }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            guard sides.count == 3, patch.count == 3,
                ([inputs, depth, classes] + sides + patch).allSatisfy({ (1...4096).contains($0) })
            else {
                throw .configuration("sides and patch have three numbers, and with the counts they are 1 to 4096")
            }
            guard zip(sides, patch).allSatisfy({ $0 >= $1 && $0 % $1 == 0 }) else {
                throw .configuration("the sides \(sides) are no multiples of the patch, \(patch)")
            }
            guard (1...8192).contains(width), (1...65536).contains(hidden), (1...width).contains(heads),
                width % heads == 0
            else {
                throw .configuration("\(heads) heads do not divide \(width) features, or hidden is \(hidden)")
            }
            guard (0..<1).contains(stochasticDepth) else {
                throw .configuration("stochasticDepth is \(stochasticDepth), not from 0 to below 1")
            }
        }
    }

    public let configuration: Configuration
    private let embedding: PatchEmbedding
    private let table, classToken: Tensor
    private let blocks: [TransformerBlock]
    private let norm: LayerNorm
    private let head: Linear
    private let type: ElementType

    /// - Parameter weights: holds `cls_token`, `patch_embedding`, `blocks`, `norm` and `classification_head`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        let place = weights["patch_embedding"]
        embedding = try PatchEmbedding(place["patch_embeddings"], from: c.inputs, to: c.width, patch: c.patch)
        table = try place.tensor(
            "position_embeddings", shape: [1, c.grid.reduce(1, *), c.width], start: .normal(deviation: 0.02))
        var sizes = TransformerSizes(width: c.width, heads: c.heads, hidden: c.hidden, names: .monai)
        sizes.queryBias = c.queryBias
        blocks = try TransformerBlock.stack(weights["blocks"], sizes, depth: c.depth, rate: c.stochasticDepth)
        for n in 0..<c.depth {
            for part in ["weight", "bias"] { weights["blocks"][n]["norm_cross_attn"].accept(part) }
        }
        norm = try LayerNorm(weights["norm"], width: c.width)
        classToken = try weights.tensor("cls_token", shape: [1, 1, c.width])
        let answer = weights["classification_head"]
        head = try Linear(c.squashesAnswer ? answer[0] : answer, from: c.width, to: c.classes)
    }

    /// - Parameter x: `[batch, input, i, j, k]`, sides that are multiples of the patch's.
    /// - Returns: `[batch, class]`, before the softmax.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            var tokens = try tokens(x)
            for block in blocks { tokens = try block(tokens) }
            return try answer(tokens)
        }
    }

    /// Where the answer was taken from: attention rollout, `[batch, i, j, k]` in patches.
    public func rollout(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            let tokens = try tokens(x)
            let grid = zip(x.shape.suffix(3), configuration.patch).map { $0 / $1 }
            return try TransformerBlock.rollout(blocks, tokens)
                .narrowed(1, from: 1, length: grid.reduce(1, *)).reshaped([x.shape[0]] + grid)
        }
    }

    private func tokens(_ x: Tensor) throws(NetworkError) -> Tensor {
        let map = try embedding(x.converted(to: type))
        let (batch, grid, width) = (map.shape[0], Array(map.shape[1...3]), configuration.width)
        let places = try PositionTable.volume(table, from: configuration.grid, to: grid)
        let patches = try map.reshaped([batch, grid.reduce(1, *), width]) + places
        return try classToken.expanded(to: [batch, 1, width]).appending(patches, along: 1)
    }

    private func answer(_ tokens: Tensor) throws(NetworkError) -> Tensor {
        let logits = try head(norm(tokens.selecting(0, along: 1)))
        return configuration.squashesAnswer ? try logits.hyperbolicTangent() : logits
    }
}

extension VolumeTransformer: StagedNetwork {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        try Engine.run { () throws(NetworkError) in
            var tokens = try tokens(x)
            var stages = [(name: "tokens", map: tokens)]
            for (n, block) in blocks.enumerated() {
                tokens = try block(tokens)
                stages.append(("block\(n)", tokens))
            }
            return stages + [("logits", try answer(tokens))]
        }
    }
}
