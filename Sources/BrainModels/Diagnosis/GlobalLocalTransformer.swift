public import NeuralNet

/// Tells the age from a stack of neighbouring slices: what patches show is seen in the light of the whole slice.
///
///     slices [batch, 5, row, column] ─ VGG-8 ─ global tokens ───────────┐
///     patches of 64×64, every 32 ────── VGG-8 ─ local map ─ 6 × attend, convolve, add ─ one age each
///
/// He, Grant & Ou, *Global-Local Transformer for Brain Age Estimation*, IEEE Transactions on Medical Imaging 41(1), 213–224,
/// 2022, [arXiv:2109.01663](https://arxiv.org/abs/2109.01663). Patches are taken through the network as one batch, so that in
/// training batch norms see them together; the dropout of the published attention is left out.
public struct GlobalLocalTransformer: Layer {
    /// The sizes of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Neighbouring slices.
        public var inputs = 5
        /// Features of the four stages of the backbones.
        public var channels = [64, 128, 256, 512]
        public var heads = 8
        public var blocks = 6
        /// Pixels along each side of a patch, and from one to the next.
        public var patch = 64
        public var step = 32

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            inputs = try c.value(.inputs, or: standard.inputs)
            channels = try c.value(.channels, or: standard.channels)
            heads = try c.value(.heads, or: standard.heads)
            blocks = try c.value(.blocks, or: standard.blocks)
            patch = try c.value(.patch, or: standard.patch)
            step = try c.value(.step, or: standard.step)
        }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            guard channels.count == 4,
                ([inputs, heads, blocks, step] + channels).allSatisfy({ (1...4096).contains($0) })
            else { throw .configuration("channels has four numbers, and with the counts they are 1 to 4096") }
            guard (16...4096).contains(patch), patch % 16 == 0 else {
                throw .configuration("a patch of \(patch) pixels is no multiple of 16")
            }
            guard channels[3] % heads == 0 else {
                throw .configuration("\(heads) heads do not divide \(channels[3]) features")
            }
        }
    }

    public let configuration: Configuration
    private let whole, local: PlaneBackbone
    private let attentions: [CrossAttention]
    private let mixings: [[NormedConvolution]]
    private let wholeHead, localHead: Linear
    private let type: ElementType

    /// - Parameter weights: holds `global_feat`, `local_feat`, `attnlist`, `fftlist`, `gloout` and `locout`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        (configuration, type) = (c, weights.type)
        let width = c.channels[3]
        whole = try PlaneBackbone(weights["global_feat"], from: c.inputs, channels: c.channels)
        local = try PlaneBackbone(weights["local_feat"], from: c.inputs, channels: c.channels)
        attentions = try (0..<c.blocks).map { (n) throws(NetworkError) in
            try CrossAttention(weights["attnlist"][n], width: width, heads: c.heads)
        }
        mixings = try (0..<c.blocks).map { (n) throws(NetworkError) in
            let place = weights["fftlist"][n]
            return [
                try NormedConvolution(place["conv1"], from: 2 * width, to: width, kernel: 1),
                try NormedConvolution(place["conv2"], from: width, to: width, kernel: 1),
            ]
        }
        wholeHead = try Linear(weights["gloout"], from: width, to: 1)
        localHead = try Linear(weights["locout"], from: width, to: 1)
    }

    /// - Parameter x: `[batch, slice, row, column]`, sides longer than a patch.
    /// - Returns: `[batch, 1 + patch]`: the age that the whole shows, then those of the patches, row by row. Their mean is the
    ///   answer, and their L1 distances from the true age, added up, the loss.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let (c, s) = (configuration, x.shape)
        guard s.count == 4, s[1] == c.inputs, s[2] > c.patch, s[3] > c.patch else {
            throw .input(expected: "[batch, \(c.inputs), above \(c.patch), above \(c.patch)]", found: s)
        }
        return try Engine.run { () throws(NetworkError) in
            let x = try x.converted(to: type)
            let wide = try whole(x)
            let first = try wholeHead(wide.mean(along: [2, 3]))
            let patches = try patches(x), count = patches.shape[0] / s[0]
            var map = try local(patches)
            let tokens = try wide.reshaped([s[0], wide.shape[1], -1]).permuted([0, 2, 1])
            let context = try tokens.reshaped([1] + tokens.shape).expanded(to: [count] + tokens.shape)
                .reshaped([patches.shape[0]] + tokens.shape.dropFirst())
            for (attention, mixing) in zip(attentions, mixings) {
                let seen = try attention.plane(map, context: context)
                map = try map + mixing[1](mixing[0](seen.appending(map, along: 1)))
            }
            let ages = try localHead(map.mean(along: [2, 3])).reshaped([count, s[0]]).permuted([1, 0])
            return try first.appending(ages, along: 1)
        }
    }

    /// The patches of all pictures as one batch, patch by patch; a strip at the far ends that fills none is left out.
    private func patches(_ x: Tensor) throws(NetworkError) -> Tensor {
        let (c, s) = (configuration, x.shape)
        var parts: [Tensor] = []
        for row in stride(from: 0, to: s[2] - c.patch, by: c.step) {
            let strip = try x.narrowed(2, from: row, length: c.patch)
            for column in stride(from: 0, to: s[3] - c.patch, by: c.step) {
                parts.append(try strip.narrowed(3, from: column, length: c.patch))
            }
        }
        return try Tensor.joined(parts, along: 0)
    }
}

