public import NeuralNet

/// Trains a network on slices without any labels: one view of each brain is hidden from the transformer, which has to say what
/// the encoder saw there; of a single view a share of its places is hidden.
///
/// In the style of the masked encoding vectors of Jun et al., *Medical Transformer*,
/// [arXiv:2104.13633](https://arxiv.org/abs/2104.13633). The vectors to be told are given zero mean and unit variance over the
/// batch and get no gradient, so that an encoder that sees the same everywhere gains nothing.
public struct MaskedViews: Sendable {
    /// Of a single view, the share of places that is hidden.
    private static let share = 0.3

    private let network: TransResNet
    private let mask: Tensor
    private let prediction: Linear

    /// - Parameter weights: draws `mask_token` and `predict`, which are no part of the network.
    public init(_ network: TransResNet, _ weights: Weights) throws(NetworkError) {
        let width = network.configuration.width
        self.network = network
        mask = try weights.tensor("mask_token", shape: [1, 1, width], start: .normal(deviation: 0.02))
        prediction = try Linear(weights["predict"], from: width, to: width)
    }

    /// Which places of a batch are hidden, 1 for hidden, `[batch, place, 1]`.
    public func hidden(items: Int, _ random: inout SplitMix) throws(NetworkError) -> Tensor {
        let c = network.configuration, places = c.sides[0] / 16 * (c.sides[1] / 16)
        var hidden = [Float](repeating: 0, count: items * c.views * places)
        for item in 0..<items {
            let start = item * c.views * places
            if c.views > 1 {
                let view = min(Int(random.uniform() * Double(c.views)), c.views - 1)
                for place in 0..<places { hidden[start + view * places + place] = 1 }
            } else {
                let count = max(1, Int((Self.share * Double(places)).rounded()))
                for place in Array(0..<places).shuffled(using: &random).prefix(count) { hidden[start + place] = 1 }
            }
        }
        return try Tensor(hidden, shape: [items, c.views * places, 1])
    }

    /// The mean squared difference of what is told of hidden places and what the encoder saw there; 1 where nothing is learned.
    ///
    /// - Parameter x: `[batch, view, row, column]`.
    public func loss(_ x: Tensor, hidden: Tensor) throws(NetworkError) -> Tensor {
        try Engine.run { () throws(NetworkError) in
            let (vectors, seen) = try network.encoded(x, hiding: hidden, behind: mask)
            let own = try vectors.detached(), centred = try own - own.mean(along: [0, 1], keepingAxes: true)
            let variance = try centred.squared().mean(along: [0, 1], keepingAxes: true).scaled(by: 1, plus: 1e-5)
            let wanted = try centred * variance.log().scaled(by: -0.5).exp()
            let missed = try (prediction(seen) - wanted).squared() * hidden
            let count = Double(try hidden.sum().floats()[0]) * Double(own.shape[2])
            return try missed.sum().scaled(by: 1 / max(count, 1))
        }
    }
}
