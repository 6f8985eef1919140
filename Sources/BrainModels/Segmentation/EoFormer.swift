public import NeuralNet

/// Finds the regions of a brain tumour in a volume of several MR contrasts, with a transformer that attends in linear time
/// and a decoder whose convolutions are trained with edge filters beside them.
///
///     volume [batch, contrast, i, j, k] ─ encoder: 2 convolutional, 2 attention stages ─┐ skips
///     logits [batch, region, i, j, k]  ─ head ─ decoder: 3 edge-oriented stages ────────┘
///
/// She et al., *EoFormer: Edge-Oriented Transformer for Brain Tumor Segmentation*, MICCAI 2023, LNCS 14223, pp. 333–343,
/// [doi:10.1007/978-3-031-43901-8_32](https://doi.org/10.1007/978-3-031-43901-8_32). Weights carry the names of the
/// authors' state dict.
public struct EoFormer: Layer {
    /// The sizes that make one network differ from another.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Contrasts of the input.
        public var inputs = 4
        /// Regions of the output; as published: tumour core, whole tumour, enhancing tumour.
        public var outputs = 3
        /// Features of the four encoder stages.
        public var channels = [32, 64, 128, 256]
        /// Blocks of each encoder stage; the decoder's stages have two.
        public var blocks = [2, 2, 2, 2]
        /// Features of an attention head.
        public var headWidth = 32
        /// The highest rate of stochastic depth.
        public var stochasticDepth = 0.1
        /// How the decoder's edge-oriented convolutions are computed.
        public var form = Form.folded

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            inputs = try c.value(.inputs, or: standard.inputs)
            outputs = try c.value(.outputs, or: standard.outputs)
            channels = try c.value(.channels, or: standard.channels)
            blocks = try c.value(.blocks, or: standard.blocks)
            headWidth = try c.value(.headWidth, or: standard.headWidth)
            stochasticDepth = try c.value(.stochasticDepth, or: standard.stochasticDepth)
            form = try c.value(.form, or: standard.form)
        }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            guard channels.count == 4, blocks.count == 4,
                ([inputs, outputs, headWidth] + channels + blocks).allSatisfy({ (1...65_536).contains($0) })
            else { throw .configuration("channels and blocks have four numbers each, and every number is above zero") }
            guard channels[2] % headWidth == 0, channels[3] % headWidth == 0 else {
                throw .configuration(
                    "heads of \(headWidth) features do not divide stages of \(channels[2...]) channels")
            }
            guard channels[0] % 2 == 0 else { throw .configuration("\(channels[0]) channels cannot be halved") }
            guard (0..<1).contains(stochasticDepth) else {
                throw .configuration("stochasticDepth is \(stochasticDepth), not from 0 to below 1")
            }
        }
    }

    /// The two forms of one network; they agree to rounding.
    public enum Form: String, Codable, Sendable, CaseIterable {
        /// Each convolution and its edge branches folded into one kernel.
        case folded
        /// Every edge branch computed apart, as the published network trains.
        case branches
    }

    public let configuration: Configuration
    private let encoder: EoFormerEncoder
    private let decoder: EoFormerDecoder
    private let last: Upsampling
    private let head: Convolution
    private let type: ElementType
    /// The last doubling and the head in one kernel.
    private let fusedHead: FusedDoubling?

    /// - Parameter weights: holds `encoder`, `decoder` and `out.conv.conv`.
    public init(_ weights: Weights, _ configuration: Configuration = .init()) throws(NetworkError) {
        try configuration.validate()
        self.configuration = configuration
        let weights = weights.forKernels
        type = weights.type
        encoder = try EoFormerEncoder(weights["encoder"], configuration)
        decoder = try EoFormerDecoder(weights["decoder"], configuration)
        let width = configuration.channels[0]
        last = try Upsampling(weights["decoder"]["upsample_layers"][3], from: width, to: width / 2, joinsSkip: false)
        head = try Convolution(weights["out"]["conv"]["conv"], from: width / 2, to: configuration.outputs, kernel: 1)
        fusedHead =
            weights.areTrainable
            ? nil
            : try FusedDoubling(
                norm: last.norm, last.doubling, head: head, products: weights.products)
    }

    /// - Parameter x: `[batch, contrast, i, j, k]` with sides of any length; those that are no multiple of 16 are padded with
    ///   zeros at the far end, and the answer is cropped back.
    /// - Returns: logits, `[batch, region, i, j, k]`; the sigmoid of each is a probability.
    /// - Throws: ``NetworkError/input(expected:found:)`` if there is another number of contrasts.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            guard let fusedHead else { return try features(x).logits }
            let (_, stage) = try stages(x)
            return try cropped(fusedHead(stage), to: x.shape)
        }
    }

    /// The maps between stages: `skips` are the three encoder stages and the bottleneck, `[batch, channel, i, j, k]`.
    public struct Features: Sendable {
        public let skips: [Tensor]
        public let decoded: Tensor
        public let logits: Tensor
    }

    /// All maps between stages, for those who compare networks or build on them.
    public func features(_ x: Tensor) throws(NetworkError) -> Features {
        let (skips, stage) = try stages(x)
        let decoded = try last(stage, skip: nil).channelsToFront()
        let maps = try skips.map { (skip) throws(NetworkError) in try skip.channelsToFront() }
        return Features(skips: maps, decoded: decoded, logits: try cropped(head(decoded), to: x.shape))
    }

    /// Everything but the last doubling and the head, in maps `[batch, i, j, k, channel]`.
    private func stages(_ x: Tensor) throws(NetworkError) -> (skips: [Tensor], last: Tensor) {
        let shape = x.shape
        guard shape.count == 5, shape[1] == configuration.inputs, shape.allSatisfy({ $0 > 0 }) else {
            throw .input(expected: "[batch, \(configuration.inputs), i, j, k]", found: shape)
        }
        let margins = shape.suffix(3).map { (before: 0, after: (16 - $0 % 16) % 16) }
        let isWhole = margins.allSatisfy { $0.after == 0 }
        let x = try x.converted(to: type)
        let skips = try encoder((isWhole ? x : x.padded(margins)).channelsLastInMemory())
        return (skips, try decoder(skips))
    }

    private func cropped(_ logits: Tensor, to shape: [Int]) throws(NetworkError) -> Tensor {
        var logits = logits
        for axis in 2...4 where logits.shape[axis] != shape[axis] {
            logits = try logits.narrowed(axis, from: 0, length: shape[axis])
        }
        return logits
    }
}

