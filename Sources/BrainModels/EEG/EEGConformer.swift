public import NeuralNet

/// Tells trials apart by convolutions over time and channels, and a transformer over what they find.
///
///     trial [batch, 1, channel, time] ─ filters over time, then channels ─ pooled tokens ─ encoder ─ perceptron ─ classes
///
/// Song, Zheng, Liu & Gao, *EEG Conformer: Convolutional Transformer for EEG Decoding and Visualization*, IEEE Trans. Neural
/// Syst. Rehabil. Eng. 31, 2023, [doi:10.1109/TNSRE.2022.3230250](https://doi.org/10.1109/TNSRE.2022.3230250).
public struct EEGConformer: TokenNetwork {
    /// The sizes and switches of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        public var channels = 22
        /// Samples of a trial.
        public var samples = 1000
        public var classes = 4
        /// Features of a token, and filters.
        public var width = 40
        public var blocks = 6
        public var heads = 10
        /// Samples of the filters over time, of a pooling window, and between two windows.
        public var filter = 25
        public var pooling = 75
        public var stride = 15
        /// Features of the two hidden layers behind the encoder.
        public var hidden = [256, 32]
        /// The share left out in training where the paper has 0.5.
        public var dropout = 0.5
        /// Whether a token sees itself and earlier ones alone: token `n` then hangs on no sample from
        /// `n × stride + pooling + filter − 1` on.
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
            filter = try c.value(.filter, or: standard.filter)
            pooling = try c.value(.pooling, or: standard.pooling)
            stride = try c.value(.stride, or: standard.stride)
            hidden = try c.value(.hidden, or: standard.hidden)
            dropout = try c.value(.dropout, or: standard.dropout)
            causal = try c.value(.causal, or: standard.causal)
        }

        /// Tokens of a trial.
        public var tokens: Int { (samples - filter + 1 - pooling) / stride + 1 }

        func validate() throws(NetworkError) {
            try TrialSizes.check(channels: channels, samples: samples, classes: classes, dropout: dropout)
            try TrialSizes.check(width: width, heads: heads, blocks: blocks)
            guard hidden.count == 2, ([filter, pooling, stride] + hidden).allSatisfy({ (1...65536).contains($0) })
            else {
                throw .configuration("hidden has two numbers, and each number is above zero")
            }
            guard samples - filter + 1 >= pooling else {
                throw .configuration(
                    "\(samples) samples are too few for filters of \(filter) and pooling of \(pooling)")
            }
        }
    }

    public let configuration: Configuration
    private let temporal, spatial, projection: PlanarConvolution
    private let norm: BatchNorm
    private let blocks: [TrialEncoderBlock]
    private let head: [Linear]
    private let type: ElementType

    /// - Parameter weights: holds the modules `0` (`shallownet`, `projection`), `1` (encoder) and `2` (`fc`). The `clshead` of
    ///   published checkpoints takes no part.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        let shallow = weights[0]["shallownet"], fc = weights[2]["fc"]
        temporal = try PlanarConvolution(shallow[0], from: 1, to: c.width, kernel: (1, c.filter))
        spatial = try PlanarConvolution(shallow[1], from: c.width, to: c.width, kernel: (c.channels, 1))
        norm = try BatchNorm(shallow[2], features: c.width)
        projection = try PlanarConvolution(weights[0]["projection"][0], from: c.width, to: c.width, kernel: (1, 1))
        blocks = try (0..<c.blocks).map { (n) throws(NetworkError) in
            try TrialEncoderBlock(
                weights[1][n], width: c.width, heads: c.heads, dropout: c.dropout, causal: c.causal)
        }
        head = [
            try Linear(fc[0], from: c.tokens * c.width, to: c.hidden[0]),
            try Linear(fc[3], from: c.hidden[0], to: c.hidden[1]),
            try Linear(fc[6], from: c.hidden[1], to: c.classes),
        ]
        for name in ["1.weight", "1.bias", "2.weight", "2.bias"] { weights[2]["clshead"].accept(name) }
    }

    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            let c = configuration
            let tokens = try tokens(x)
            let wide = try head[0](tokens.reshaped([tokens.shape[0], c.tokens * c.width])).elu()
            let narrow = try head[1](Dropout(rate: c.dropout)(wide)).elu()
            return try head[2](Dropout(rate: min(0.3, c.dropout))(narrow))
        }
    }

    /// What the encoder makes of a trial, `[batch, token, width]`.
    public func tokens(_ x: Tensor) throws(NetworkError) -> Tensor {
        let c = configuration
        let x = try TrialInput(x, channels: c.channels, samples: c.samples, type: type).x
        let pooled = try norm(spatial(temporal(x))).elu()
            .averagePooled(kernel: (1, c.pooling), stride: (1, c.stride))
        let map = try projection(Dropout(rate: c.dropout)(pooled))  // [batch, width, 1, token]
        return try blocks.encoded(map)
    }
}
