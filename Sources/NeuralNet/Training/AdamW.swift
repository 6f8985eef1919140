internal import CEngine

/// Adam with decoupled weight decay: the only thing that writes to weights.
///
/// Loshchilov & Hutter, *Decoupled Weight Decay Regularization*, ICLR 2019,
/// [arXiv:1711.05101](https://arxiv.org/abs/1711.05101).
public final class AdamW {
    /// The numbers of the method, as PyTorch names and defaults them.
    public struct Settings: Sendable, Codable, Equatable {
        public var beta1 = 0.9
        public var beta2 = 0.999
        public var epsilon = 1e-8
        public var weightDecay = 1e-5

        public init() {}
    }

    private let parameters: [(name: String, tensor: Tensor)]
    private let settings: Settings
    private let means, squares: [Tensor]
    /// Steps taken so far.
    public private(set) var steps: Int

    /// Starts with empty moments.
    public convenience init(_ parameters: [(name: String, tensor: Tensor)], _ settings: Settings) throws(NetworkError) {
        func zeros() throws(NetworkError) -> [Tensor] {
            try parameters.map { (parameter) throws(NetworkError) in
                try Tensor(repeating: 0, shape: parameter.tensor.shape, device: parameter.tensor.device)
            }
        }
        self.init(parameters, settings, means: try zeros(), squares: try zeros(), steps: 0)
    }

    /// Goes on from the moments that a checkpoint carries under ``state``'s names.
    public convenience init(
        _ parameters: [(name: String, tensor: Tensor)], _ settings: Settings, from state: Weights, steps: Int
    ) throws(NetworkError) {
        func moments(_ kind: String) throws(NetworkError) -> [Tensor] {
            try parameters.map { (parameter) throws(NetworkError) in
                try state[kind].tensor(parameter.name, shape: parameter.tensor.shape)
            }
        }
        self.init(parameters, settings, means: try moments("mean"), squares: try moments("square"), steps: steps)
    }

    private init(
        _ parameters: [(name: String, tensor: Tensor)], _ settings: Settings, means: [Tensor], squares: [Tensor],
        steps: Int
    ) {
        (self.parameters, self.settings, self.steps) = (parameters, settings, steps)
        (self.means, self.squares) = (means, squares)
    }

    /// The moments, by the names that a checkpoint gives them.
    public var state: [(name: String, tensor: Tensor)] {
        zip(parameters, means).map { ("mean.\($0.name)", $1) }
            + zip(parameters, squares).map { ("square.\($0.name)", $1) }
    }

    /// Moves every parameter against its gradient and clears the gradients.
    ///
    /// - Parameter rate: the learning rate.
    public func step(rate: Double) throws(NetworkError) {
        steps += 1
        let raw = parameters.map(\.tensor.raw)
        guard
            engine_adamw(
                raw, means.map(\.raw), squares.map(\.raw), Int64(raw.count), Double(steps), rate, settings.beta1,
                settings.beta2, settings.epsilon, settings.weightDecay) == 0
        else { throw .engine(operation: "AdamW", message: String(cString: engine_error())) }
        try clearGradients()
    }

    /// Forgets what ``Tensor/backward()`` gathered.
    public func clearGradients() throws(NetworkError) {
        let raw = parameters.map(\.tensor.raw)
        guard engine_clear_gradients(raw, Int64(raw.count)) == 0 else {
            throw .engine(operation: "clearGradients", message: String(cString: engine_error()))
        }
    }
}
