public import NeuralNet

/// Tells motor imagery apart by attention over channels, then over slices of time: a network of a few thousand weights.
///
///     trial [batch, 1, channel, time] ─ mixing of channels ─ patches of time ─ encoder ─ mean over tokens ─ classes
///
/// Song, Jia, Yang & Xie, *Transformer-based Spatial-Temporal Feature Learning for EEG Decoding*, 2021,
/// [arXiv:2106.11170](https://arxiv.org/abs/2106.11170). Channels are meant to be outputs of common spatial patterns.
public struct S3T: TokenNetwork {
    /// What the attention over channels does with its weights.
    public enum Mixing: String, Codable, Sendable, CaseIterable {
        /// Every channel becomes the weighted mean of all, as the paper describes it.
        case spatial
        /// Every channel is multiplied by the sum of its weights, which is one: what the authors' program computes.
        case shipped
    }

    /// The sizes and switches of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        public var channels = 16
        /// Samples of a trial.
        public var samples = 1000
        public var classes = 4
        /// Features of a token.
        public var width = 10
        public var blocks = 3
        public var heads = 5
        /// Samples that queries and keys of the attention over channels are averaged over.
        public var pooling = 30
        public var mixing = Mixing.spatial
        /// The share left out in training where the paper has 0.5.
        public var dropout = 0.5
        /// Whether a token of the encoder sees itself and earlier ones alone. The norm over time and the mixing of channels before
        /// the tokens see the whole trial either way.
        public var causal = false

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            channels = try c.value(.channels, or: standard.channels)
            samples = try c.value(.samples, or: standard.samples)
            classes = try c.value(.classes, or: standard.classes)
            width = try c.value(.width, or: standard.width)
            blocks = try c.value(.blocks, or: standard.blocks)
            heads = try c.value(.heads, or: standard.heads)
            pooling = try c.value(.pooling, or: standard.pooling)
            mixing = try c.value(.mixing, or: standard.mixing)
            dropout = try c.value(.dropout, or: standard.dropout)
            causal = try c.value(.causal, or: standard.causal)
        }

        func validate() throws(NetworkError) {
            try TrialSizes.check(channels: channels, samples: samples, classes: classes, dropout: dropout)
            try TrialSizes.check(width: width, heads: heads, blocks: blocks)
            guard pooling > 0, samples >= pooling, samples >= 55 else {
                throw .configuration("samples is \(samples): it has to be 55 or more, and at least pooling, \(pooling)")
            }
        }
    }

    public let configuration: Configuration
    private let time: LayerNorm
    private let query, key, projection: (linear: Linear, norm: LayerNorm)
    private let filter, patches: PlanarConvolution
    private let filterNorm: BatchNorm
    private let blocks: [TrialEncoderBlock]
    private let headNorm: LayerNorm
    private let head: Linear
    private let type: ElementType

    /// - Parameter weights: holds the modules `0` (channels), `1` (patches), `2` (encoder) and `3` (head).
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        let first = weights[0]["fn"]
        func pair(_ name: String) throws(NetworkError) -> (linear: Linear, norm: LayerNorm) {
            (
                try Linear(first[1][name][0], from: c.channels, to: c.channels),
                try LayerNorm(first[1][name][1], width: c.channels)
            )
        }
        time = try LayerNorm(first[0], width: c.samples)
        (query, key, projection) = (try pair("query"), try pair("key"), try pair("projection"))
        // Published checkpoints hold a class token; no line of the program reads it.
        _ = try weights[1].tensor("cls_token", shape: [1, 1, c.width], fixed: true)
        let cutting = weights[1]["projection"]
        filter = try PlanarConvolution(cutting[0], from: 1, to: 2, kernel: (1, 51))
        filterNorm = try BatchNorm(cutting[1], features: 2)
        patches = try PlanarConvolution(cutting[3], from: 2, to: c.width, kernel: (c.channels, 5), stride: (1, 5))
        blocks = try (0..<c.blocks).map { (n) throws(NetworkError) in
            try TrialEncoderBlock(
                weights[2][n], width: c.width, heads: c.heads, dropout: c.dropout, causal: c.causal)
        }
        headNorm = try LayerNorm(weights[3]["clshead"][1], width: c.width)
        head = try Linear(weights[3]["clshead"][2], from: c.width, to: c.classes)
    }

    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            try head(headNorm(tokens(x).mean(along: [1])))
        }
    }

    /// What the encoder makes of a trial, `[batch, token, width]`.
    public func tokens(_ x: Tensor) throws(NetworkError) -> Tensor {
        let c = configuration
        let x = try TrialInput(x, channels: c.channels, samples: c.samples, type: type).x
        let mixed = try x + Dropout(rate: c.dropout)(mixing(time(x)))
        let map = try patches(filterNorm(filter(mixed)).leakyReLU(slope: 0.2))  // [batch, width, 1, token]
        return try blocks.encoded(map)
    }

    /// The attention over channels, `[batch, 1, channel, time]` in and out.
    private func mixing(_ x: Tensor) throws(NetworkError) -> Tensor {
        let dropout = Dropout(rate: min(0.3, configuration.dropout))
        func layer(_ pair: (linear: Linear, norm: LayerNorm), _ x: Tensor) throws(NetworkError) -> Tensor {
            try dropout(pair.norm(pair.linear(x.permuted([0, 1, 3, 2])))).permuted([0, 1, 3, 2])
        }
        let step = (1, configuration.pooling)
        let queries = try layer(query, x).averagePooled(kernel: step, stride: step)
        let keys = try layer(key, x).averagePooled(kernel: step, stride: step)
        let scale = 1 / Double(queries.shape[3]).squareRoot()
        let weights = try queries.matmul(keys.permuted([0, 1, 3, 2])).scaled(by: scale).softmax(along: 3)
        let mixed =
            switch configuration.mixing {
            case .spatial: try weights.matmul(x)
            case .shipped: try x * weights.sum(along: [3], keepingAxes: true)
            }
        return try layer(projection, mixed)
    }
}
