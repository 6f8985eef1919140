public import NeuralNet

/// Classifies slices: a transformer over patches of a picture, with timm's names, so that its checkpoints load strictly.
///
///     slices [batch, channel, row, column] ─ patches ─ class token, places ─ blocks ─ norm ─ logits [batch, class]
///
/// Pictures of another size than the checkpoint's are taken as well: the places are resized, bicubically as timm does.
/// Dosovitskiy et al., *An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale*, ICLR 2021,
/// [arXiv:2010.11929](https://arxiv.org/abs/2010.11929); the small sizes are those of Touvron et al., ICML 2021,
/// [arXiv:2012.12877](https://arxiv.org/abs/2012.12877).
public struct VisionTransformer: Layer {
    /// The sizes of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Channels of the input; grey slices are given three times to networks that come from photographs.
        public var inputs = 3
        /// Rows and columns that the table of places was made for.
        public var sides = [224, 224]
        /// Pixels along each side of a patch.
        public var patch = 16
        /// Features of a token.
        public var width = 768
        public var depth = 12
        public var heads = 12
        /// Classes, or 1 for a number such as an age.
        public var classes = 1000
        /// The highest rate of stochastic depth.
        public var stochasticDepth = 0.0
        /// Learned tokens beside the patches, to adapt a trained network: Jia et al., *Visual Prompt Tuning*, ECCV 2022.
        public var prompts = 0

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            inputs = try c.value(.inputs, or: standard.inputs)
            sides = try c.value(.sides, or: standard.sides)
            patch = try c.value(.patch, or: standard.patch)
            width = try c.value(.width, or: standard.width)
            depth = try c.value(.depth, or: standard.depth)
            heads = try c.value(.heads, or: standard.heads)
            classes = try c.value(.classes, or: standard.classes)
            stochasticDepth = try c.value(.stochasticDepth, or: standard.stochasticDepth)
            prompts = try c.value(.prompts, or: standard.prompts)
        }

        /// Patches along rows and columns.
        var grid: [Int] { sides.map { $0 / patch } }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            guard sides.count == 2, ([inputs, patch, depth, classes] + sides).allSatisfy({ (1...4096).contains($0) })
            else {
                throw .configuration("sides has two numbers, and inputs, patch, depth, classes and they are 1 to 4096")
            }
            guard sides.allSatisfy({ $0 >= patch && $0 % patch == 0 }) else {
                throw .configuration("the sides \(sides) are no multiples of the patch, \(patch)")
            }
            guard (1...8192).contains(width), (1...width).contains(heads), width % heads == 0 else {
                throw .configuration("\(heads) heads do not divide \(width) features")
            }
            guard (0..<1).contains(stochasticDepth), (0...1024).contains(prompts) else {
                throw .configuration(
                    "stochasticDepth is \(stochasticDepth), not from 0 to below 1, or prompts \(prompts), not to 1024")
            }
        }
    }

    /// The published sizes by name.
    public enum Preset: String, Codable, Sendable, CaseIterable {
        case tiny16 = "ViT-Ti/16"
        case small16 = "ViT-S/16"
        case base16 = "ViT-B/16"
        case base32 = "ViT-B/32"
        case large16 = "ViT-L/16"
        case large32 = "ViT-L/32"

        /// The sizes of this network, for 1000 classes.
        public var configuration: Configuration {
            var c = Configuration()
            switch self {
            case .tiny16: (c.width, c.heads) = (192, 3)
            case .small16: (c.width, c.heads) = (384, 6)
            case .base16: break
            case .base32: c.patch = 32
            case .large16: (c.width, c.depth, c.heads) = (1024, 24, 16)
            case .large32: (c.width, c.depth, c.heads, c.patch) = (1024, 24, 16, 32)
            }
            return c
        }
    }

    public let configuration: Configuration
    private let embedding: PatchEmbedding
    private let classToken, table: Tensor
    private let prompts: Tensor?
    private let blocks: [TransformerBlock]
    private let norm: LayerNorm
    private let head: Linear
    private let type: ElementType

    /// - Parameter weights: holds `cls_token`, `pos_embed`, `patch_embed.proj`, `blocks`, `norm` and `head`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        classToken = try weights.tensor("cls_token", shape: [1, 1, c.width], start: .normal(deviation: 1e-6))
        table = try weights.tensor(
            "pos_embed", shape: [1, c.grid.reduce(1, *) + 1, c.width], start: .normal(deviation: 0.02))
        embedding = try PatchEmbedding(
            weights["patch_embed"]["proj"], from: c.inputs, to: c.width, patch: [c.patch, c.patch])
        prompts = try Prompts.tokens(weights, c.prompts, width: c.width)
        let sizes = TransformerSizes(width: c.width, heads: c.heads, hidden: 4 * c.width, epsilon: 1e-6)
        blocks = try TransformerBlock.stack(weights["blocks"], sizes, depth: c.depth, rate: c.stochasticDepth)
        norm = try LayerNorm(weights["norm"], width: c.width, epsilon: 1e-6)
        head = try Linear(weights["head"], from: c.width, to: c.classes)
    }

    /// - Parameter x: `[batch, input, row, column]`, sides that are multiples of the patch's.
    /// - Returns: `[batch, class]`, before the softmax.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in try head(features(x)) }
    }

    /// What the class token holds at the end, `[batch, width]`: for heads of one's own.
    public func features(_ x: Tensor) throws(NetworkError) -> Tensor {
        var tokens = try tokens(x)
        for block in blocks { tokens = try block(tokens) }
        return try norm(tokens.selecting(0, along: 1))
    }

    /// The class token, the patches with their places, and prompts, `[batch, 1 + patch + prompt, width]`.
    private func tokens(_ x: Tensor) throws(NetworkError) -> Tensor {
        let map = try embedding(x.converted(to: type))
        let (batch, grid, width) = (map.shape[0], Array(map.shape[1...2]), configuration.width)
        let count = grid.reduce(1, *)
        let patches = try table.narrowed(1, from: 1, length: configuration.grid.reduce(1, *))
        let places = try PositionTable.plane(patches, from: configuration.grid, to: grid)
        let first = try (classToken + table.narrowed(1, from: 0, length: 1)).expanded(to: [batch, 1, width])
        return try Prompts.append(prompts, to: first.appending(map.reshaped([batch, count, width]) + places, along: 1))
    }
}

