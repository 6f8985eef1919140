public import NeuralNet

/// Tells classes apart by functional connectivity taken as a graph: regions attend to each other, and how strongly they are
/// connected is added to what they say to each other.
///
///     connectivity r [batch, region, region] ─ a token a row ─ blocks: softmax(q·k + a·r + b·|r|) ─ mean ─ classes
///
/// Stands in for TRSF-Net, which surveys name for taking maps as graphs and of which no text or program could be found: it is not
/// that network. The bias of attention by edges, a number for r and one for |r| in each head, follows Ying et al., *Do Transformers
/// Really Perform Bad for Graph Representation?*, NeurIPS 2021, [arXiv:2106.05234](https://arxiv.org/abs/2106.05234), section 3.1.3.
/// No region has a place of its own: its row tells which it is.
public struct GraphTransformer: FunctionalNetwork {
    /// The sizes of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Rows and columns of the connectivity.
        public var regions = 200
        public var classes = 2
        /// Features of a token.
        public var width = 64
        public var blocks = 2
        public var heads = 4
        /// Regions that each attends to beside itself, those of the largest |r|; 0 for all. An r of 0 is no neighbour.
        public var neighbours = 0
        /// The share left out in training.
        public var dropout = 0.3

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            regions = try c.value(.regions, or: standard.regions)
            classes = try c.value(.classes, or: standard.classes)
            width = try c.value(.width, or: standard.width)
            blocks = try c.value(.blocks, or: standard.blocks)
            heads = try c.value(.heads, or: standard.heads)
            neighbours = try c.value(.neighbours, or: standard.neighbours)
            dropout = try c.value(.dropout, or: standard.dropout)
        }

        func validate() throws(NetworkError) {
            try FunctionalSizes.check(regions: regions, classes: classes, dropout: dropout)
            try FunctionalSizes.check(width: width, heads: heads, blocks: blocks)
            guard (0..<regions).contains(neighbours) else {
                throw .configuration("neighbours is \(neighbours), not from 0 to below regions, \(regions)")
            }
        }
    }

    public let configuration: Configuration
    private let embedding: Linear
    private let blocks: [EdgeBlock]
    private let norm: LayerNorm
    private let head: ClassHead
    private let dropout: Dropout
    private let type: ElementType

    public var classes: Int { configuration.classes }

    /// - Parameter weights: holds `embedding`, `blocks`, `norm` and `head`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        embedding = try Linear(weights["embedding"], from: c.regions, to: c.width)
        blocks = try (0..<c.blocks).map { (n) throws(NetworkError) in
            try EdgeBlock(weights["blocks"][n], width: c.width, heads: c.heads, dropout: c.dropout)
        }
        norm = try LayerNorm(weights["norm"], width: c.width)
        head = try ClassHead(weights["head"], from: c.width, hidden: c.width, classes: c.classes, dropout: c.dropout)
        dropout = Dropout(rate: c.dropout)
    }

    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in try head(pooled(x) { _, _ in }) }
    }

    public func attention(_ x: Tensor) throws(NetworkError) -> AttentionShares {
        try Engine.run { () throws(NetworkError) in
            var weights: [Tensor] = []
            _ = try pooled(x) { weights.append($1) }
            let shares = try weights.map { (one) throws(NetworkError) in try one.received() }
            return AttentionShares(regions: try Tensor.mean(of: shares), frames: nil)
        }
    }

    /// `[batch, width]`; `show` is told every block's tokens and weights of attention.
    private func pooled(_ x: Tensor, show: (Tensor, Tensor) -> Void) throws(NetworkError) -> Tensor {
        let c = configuration
        let x = try FunctionalInput(x, rows: c.regions, columns: c.regions, type: type).x
        let graph = try ConnectivityGraph(x, neighbours: c.neighbours)
        var tokens = try dropout(embedding(x))
        for block in blocks {
            let (mixed, weights) = try block.mixed(tokens, graph)
            show(mixed, weights)
            tokens = mixed
        }
        return try norm(tokens.mean(along: [1]))
    }
}

extension GraphTransformer {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        try Engine.run { () throws(NetworkError) in
            var stages: [(name: String, map: Tensor)] = []
            let pooled = try pooled(x) { tokens, _ in stages.append(("block\(stages.count)", tokens)) }
            return stages + [("pooled", pooled), ("logits", try head(pooled))]
        }
    }
}
