public import NeuralNet

/// Tells classes apart by functional connectivity: a region's row of correlations is its token, two transformers mix the regions,
/// and a readout gathers them into clusters.
///
///     connectivity [batch, region, region] ─ transformer ─ transformer ─ clusters [batch, cluster, width] ─ 8 numbers each
///                                                                                     └ perceptron ─ classes
///
/// Kan, Dai, Cui, Zhang, Guo & Yang, *Brain Network Transformer*, NeurIPS 2022,
/// [arXiv:2210.06681](https://arxiv.org/abs/2210.06681). Names of weights are those of the public program
/// Wayfear/BrainNetworkTransformer, so that its checkpoints load strictly; they hold the readout's encoder twice, under `encoder`
/// and `dec.encoder`, of which the first is read.
///
/// What the program computes differs from the paper; ``Readout`` gives both:
/// - a perceptron squeezes all tokens of a subject through 32 numbers, and what comes out of it is both assigned and pooled, where
///   the paper assigns and pools the transformer's tokens;
/// - the softmax is over squares of the products with the centres, not over the products, and the squares are divided by the
///   centre's length once, not twice; that shows in checkpoints, whose first centre was never brought to length 1;
/// - the loss that draws assignments together is never called, and no centre learns with the settings that are shipped
///   (``Configuration/frozenCentres``);
/// - from PyTorch 2.1 on, its arguments land one place too far and the transformers lose their biases
///   (``Configuration/biases``).
public struct BrainNetworkTransformer: FunctionalNetwork {
    /// How tokens become clusters.
    public enum Readout: String, Codable, Sendable, CaseIterable {
        /// As the public program has it, and with it the published figures.
        case shipped
        /// As the paper's equations say, without the perceptron before it: a third of the published size's weights is left.
        case paper
    }

