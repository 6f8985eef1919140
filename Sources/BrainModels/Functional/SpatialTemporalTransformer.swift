public import NeuralNet

/// Tells classes apart by the time series of regions: one branch attends over frames, the other over regions, and every block lets
/// each know what the other found.
///
///     series [batch, frame, region] ─┬ a token a frame ── linear attention ┬ common means ┬ perceptron ─┬ means ─ classes
///                                    └ a token a region ─ linear attention ┘              └ perceptron ─┘
///
/// After the abstract of Deng, Zhang, Liu & Liu, *Classifying ASD based on time-series fMRI using spatial–temporal transformer*,
/// Computers in Biology and Medicine 151, 106320, 2022,
/// [doi:10.1016/j.compbiomed.2022.106320](https://doi.org/10.1016/j.compbiomed.2022.106320): two branches of linear attention are
/// theirs; no program was found, and all sizes and the joining of the branches are chosen here. Series are meant to have mean 0
/// and deviation 1 in every region.
public struct SpatialTemporalTransformer: FunctionalNetwork {
    /// The sizes of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        public var regions = 116
        /// Frames of a series.
        public var frames = 100
        public var classes = 2
        /// Features of a token.
        public var width = 64
        public var blocks = 2
        public var heads = 4
        /// The share left out in training.
        public var dropout = 0.3

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            regions = try c.value(.regions, or: standard.regions)
            frames = try c.value(.frames, or: standard.frames)
            classes = try c.value(.classes, or: standard.classes)
            width = try c.value(.width, or: standard.width)
            blocks = try c.value(.blocks, or: standard.blocks)
            heads = try c.value(.heads, or: standard.heads)
            dropout = try c.value(.dropout, or: standard.dropout)
        }

        func validate() throws(NetworkError) {
            try FunctionalSizes.check(regions: regions, classes: classes, dropout: dropout)
            try FunctionalSizes.check(width: width, heads: heads, blocks: blocks)
            guard (2...100_000).contains(frames) else {
                throw .configuration("frames is \(frames), not from 2 to 100,000")
            }
        }
    }

    public let configuration: Configuration
    private let embeddings: Branches<Linear>
    private let positions: Branches<Tensor>
    private let blocks: [SpatialTemporalBlock]
    private let norm: LayerNorm
    private let head: ClassHead
    private let dropout: Dropout
    private let type: ElementType

    public var classes: Int { configuration.classes }

    /// - Parameter weights: holds `temporal`, `spatial`, `blocks`, `norm` and `head`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        embeddings = Branches(
            temporal: try Linear(weights["temporal"]["embedding"], from: c.regions, to: c.width),
            spatial: try Linear(weights["spatial"]["embedding"], from: c.frames, to: c.width))
        func places(_ name: String, _ tokens: Int) throws(NetworkError) -> Tensor {
            try weights[name].tensor("positions", shape: [1, tokens, c.width], start: .normal(deviation: 0.02))
        }
        positions = Branches(temporal: try places("temporal", c.frames), spatial: try places("spatial", c.regions))
        blocks = try (0..<c.blocks).map { (n) throws(NetworkError) in
            try SpatialTemporalBlock(weights["blocks"][n], width: c.width, heads: c.heads, dropout: c.dropout)
        }
        norm = try LayerNorm(weights["norm"], width: 2 * c.width)
        head = try ClassHead(
            weights["head"], from: 2 * c.width, hidden: c.width, classes: c.classes, dropout: c.dropout)
        dropout = Dropout(rate: c.dropout)
    }

    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            var tokens = try tokens(x)
            for block in blocks { tokens = try block(tokens) }
            return try head(pooled(tokens))
        }
    }

    public func attention(_ x: Tensor) throws(NetworkError) -> AttentionShares {
        try Engine.run { () throws(NetworkError) in
            var tokens = try tokens(x), frames: [Tensor] = [], regions: [Tensor] = []
            for block in blocks {
                let shares = try block.shares(of: tokens)
                frames.append(shares.temporal)
                regions.append(shares.spatial)
                tokens = try block(tokens)
            }
            return AttentionShares(regions: try Tensor.mean(of: regions), frames: try Tensor.mean(of: frames))
        }
    }

    /// `[batch, frame, width]` and `[batch, region, width]`.
    private func tokens(_ x: Tensor) throws(NetworkError) -> Branches<Tensor> {
        let c = configuration
        let x = try FunctionalInput(x, rows: c.frames, columns: c.regions, type: type).x
        return Branches(
            temporal: try dropout(embeddings.temporal(x) + positions.temporal),
            spatial: try dropout(embeddings.spatial(x.permuted([0, 2, 1])) + positions.spatial))
    }

    /// `[batch, 2 · width]`.
    private func pooled(_ tokens: Branches<Tensor>) throws(NetworkError) -> Tensor { try norm(tokens.means()) }
}

extension SpatialTemporalTransformer {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        try Engine.run { () throws(NetworkError) in
            var tokens = try tokens(x)
            for block in blocks { tokens = try block(tokens) }
            let pooled = try pooled(tokens)
            return [
                ("temporal", tokens.temporal), ("spatial", tokens.spatial), ("pooled", pooled),
                ("logits", try head(pooled)),
            ]
        }
    }
}
