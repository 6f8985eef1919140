public import NeuralNet

/// Classifies slices or scans by attention in shifted windows, four stages, each half as fine as the one before.
///
/// Of pictures with timm's names, so that its checkpoints load strictly; of volumes with the same names and one more axis.
/// Liu et al., *Swin Transformer: Hierarchical Vision Transformer using Shifted Windows*, ICCV 2021,
/// [arXiv:2103.14030](https://arxiv.org/abs/2103.14030).
public struct SwinClassifier: Layer {
    /// The sizes of the network; as they stand, those of Swin-T.
    public struct Configuration: Codable, Sendable, Equatable {
        public var inputs = 3
        /// Rows and columns, or voxels along i, j and k. Windows as large as a stage's map are not shifted.
        public var sides = [224, 224]
        /// Pixels along each side of a patch.
        public var patch = 4
        /// Features of the first stage; every next one has twice as many.
        public var embedding = 96
        /// Blocks and attention heads of the four stages.
        public var depths = [2, 2, 6, 2]
        public var heads = [3, 6, 12, 24]
        /// Tokens along each axis of a window; a smaller map has smaller windows.
        public var window = [7, 7]
        /// Classes, or 1 for a number such as an age.
        public var classes = 1000
        /// The highest rate of stochastic depth.
        public var stochasticDepth = 0.1

        public init() {}

        /// The three-dimensional network for scans of 1 mm that were cropped to the head, halved.
        public static var ofVolumes: Configuration {
            var c = Configuration()
            (c.inputs, c.sides, c.embedding, c.window, c.classes) = (1, [96, 112, 96], 48, [7, 7, 7], 2)
            return c
        }

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let sides = try c.value(.sides, or: [224, 224])
            let standard = sides.count == 3 ? Configuration.ofVolumes : Configuration()
            self.sides = sides
            inputs = try c.value(.inputs, or: standard.inputs)
            patch = try c.value(.patch, or: standard.patch)
            embedding = try c.value(.embedding, or: standard.embedding)
            depths = try c.value(.depths, or: standard.depths)
            heads = try c.value(.heads, or: standard.heads)
            window = try c.value(.window, or: standard.window)
            classes = try c.value(.classes, or: standard.classes)
            stochasticDepth = try c.value(.stochasticDepth, or: standard.stochasticDepth)
        }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            guard [2, 3].contains(sides.count), window.count == sides.count, depths.count == 4, heads.count == 4,
                ([inputs, patch, classes] + sides + depths + heads).allSatisfy({ (1...4096).contains($0) })
            else {
                throw .configuration(
                    "sides and window have two or three numbers, depths and heads four, all above zero")
            }
            guard sides.allSatisfy({ $0 % patch == 0 }), window.allSatisfy({ (2...32).contains($0) }) else {
                throw .configuration("the sides \(sides) are no multiples of \(patch), or a window is not from 2 to 32")
            }
            guard (2...2048).contains(embedding) else {
                throw .configuration("an embedding of \(embedding) features is not from 2 to 2048")
            }
            for stage in 0..<4 where (embedding << stage) % heads[stage] != 0 {
                throw .configuration("\(heads[stage]) heads do not divide \(embedding << stage) features")
            }
            guard (0..<1).contains(stochasticDepth) else {
                throw .configuration("stochasticDepth is \(stochasticDepth), not from 0 to below 1")
            }
        }

        /// What a stage attends in: windows no larger than its map, and moved only along axes where they are smaller.
        func sizes(ofStage s: Int) -> SwinSizes {
            let map = sides.map { side in (0..<s).reduce(side / patch) { length, _ in (length + 1) / 2 } }
            let clipped = zip(window, map).map { min($0, $1) }
            var sizes = SwinSizes(channels: embedding << s, heads: heads[s], window: clipped, queryBias: true)
            sizes.shift = zip(window, map).map { $0 < $1 ? $0 / 2 : 0 }
            return sizes
        }
    }

    public let configuration: Configuration
    private let embedding: PatchEmbedding
    private let embeddingNorm, norm: LayerNorm
    private let stages: [SwinStage]
    private let mergings: [PatchMerging]
    private let head: Linear
    private let type: ElementType

    /// - Parameter weights: holds `patch_embed`, `layers`, `norm` and `head.fc`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        let (axes, total) = (c.sides.count, c.depths.reduce(0, +))
        embedding = try PatchEmbedding(
            weights["patch_embed"]["proj"], from: c.inputs, to: c.embedding,
            patch: [Int](repeating: c.patch, count: axes))
        embeddingNorm = try LayerNorm(weights["patch_embed"]["norm"], width: c.embedding)
        let layers = weights["layers"]
        mergings = try (1..<4).map { (s) throws(NetworkError) in
            try PatchMerging(
                layers[s]["downsample"], channels: c.embedding << (s - 1),
                cell: axes == 2 ? PatchMerging.ofPictures : PatchMerging.ofVolumes)
        }
        stages = try (0..<4).map { (s) throws(NetworkError) in
            let before = c.depths.prefix(s).reduce(0, +)
            let rates = (0..<c.depths[s]).map { c.stochasticDepth * Double(before + $0) / Double(max(1, total - 1)) }
            return try SwinStage(layers[s]["blocks"], c.sizes(ofStage: s), rates: rates)
        }
        norm = try LayerNorm(weights["norm"], width: c.embedding << 3)
        head = try Linear(weights["head"]["fc"], from: c.embedding << 3, to: c.classes)
    }

    /// - Parameter x: `[batch, input, side…]`, the sides of the configuration.
    /// - Returns: `[batch, class]`, before the softmax.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        guard let last = try stages(x).last else { return x }
        return last.map
    }
}

extension SwinClassifier: StagedNetwork {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        guard Array(x.shape.dropFirst(2)) == configuration.sides else {
            let sides = configuration.sides.map(String.init).joined(separator: ", ")
            throw .input(expected: "[batch, \(configuration.inputs), \(sides)]", found: x.shape)
        }
        return try Engine.run { () throws(NetworkError) in
            var map = try embeddingNorm(embedding(x.converted(to: type)))
            var maps: [(name: String, map: Tensor)] = []
            for s in 0..<4 {
                if s > 0 { map = try mergings[s - 1](map) }
                map = try stages[s](map)
                maps.append(("stage\(s)", map))
            }
            return maps + [("logits", try answer(ofLast: map))]
        }
    }

    /// - Parameter map: of the last stage, `[batch, side…, feature]`.
    private func answer(ofLast map: Tensor) throws(NetworkError) -> Tensor {
        try head(norm(map).mean(along: Array(1...configuration.sides.count)))
    }
}

extension SwinClassifier: MappedNetwork {
    public func mapGrid(of shape: [Int]) -> [Int] {
        [1]
            + configuration.sides.map { side in
                (0..<3).reduce(side / configuration.patch) { length, _ in (length + 1) / 2 }
            }
    }

    public func answer(
        _ x: Tensor, looking: (Tensor) throws(NetworkError) -> Tensor
    ) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            let stages = try stages(x)
            guard let last = stages.dropLast().last?.map else { return x }
            let shape = last.shape
            let seen = try looking(last.reshaped([shape[0], -1, shape[shape.count - 1]]))
            return try answer(ofLast: seen.reshaped(shape))
        }
    }
}
