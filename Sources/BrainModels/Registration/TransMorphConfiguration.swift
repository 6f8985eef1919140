import NeuralNet

extension TransMorph {
    /// The sizes and switches that make one network of the family differ from another.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Images of the input: moving and fixed.
        public var inputs = 2
        /// Features of the first stage; every next one has twice as many.
        public var embedding = 96
        /// Blocks of the four stages.
        public var depths = [2, 2, 4, 2]
        /// Attention heads of the four stages.
        public var heads = [4, 4, 8, 8]
        /// Tokens along i, j and k of a window.
        public var window = [5, 6, 7]
        /// Features before the field.
        public var headChannels = 16
        /// Whether the decoder takes in convolutions of the images.
        public var skipsConvolutions = true
        /// Whether the decoder takes in the encoder's stages.
        public var skipsStages = true
        /// Whether attention knows relative positions.
        public var relativePositions = true
        /// What tells the encoder where a patch lies.
        public var positions = Positions.none
        /// Rows along each axis of the learned table of places, which is resized to the map.
        public var positionSide = 56
        /// The highest rate of stochastic depth.
        public var stochasticDepth = 0.3

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            inputs = try c.value(.inputs, or: standard.inputs)
            embedding = try c.value(.embedding, or: standard.embedding)
            depths = try c.value(.depths, or: standard.depths)
            heads = try c.value(.heads, or: standard.heads)
            window = try c.value(.window, or: standard.window)
            headChannels = try c.value(.headChannels, or: standard.headChannels)
            skipsConvolutions = try c.value(.skipsConvolutions, or: standard.skipsConvolutions)
            skipsStages = try c.value(.skipsStages, or: standard.skipsStages)
            relativePositions = try c.value(.relativePositions, or: standard.relativePositions)
            positions = try c.value(.positions, or: standard.positions)
            positionSide = try c.value(.positionSide, or: standard.positionSide)
            stochasticDepth = try c.value(.stochasticDepth, or: standard.stochasticDepth)
        }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            guard depths.count == 4, heads.count == 4, window.count == 3,
                ([inputs, headChannels, positionSide] + depths + heads).allSatisfy({ (1...1024).contains($0) })
            else {
                throw .configuration("depths and heads have four numbers, window three, and each is above zero")
            }
            guard (2...8192).contains(embedding), embedding % 2 == 0 else {
                throw .configuration("an embedding of \(embedding) features cannot be halved")
            }
            guard window.allSatisfy({ (2...32).contains($0) }) else {
                throw .configuration("the window \(window) has a side that is not from 2 to 32")
            }
            for stage in 0..<4 where (embedding << stage) % heads[stage] != 0 {
                throw .configuration("\(heads[stage]) heads do not divide \(embedding << stage) features")
            }
            guard (0..<1).contains(stochasticDepth) else {
                throw .configuration("stochasticDepth is \(stochasticDepth), not from 0 to below 1")
            }
        }
    }

    /// What tells the encoder where in the volume a patch lies, beside relative positions.
    public enum Positions: String, Codable, Sendable, CaseIterable {
        case none
        /// A learned table, resized to the map.
        case learned
        /// Sines and cosines of the place on every axis.
        case sines
    }

    /// The published networks by name.
    public enum Preset: String, Codable, Sendable, CaseIterable {
        case standard = "TransMorph"
        case tiny = "TransMorph-Tiny"
        case small = "TransMorph-Small"
        case large = "TransMorph-Large"
        case learnedPositions = "TransMorph-Lrn"
        case sinePositions = "TransMorph-Sin"
        case noConvolutionSkips = "TransMorph-No-Conv-Skip"
        case noStageSkips = "TransMorph-No-Trans-Skip"
        case noSkips = "TransMorph-No-Skip"
        case noRelativePositions = "TransMorph-No-RelPosEmbed"

        /// The sizes and switches of this network.
        public var configuration: Configuration {
            var c = Configuration()
            switch self {
            case .standard: break
            case .tiny: (c.embedding, c.heads) = (6, [2, 2, 4, 4])
            case .small: (c.embedding, c.heads) = (48, [4, 4, 4, 4])
            case .large: (c.embedding, c.depths, c.heads) = (128, [2, 2, 12, 2], [4, 4, 8, 16])
            case .learnedPositions: c.positions = .learned
            case .sinePositions: c.positions = .sines
            case .noConvolutionSkips: c.skipsConvolutions = false
            case .noStageSkips: c.skipsStages = false
            case .noSkips: (c.skipsConvolutions, c.skipsStages) = (false, false)
            case .noRelativePositions: c.relativePositions = false
            }
            return c
        }
    }
}
