public import NeuralNet

/// Tells trials apart by three transformers in a row: over regions (channels), over synchronous features (maps), over time.
///
///     trial [batch, 1, channel, time] ─ three convolutions ─ channel × map × width ─ regional ─ synchronous ─ temporal
///                                                                                  └ convolutions ─ classes
///
/// Wan et al., *EEGformer: A transformer-based brain activity classification method using EEG signal*, Front. Neurosci. 17,
/// 1148855, 2023, [doi:10.3389/fnins.2023.1148855](https://doi.org/10.3389/fnins.2023.1148855). The authors gave no program; names
/// of weights are those of the port FENRlR/EEGformer. Unlike there, a token has a width of its own, attention has a softmax, and the
/// answer is logits; convolutions are followed by ELU, because behind the published ReLU the few maps of the first two and of the decoder
/// die in about half of all trainings, and no trial is told from another any more. `attention: port`, `regions: maps`, `activation: relu`,
/// `lastNorm` and a width of `samples − 27` give the port's network back.
public struct EEGformer: TrialNetwork {
    /// What turns the scores of attention into weights.
    public enum Attention: String, Codable, Sendable, CaseIterable {
        case softmax
        /// Nothing: the scores are the weights, as the port has it.
        case port
    }

    /// What the tokens of the regional transformer are.
    public enum Regions: String, Codable, Sendable, CaseIterable {
        /// The channels of one map.
        case channels
        /// The maps of one channel, as the port reads the paper.
        case maps
    }

    /// What follows the convolutions.
    public enum Activation: String, Codable, Sendable, CaseIterable {
        case elu
        /// As published.
        case relu
    }