/// A convolution of pictures, a batch norm and a rectifier.
struct NormedConvolution: Layer {
    private let convolution: PlanarConvolution
    private let norm: BatchNorm

    /// - Parameter weights: holds `conv1` and `bn1`.
    init(_ weights: Weights, from input: Int, to output: Int, kernel: Int) throws(NetworkError) {
        convolution = try PlanarConvolution(
            weights["conv1"], from: input, to: output, kernel: (kernel, kernel), padding: (kernel / 2, kernel / 2),
            bias: false)
        norm = try BatchNorm(weights["bn1"], features: output)
    }

    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor { try norm(convolution(x)).relu() }
}

/// Four stages of two convolutions, each halved: VGG-8.
struct PlaneBackbone: Layer {
    private let stages: [[NormedConvolution]]

    /// - Parameter weights: holds `conv11`, `conv12`, `conv21` … `conv42`.
    init(_ weights: Weights, from input: Int, channels: [Int]) throws(NetworkError) {
        stages = try channels.indices.map { (s) throws(NetworkError) in
            let before = s == 0 ? input : channels[s - 1]
            return [
                try NormedConvolution(weights["conv\(s + 1)1"], from: before, to: channels[s], kernel: 3),
                try NormedConvolution(weights["conv\(s + 1)2"], from: channels[s], to: channels[s], kernel: 3),
            ]
        }
    }

    /// - Parameter x: `[batch, input, row, column]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        var x = x
        for stage in stages { x = try stage[1](stage[0](x)).maximumPooled(kernel: 2, stride: 2) }
        return x
    }
}

/// Attention of tokens to those of another map.
struct CrossAttention: Sendable {
    private let query, key, value, out: Linear
    private let heads: Int

    /// - Parameter weights: holds `query`, `key`, `value` and `out`.
    init(_ weights: Weights, width: Int, heads: Int) throws(NetworkError) {
        query = try Linear(weights["query"], from: width, to: width)
        key = try Linear(weights["key"], from: width, to: width)
        value = try Linear(weights["value"], from: width, to: width)
        out = try Linear(weights["out"], from: width, to: width)
        self.heads = heads
    }

    /// - Parameters:
    ///   - x: `[batch, token, width]`.
    ///   - context: `[batch, other token, width]`.
    func callAsFunction(_ x: Tensor, context: Tensor) throws(NetworkError) -> Tensor {
        let (q, k, v) = (try split(query(x)), try split(key(context)), try split(value(context)))
        let scores = try q.scaled(by: 1 / Double(q.shape[3]).squareRoot()).matmul(k.permuted([0, 1, 3, 2]))
        return try out(scores.softmax(along: 3).matmul(v).permuted([0, 2, 1, 3]).reshaped(x.shape))
    }

    /// The same for a map `[batch, width, row, column]`.
    func plane(_ map: Tensor, context: Tensor) throws(NetworkError) -> Tensor {
        let s = map.shape
        let tokens = try map.reshaped([s[0], s[1], -1]).permuted([0, 2, 1])
        return try self(tokens, context: context).permuted([0, 2, 1]).reshaped(s)
    }

    /// `[batch, head, token, width / heads]`.
    private func split(_ x: Tensor) throws(NetworkError) -> Tensor {
        let s = x.shape
        return try x.reshaped([s[0], s[1], heads, s[2] / heads]).permuted([0, 2, 1, 3])
    }
}
