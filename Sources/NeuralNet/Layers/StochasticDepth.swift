/// Leaves a branch out for some samples of a batch while training, and makes up for it by scaling the rest.
///
/// Huang et al., *Deep Networks with Stochastic Depth*, ECCV 2016, [arXiv:1603.09382](https://arxiv.org/abs/1603.09382).
public struct StochasticDepth: Layer {
    private let rate: Double

    /// - Parameter rate: the share of samples that are left out, from 0 to below 1.
    public init(rate: Double) {
        precondition((0..<1).contains(rate), "a rate of \(rate)")
        self.rate = rate
    }

    /// - Parameter x: `[batch, …]`.
    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        guard rate > 0, var random = Engine.trainingRandom else { return x }
        let kept = (0..<x.shape[0]).map { _ in random.uniform() < rate ? Float(0) : Float(1 / (1 - rate)) }
        Engine.trainingRandom = random
        let shape = [kept.count] + [Int](repeating: 1, count: x.shape.count - 1)
        return try x * Tensor(kept, shape: shape).converted(to: x.type).moved(to: x.device)
    }
}