    /// The sizes and switches of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        public var channels = 3
        /// Samples of a trial.
        public var samples = 1000
        public var classes = 2
        /// Maps that the convolutions make of each channel.
        public var maps = 120
        /// Samples of each of the three convolutions.
        public var kernel = 10
        /// Features of a token of the regional and the synchronous transformer.
        public var width = 120
        /// Blocks of each transformer.
        public var blocks = 3
        /// Heads of the regional, the synchronous and the temporal transformer.
        public var heads = [6, 6, 11]
        /// Groups that the width is averaged into for the temporal transformer.
        public var groups = 10
        /// Maps of the second convolution behind the transformers.
        public var outputs = 2
        public var attention = Attention.softmax
        public var regions = Regions.channels
        public var activation = Activation.elu
        /// A layer norm behind the temporal transformer, which the port has.
        public var lastNorm = false
        /// The share of tokens' features that is left out in training behind attention and perceptrons.
        public var dropout = 0.0

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            channels = try c.value(.channels, or: standard.channels)
            samples = try c.value(.samples, or: standard.samples)
            classes = try c.value(.classes, or: standard.classes)
            maps = try c.value(.maps, or: standard.maps)
            kernel = try c.value(.kernel, or: standard.kernel)
            width = try c.value(.width, or: standard.width)
            blocks = try c.value(.blocks, or: standard.blocks)
            heads = try c.value(.heads, or: standard.heads)
            groups = try c.value(.groups, or: standard.groups)
            outputs = try c.value(.outputs, or: standard.outputs)
            attention = try c.value(.attention, or: standard.attention)
            regions = try c.value(.regions, or: standard.regions)
            activation = try c.value(.activation, or: standard.activation)
            lastNorm = try c.value(.lastNorm, or: standard.lastNorm)
            dropout = try c.value(.dropout, or: standard.dropout)
        }

        /// Samples behind the convolutions.
        var length: Int { samples - 3 * (kernel - 1) }
        /// Sequences of the regional transformer, and the tokens of each.
        var rows: Int { regions == .channels ? maps : channels }
        var tokens: Int { regions == .channels ? channels : maps }
        /// Features of a token of the temporal transformer.
        var temporalWidth: Int { (maps + 1) * (channels + 1) }

        func validate() throws(NetworkError) {
            try TrialSizes.check(channels: channels, samples: samples, classes: classes, dropout: dropout)
            guard heads.count == 3, [maps, kernel, groups, outputs].allSatisfy({ (1...4096).contains($0) }) else {
                throw .configuration("heads has three numbers, and maps, kernel, groups and outputs are above zero")
            }
            try TrialSizes.check(width: width, heads: heads[0], blocks: blocks)
            try TrialSizes.check(width: width, heads: heads[1], blocks: blocks)
            try TrialSizes.check(width: temporalWidth, heads: heads[2], blocks: blocks)
            guard length > 0 else { throw .configuration("\(samples) samples are too few for kernels of \(kernel)") }
            guard width % groups == 0 else {
                throw .configuration("\(groups) groups do not divide a width of \(width)")
            }
        }
    }

    public let configuration: Configuration
    private let filters: [(weight: Tensor, bias: Tensor)]
    private let regional, synchronous, temporal: TokenTransformer
    private let lastNorm: LayerNorm?
    private let decoder: [(weight: Tensor, bias: Tensor)]
    private let head: Linear
    private let type: ElementType

    /// - Parameter weights: holds `odcm`, `rtm`, `stm`, `ttm` and `cnndecoder`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        func convolution(_ place: Weights, from input: Int, to output: Int, kernel: Int) throws(NetworkError) -> (
            weight: Tensor, bias: Tensor
        ) {
            let start = Weights.Start.uniform(bound: 1 / Float(input * kernel).squareRoot())
            return (
                try place.tensor("weight", shape: [output, input, kernel], start: start),
                try place.tensor("bias", shape: [output], start: start)
            )
        }
        filters = try (1...3).map { (n) throws(NetworkError) in
            try convolution(
                weights["odcm"]["cvf\(n)"], from: 1, to: n < 3 ? c.channels : c.maps * c.channels, kernel: c.kernel)
        }
        func transformer(_ name: String, _ table: [Int], from input: Int, to width: Int, _ heads: Int)
            throws(NetworkError) -> TokenTransformer
        {
            try TokenTransformer(
                weights[name], table: table, from: input, to: width, heads: heads, blocks: c.blocks,
                attention: c.attention, dropout: c.dropout)
        }
        regional = try transformer("rtm", [c.rows, c.tokens + 1], from: c.length, to: c.width, c.heads[0])
        synchronous = try transformer("stm", [c.tokens + 1, c.rows + 1], from: c.width, to: c.width, c.heads[1])
        temporal = try transformer("ttm", [c.groups + 1], from: c.temporalWidth, to: c.temporalWidth, c.heads[2])
        lastNorm = c.lastNorm ? try LayerNorm(weights["ttm"]["lnorm_extra"], width: c.temporalWidth) : nil
        let last = weights["cnndecoder"], tokens = c.groups + 1
        decoder = [
            try convolution(last["cvd1"], from: c.tokens + 1, to: 1, kernel: 1),
            try convolution(last["cvd2"], from: c.rows + 1, to: c.outputs, kernel: 1),
            try convolution(last["cvd3"], from: tokens, to: tokens / 2, kernel: 1),
        ]
        head = try Linear(last["fc"], from: tokens / 2 * c.outputs, to: c.classes)
    }

    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in try stages(of: x).logits }
    }

    private func stages(of x: Tensor) throws(NetworkError) -> (features: Tensor, tokens: Tensor, logits: Tensor) {
        let c = configuration
        let x = try TrialInput(x, channels: c.channels, samples: c.samples, type: type).x
        let batch = x.shape[0]
        var map = try x.reshaped([batch, c.channels, 1, c.samples])
        for (weight, bias) in filters {
            let kernel = try weight.reshaped([weight.shape[0], 1, 1, c.kernel])
            map = try activated(map.convolved(kernel, bias, stride: (1, 1), groups: c.channels))
        }
        let features = try map.reshaped([batch, c.channels, c.maps, c.length])
        let regions = try regional(c.regions == .maps ? features : features.permuted([0, 2, 1, 3]))
        let maps = try synchronous(regions.permuted([0, 2, 1, 3]))  // [batch, token + 1, row + 1, width]
        let groups = try maps.reshaped([batch, c.tokens + 1, c.rows + 1, c.groups, c.width / c.groups])
            .mean(along: [4]).permuted([0, 3, 2, 1]).reshaped([batch, c.groups, c.temporalWidth])
        var tokens = try temporal(groups)  // [batch, group + 1, (row + 1) (token + 1)]
        if let lastNorm { tokens = try lastNorm(tokens) }
        return (features, tokens, try decoded(tokens))
    }

    private func activated(_ x: Tensor) throws(NetworkError) -> Tensor {
        try configuration.activation == .elu ? x.elu() : x.relu()
    }

    /// The three convolutions of kernel 1 over tokens, rows and groups, and the classes.
    private func decoded(_ tokens: Tensor) throws(NetworkError) -> Tensor {
        let c = configuration
        let batch = tokens.shape[0], groups = c.groups + 1
        func layer(_ n: Int, _ x: Tensor) throws(NetworkError) -> Tensor {
            let (weight, bias) = decoder[n]
            return try activated(x.linear(weight.reshaped([weight.shape[0], weight.shape[1]]), bias))
        }
        let rows = try layer(0, tokens.reshaped([batch, groups, c.rows + 1, c.tokens + 1]))
            .reshaped([batch, groups, c.rows + 1])
        let few = try layer(2, layer(1, rows).permuted([0, 2, 1]))  // [batch, output, group / 2]
        return try head(few.permuted([0, 2, 1]).reshaped([batch, groups / 2 * c.outputs]))
    }
}

extension EEGformer: StagedNetwork {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        let found = try Engine.run { () throws(NetworkError) in try stages(of: x) }
        return [("features", found.features), ("tokens", found.tokens), ("logits", found.logits)]
    }
}