extension VisionTransformer: AttentiveNetwork {
    public func mapGrid(of shape: [Int]) -> [Int] { [1] + shape.suffix(2).map { $0 / configuration.patch } }

    /// Hands out the patches' tokens before the last block: after it the answer hangs on the class token alone.
    public func answer(
        _ x: Tensor, looking: (Tensor) throws(NetworkError) -> Tensor
    ) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            var tokens = try tokens(x)
            for block in blocks.dropLast() { tokens = try block(tokens) }
            let count = mapGrid(of: x.shape).reduce(1, *)
            let patches = try looking(tokens.narrowed(1, from: 1, length: count))
            let rest = try tokens.narrowed(1, from: 1 + count, length: tokens.shape[1] - 1 - count)
            tokens = try Tensor.joined([tokens.narrowed(1, from: 0, length: 1), patches, rest], along: 1)
            for block in blocks.suffix(1) { tokens = try block(tokens) }
            return try head(norm(tokens.selecting(0, along: 1)))
        }
    }

    /// Where the answer was taken from: attention rollout, `[batch, row, column]` in patches.
    public func rollout(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            let grid = x.shape.suffix(2).map { $0 / configuration.patch }
            let flow = try TransformerBlock.rollout(blocks, tokens(x))
            return try flow.narrowed(1, from: 1, length: grid.reduce(1, *)).reshaped([x.shape[0]] + grid)
        }
    }
}

extension VisionTransformer: StagedNetwork {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        try Engine.run { () throws(NetworkError) in
            var tokens = try tokens(x)
            var stages = [(name: "tokens", map: tokens)]
            for (n, block) in blocks.enumerated() {
                tokens = try block(tokens)
                stages.append(("block\(n)", tokens))
            }
            return stages + [("logits", try head(norm(tokens.selecting(0, along: 1))))]
        }
    }
}