/// Four stages, each half as fine as the one before. Inside, feature maps are `[batch, i, j, k, channel]`.
private struct EoFormerEncoder: Sendable {
    private let downsamplings: [Downsampling]
    private let stages: [[ResidualBlock]]

    init(_ weights: Weights, _ c: EoFormer.Configuration) throws(NetworkError) {
        let sizes = [c.inputs] + c.channels
        downsamplings = try (0..<4).map { (s) throws(NetworkError) in
            try Downsampling(weights["downsample_layers"][s], from: sizes[s], to: sizes[s + 1], isFirst: s == 0)
        }
        let total = c.blocks.reduce(0, +)
        stages = try (0..<4).map { (s) throws(NetworkError) in
            let before = c.blocks.prefix(s).reduce(0, +)
            return try (0..<c.blocks[s]).map { (b) throws(NetworkError) in
                let place = weights["stages"][s][b]
                let mixer: any Mixer =
                    s < 2
                    ? try SeparableMixer(place["token_mixer"], channels: c.channels[s])
                    : try EfficientAttention(
                        place["token_mixer"], channels: c.channels[s], heads: c.channels[s] / c.headWidth)
                let rate = c.stochasticDepth * Double(before + b) / Double(max(1, total - 1))
                return try ResidualBlock(place, mixer, channels: c.channels[s], scalesResidual: s >= 2, rate: rate)
            }
        }
    }

