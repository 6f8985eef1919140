public import NeuralNet

/// Tells classes or ages from a few slices of one brain with convolutions alone: what a transformer on the same encoder has to
/// beat.
///
///     views [batch, view, row, column] ─ stem, three residual stages, shared by views ─ mean over places ─ answers [batch, answer]
///
/// The blocks are those of He et al., *Deep Residual Learning for Image Recognition*, CVPR 2016,
/// [arXiv:1512.03385](https://arxiv.org/abs/1512.03385), one a stage; the views' means stand one after the other before the head.
public struct SliceResNet: Layer {
    /// The sizes of the network.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Views of one brain, such as an axial, a coronal and a sagittal slice; one for single slices.
        public var views = 1
        /// Rows and columns, multiples of 16.
        public var sides = [128, 128]
        /// Features of the stem and the three stages.
        public var channels = [24, 48, 96, 160]
        /// Classes, numbers such as an age, or both, one after the other.
        public var answers = 4

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            let standard = Configuration()
            views = try c.value(.views, or: standard.views)
            sides = try c.value(.sides, or: standard.sides)
            channels = try c.value(.channels, or: standard.channels)
            answers = try c.value(.answers, or: standard.answers)
        }

        /// - Throws: ``NetworkError/configuration(_:)`` if the sizes do not fit together.
        func validate() throws(NetworkError) {
            guard channels.count == 4, sides.count == 2,
                ([views, answers] + channels + sides).allSatisfy({ (1...4096).contains($0) })
            else {
                throw .configuration("channels has four numbers, sides two, and with the counts they are 1 to 4096")
            }
            guard sides.allSatisfy({ $0 % 16 == 0 }) else {
                throw .configuration("the sides \(sides) are no multiples of 16")
            }
        }
    }

    public let configuration: Configuration
    private let encoder: SliceEncoder
    private let head: Linear

    /// - Parameter weights: holds `conv1`, `bn1`, `layer1` … `layer3` and `fc`.
    public init(_ weights: Weights, _ c: Configuration = .init()) throws(NetworkError) {
        try c.validate()
        configuration = c
        encoder = try SliceEncoder(weights, channels: c.channels)
        head = try Linear(weights["fc"], from: c.views * c.channels[3], to: c.answers)
    }

    /// - Parameter x: `[batch, view, row, column]`, the sides of the configuration.
    /// - Returns: `[batch, answer]`, classes before the softmax.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try answer(x) { (map) throws(NetworkError) in map }
    }
}

extension SliceResNet: MappedNetwork {
    public func mapGrid(of shape: [Int]) -> [Int] { [configuration.views] + configuration.sides.map { $0 / 16 } }

    public func answer(
        _ x: Tensor, looking: (Tensor) throws(NetworkError) -> Tensor
    ) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            let c = configuration, map = try looking(encoder(x, expecting: [c.views] + c.sides))
            let means = try map.reshaped([map.shape[0], c.views, -1, c.channels[3]]).mean(along: [2])
            return try head(means.reshaped([map.shape[0], c.views * c.channels[3]]))
        }
    }
}
