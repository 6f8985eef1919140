public import NeuralNet

/// Tells trials apart by filters over time, one spatial filter or two for each of them, and separable convolutions: the small
/// network of the field.
///
/// Lawhern et al., *EEGNet: a compact convolutional neural network for EEG-based brain–computer interfaces*, J. Neural Eng. 15,
/// 2018, [doi:10.1088/1741-2552/aace8c](https://doi.org/10.1088/1741-2552/aace8c), in version 4. Names of weights are
/// Braindecode's.
public struct EEGNet: TrialNetwork {
    /// The sizes and switches of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        public var channels = 22
        /// Samples of a trial.
        public var samples = 1000
        public var classes = 4
        /// Filters over time.
        public var filters = 8
        /// Spatial filters for each of them.
        public var depth = 2
        /// Samples of the filters over time; half a second is meant.
        public var kernel = 64
        /// Samples of the separable filters behind the first pooling.
        public var separable = 16
        /// Samples of both poolings.
        public var pooling = [4, 8]
        public var dropout = 0.5

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            channels = try c.value(.channels, or: standard.channels)
            samples = try c.value(.samples, or: standard.samples)
            classes = try c.value(.classes, or: standard.classes)
            filters = try c.value(.filters, or: standard.filters)
            depth = try c.value(.depth, or: standard.depth)
            kernel = try c.value(.kernel, or: standard.kernel)
            separable = try c.value(.separable, or: standard.separable)
            pooling = try c.value(.pooling, or: standard.pooling)
            dropout = try c.value(.dropout, or: standard.dropout)
        }

        /// Samples that are left for the last layer.
        var left: Int {
            let first = (samples + (1 - kernel % 2)) / pooling[0]
            return (first + (1 - separable % 2)) / pooling[1]
        }

        func validate() throws(NetworkError) {
            try TrialSizes.check(channels: channels, samples: samples, classes: classes, dropout: dropout)
            guard pooling.count == 2,
                ([filters, depth, kernel, separable] + pooling).allSatisfy({ (1...4096).contains($0) })
            else { throw .configuration("pooling has two numbers, and each number is from 1 to 4096") }
            guard left > 0 else { throw .configuration("\(samples) samples are too few for pooling by \(pooling)") }
        }
    }

    public let configuration: Configuration
    private let temporal, spatial, depthwise, pointwise, head: PlanarConvolution
    private let norms: [BatchNorm]
    private let type: ElementType

    /// - Parameter weights: holds `conv_temporal`, `conv_spatial`, `conv_separable_depth`, `conv_separable_point`, the norms
    ///   `bnorm_temporal`, `bnorm_1` and `bnorm_2`, and `final_layer.conv_classifier`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        let wide = c.filters * c.depth
        temporal = try PlanarConvolution(
            weights["conv_temporal"], from: 1, to: c.filters, kernel: (1, c.kernel), padding: (0, c.kernel / 2),
            bias: false)
        spatial = try PlanarConvolution(
            weights["conv_spatial"], from: c.filters, to: wide, kernel: (c.channels, 1), groups: c.filters,
            bias: false, largestNorm: 1)
        depthwise = try PlanarConvolution(
            weights["conv_separable_depth"], from: wide, to: wide, kernel: (1, c.separable),
            padding: (0, c.separable / 2), groups: wide, bias: false)
        pointwise = try PlanarConvolution(
            weights["conv_separable_point"], from: wide, to: wide, kernel: (1, 1), bias: false)
        norms = [
            try BatchNorm(weights["bnorm_temporal"], features: c.filters, momentum: 0.01, epsilon: 1e-3),
            try BatchNorm(weights["bnorm_1"], features: wide, momentum: 0.01, epsilon: 1e-3),
            try BatchNorm(weights["bnorm_2"], features: wide, momentum: 0.01, epsilon: 1e-3),
        ]
        head = try PlanarConvolution(
            weights["final_layer"]["conv_classifier"], from: wide, to: c.classes, kernel: (1, c.left))
    }

    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            let c = configuration
            let x = try TrialInput(x, channels: c.channels, samples: c.samples, type: type).x
            let dropout = Dropout(rate: c.dropout)
            func pooled(_ x: Tensor, by samples: Int) throws(NetworkError) -> Tensor {
                try dropout(x.elu().averagePooled(kernel: (1, samples), stride: (1, samples)))
            }
            let sources = try pooled(norms[1](spatial(norms[0](temporal(x)))), by: c.pooling[0])
            let features = try pooled(norms[2](pointwise(depthwise(sources))), by: c.pooling[1])
            return try head(features).reshaped([x.shape[0], c.classes])
        }
    }
}