    /// The sizes and switches of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Rows and columns of the connectivity.
        public var regions = 200
        public var classes = 2
        public var heads = 4
        /// Features inside the transformers' perceptrons.
        public var hidden = 1024
        public var clusters = 100
        /// Numbers that the readout's perceptron squeezes a subject through.
        public var bottleneck = 32
        /// Features of a cluster that the classes are decided on.
        public var reduction = 8
        /// The hidden layers of the last perceptron.
        public var perceptron = [256, 32]
        /// Learned features that are put beside each region's row, 0 for none.
        public var identity = 0
        /// The share left out in training.
        public var dropout = 0.1
        /// Whether the first transformer is followed by a readout as well, into as many clusters as there are regions.
        public var firstPools = false
        public var readout = Readout.shipped
        /// Whether the readout's centres keep the orthonormal start.
        public var frozenCentres = true
        /// Whether the transformers have biases.
        public var biases = true

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            regions = try c.value(.regions, or: standard.regions)
            classes = try c.value(.classes, or: standard.classes)
            heads = try c.value(.heads, or: standard.heads)
            hidden = try c.value(.hidden, or: standard.hidden)
            clusters = try c.value(.clusters, or: standard.clusters)
            bottleneck = try c.value(.bottleneck, or: standard.bottleneck)
            reduction = try c.value(.reduction, or: standard.reduction)
            perceptron = try c.value(.perceptron, or: standard.perceptron)
            identity = try c.value(.identity, or: standard.identity)
            dropout = try c.value(.dropout, or: standard.dropout)
            firstPools = try c.value(.firstPools, or: standard.firstPools)
            readout = try c.value(.readout, or: standard.readout)
            frozenCentres = try c.value(.frozenCentres, or: standard.frozenCentres)
            biases = try c.value(.biases, or: standard.biases)
        }

        /// Features of a token.
        var width: Int { regions + identity }

        func validate() throws(NetworkError) {
            try FunctionalSizes.check(regions: regions, classes: classes, dropout: dropout)
            guard perceptron.count == 2, (0...4096).contains(identity),
                ([hidden, clusters, bottleneck, reduction] + perceptron).allSatisfy({ (1...65536).contains($0) })
            else {
                throw .configuration(
                    "perceptron has two numbers; they, hidden, clusters, bottleneck and reduction are above zero")
            }
            try FunctionalSizes.check(width: width, heads: heads, blocks: 2)
            guard clusters <= width else {
                throw .configuration(
                    "\(clusters) clusters of \(width) features cannot be at right angles to each other")
            }
        }
    }

    public let configuration: Configuration
    private let identity: Tensor?
    private let transformers: [PostNormTransformer]
    private let readouts: [ClusterReadout?]
    private let reduction: Linear
    private let perceptron: [Linear]
    private let type: ElementType

    public var classes: Int { configuration.classes }

    /// - Parameter weights: holds `attention_list`, `dim_reduction` and `fc`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        let start = Weights.Start.normal(deviation: (2 / Float(max(1, c.identity))).squareRoot())
        identity =
            c.identity > 0 ? try weights.tensor("node_identity", shape: [c.regions, c.identity], start: start) : nil
        let layers = weights["attention_list"]
        transformers = try (0..<2).map { (n) throws(NetworkError) in
            try PostNormTransformer(layers[n]["transformer"], c)
        }
        readouts = [
            c.firstPools ? try ClusterReadout(layers[0], c, clusters: c.regions) : nil,
            try ClusterReadout(layers[1], c, clusters: c.clusters),
        ]
        reduction = try Linear(weights["dim_reduction"][0], from: c.width, to: c.reduction)
        let sizes = [c.reduction * c.clusters] + c.perceptron + [c.classes]
        perceptron = try (0..<3).map { (n) throws(NetworkError) in
            try Linear(weights["fc"][2 * n], from: sizes[n], to: sizes[n + 1])
        }
    }

    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in try logits(reduced(x) { _, _ in }) }
    }

    /// The shares in those transformers whose tokens are regions: both, or the first alone where it pools.
    public func attention(_ x: Tensor) throws(NetworkError) -> AttentionShares {
        try Engine.run { () throws(NetworkError) in
            var tokens = try tokens(x), shares: [Tensor] = []
            for (transformer, readout) in zip(transformers, readouts) {
                let (mixed, weights) = try transformer.mixed(tokens)
                (tokens, shares) = (mixed, shares + [try weights.received()])
                if readout != nil { break }
            }
            return AttentionShares(regions: try Tensor.mean(of: shares), frames: nil)
        }
    }

    /// A row of connectivity a region, and what the region has of its own.
    private func tokens(_ x: Tensor) throws(NetworkError) -> Tensor {
        let c = configuration
        let x = try FunctionalInput(x, rows: c.regions, columns: c.regions, type: type).x
        guard let identity else { return x }
        return try x.appending(identity.expanded(to: [x.shape[0]] + identity.shape), along: 2)
    }

    /// `[batch, cluster, reduction]`; `show` is told every map on the way.
    private func reduced(_ x: Tensor, show: (String, Tensor) -> Void) throws(NetworkError) -> Tensor {
        var tokens = try tokens(x)
        for (n, readout) in readouts.enumerated() {
            tokens = try transformers[n].mixed(tokens).tokens
            show("layer\(n)", tokens)
            guard let readout else { continue }
            let (clusters, assignment) = try readout(tokens)
            show("assignment\(n)", assignment)
            show("clusters\(n)", clusters)
            tokens = clusters
        }
        return try reduction(tokens).leakyReLU()
    }

    private func logits(_ reduced: Tensor) throws(NetworkError) -> Tensor {
        let flat = try reduced.reshaped([reduced.shape[0], configuration.clusters * configuration.reduction])
        return try perceptron[2](perceptron[1](perceptron[0](flat).leakyReLU()).leakyReLU())
    }
}

extension BrainNetworkTransformer {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        try Engine.run { () throws(NetworkError) in
            var stages: [(name: String, map: Tensor)] = []
            let reduced = try reduced(x) { stages.append(($0, $1)) }
            return stages + [("reduced", reduced), ("logits", try logits(reduced))]
        }
    }
}