    /// - Parameter x: `[batch, contrast, i, j, k]`.
    /// - Returns: the output of every stage, `[batch, i, j, k, channel]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> [Tensor] {
        var x = try x.channelsToEnd()
        var outputs: [Tensor] = []
        for (downsampling, blocks) in zip(downsamplings, stages) {
            x = try downsampling(x)
            for block in blocks { x = try block(x) }
            outputs.append(x)
        }
        return outputs
    }
}

/// Halves the sides with a strided convolution; the first stage is normalised after it, the others before.
private struct Downsampling: Layer {
    private let convolution: Convolution
    private let norm: LayerNorm
    private let isFirst: Bool
    private let fused: FusedHalving?

    init(_ weights: Weights, from input: Int, to output: Int, isFirst: Bool) throws(NetworkError) {
        convolution = try Convolution(weights["conv"], from: input, to: output, kernel: 3, stride: 2, padding: 1)
        norm = try LayerNorm(
            weights[isFirst ? "post_norm" : "pre_norm"], width: isFirst ? output : input, bias: false, epsilon: 1e-6)
        self.isFirst = isFirst
        fused =
            weights.areTrainable
            ? nil
            : try FusedHalving(
                convolution, before: isFirst ? nil : norm, after: isFirst ? norm : nil, products: weights.products)
    }

    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        if let fused { return try fused(x) }
        if isFirst { return try norm(convolution(x.channelsToFront()).channelsToEnd()) }
        return try convolution(norm(x).channelsToFront()).channelsToEnd()
    }
}

/// Three stages, each twice as fine as the one before.
private struct EoFormerDecoder: Sendable {
    private let upsamplings: [Upsampling]
    private let stages: [[ResidualBlock]]

    init(_ weights: Weights, _ c: EoFormer.Configuration) throws(NetworkError) {
        let sizes = Array(c.channels.reversed())
        upsamplings = try (0..<3).map { (s) throws(NetworkError) in
            try Upsampling(weights["upsample_layers"][s], from: sizes[s], to: sizes[s + 1], joinsSkip: true)
        }
        stages = try (0..<3).map { (s) throws(NetworkError) in
            try [EdgeConvolution.Filters.sobel, .laplacian].enumerated().map { (b, filters) throws(NetworkError) in
                let place = weights["stages"][s][b]
                let mixer = try EdgeConvolution(
                    place["token_mixer"], channels: sizes[s + 1], filters: filters, form: c.form)
                let rate = c.stochasticDepth * Double(5 - 2 * s - b) / 5
                return try ResidualBlock(place, mixer, channels: sizes[s + 1], scalesResidual: s == 2, rate: rate)
            }
        }
    }

    /// - Parameter skips: the encoder's stages, the coarsest last.
    /// - Returns: `[batch, i, j, k, channel]` at half the resolution of the input.
    func callAsFunction(_ skips: [Tensor]) throws(NetworkError) -> Tensor {
        var x = skips[3]
        for s in 0..<3 {
            x = try upsamplings[s](x, skip: skips[2 - s])
            for block in stages[s] { x = try block(x) }
        }
        return x
    }
}

/// Doubles the sides and, where there is a skip, joins it in with a convolution.
private struct Upsampling: Sendable {
    let norm: GroupNorm
    let doubling: DoublingConvolution
    private let joining: Convolution?
    private let fusedDoubling: FusedDoubling?
    private let fusedJoining: FusedConvolution?

    init(_ weights: Weights, from input: Int, to output: Int, joinsSkip: Bool) throws(NetworkError) {
        norm = try GroupNorm(weights["norm"], groups: 1, channels: input)
        doubling = try DoublingConvolution(weights["transp_conv"]["conv"], from: input, to: output)
        joining =
            joinsSkip
            ? try Convolution(
                weights["conv_block"]["conv"], from: 2 * output, to: output, kernel: 3, padding: 1, bias: false)
            : nil
        fusedDoubling = weights.areTrainable ? nil : try FusedDoubling(norm: norm, doubling, products: weights.products)
        fusedJoining = if let joining, !weights.areTrainable { try FusedConvolution(joining) } else { nil }
    }

    func callAsFunction(_ x: Tensor, skip: Tensor?) throws(NetworkError) -> Tensor {
        let doubled =
            if let fusedDoubling { try fusedDoubling(x) } else {
                try doubling(norm(x.channelsToFront()).channelsToEnd())
            }
        guard let joining, let skip else { return doubled }
        if let fusedJoining { return try fusedJoining(doubled, joining: skip) }
        return try joining(doubled.appending(skip, along: 4).channelsToFront()).channelsToEnd()
    }
}

/// A layer of a residual path that may have a kernel for the whole path.
protocol Mixer: Layer {
    /// What does `scale · x + self(norm(x))` in one pass; nil where no kernel serves.
    func fused(after norm: LayerNorm, scale: Tensor?, products: ElementType) throws(NetworkError) -> (any Layer)?
}

/// Mixes voxels, then features, each on a residual path: `x ← r · x + f(norm(x))` twice.
private struct ResidualBlock: Layer {
    private let norm1, norm2: LayerNorm
    private let mixer: any Mixer
    private let perceptron: Perceptron
    private let scale1, scale2: Tensor?
    private let depth: StochasticDepth
    private let fusedMixer, fusedPerceptron: (any Layer)?

    init(
        _ weights: Weights, _ mixer: any Mixer, channels: Int, scalesResidual: Bool, rate: Double
    ) throws(NetworkError) {
        norm1 = try LayerNorm(weights["norm1"], width: channels, bias: false, epsilon: 1e-6)
        norm2 = try LayerNorm(weights["norm2"], width: channels, bias: false, epsilon: 1e-6)
        func scale(_ name: String) throws(NetworkError) -> Tensor? {
            scalesResidual ? try weights[name].tensor("scale", shape: [channels], start: .ones) : nil
        }
        scale1 = try scale("res_scale1")
        scale2 = try scale("res_scale2")
        perceptron = try Perceptron(weights["mlp"], channels: channels)
        depth = StochasticDepth(rate: rate)
        self.mixer = mixer
        fusedMixer =
            weights.areTrainable ? nil : try mixer.fused(after: norm1, scale: scale1, products: weights.products)
        fusedPerceptron =
            weights.areTrainable ? nil : try perceptron.fused(after: norm2, scale: scale2, products: weights.products)
    }

    /// - Parameter x: `[batch, i, j, k, channel]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let mixed = if let fusedMixer { try fusedMixer(x) } else { try residual(x, scale1) + depth(mixer(norm1(x))) }
        if let fusedPerceptron { return try fusedPerceptron(mixed) }
        return try residual(mixed, scale2) + depth(perceptron(norm2(mixed)))
    }

    private func residual(_ x: Tensor, _ scale: Tensor?) throws(NetworkError) -> Tensor {
        guard let scale else { return x }
        return try x * scale
    }
}

/// Two linear maps with a StarReLU between, four times as wide inside.
private struct Perceptron: Mixer {
    private let widening, narrowing: Linear
    private let activation: StarReLU

    init(_ weights: Weights, channels: Int) throws(NetworkError) {
        widening = try Linear(weights["fc1"], from: channels, to: 4 * channels, bias: false)
        activation = try StarReLU(weights["act"])
        narrowing = try Linear(weights["fc2"], from: 4 * channels, to: channels, bias: false)
    }

    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor { try narrowing(activation(widening(x))) }

    func fused(after norm: LayerNorm, scale: Tensor?, products: ElementType) throws(NetworkError) -> (any Layer)? {
        try FusedPerceptron(
            norm: norm, widening: widening, star: activation, narrowing: narrowing, scale: scale, products: products)
    }
}
