internal import CEngine

/// Sets some numbers to zero while training and scales the others up to make up for it.
///
/// Srivastava et al., *Dropout*, JMLR 15, 2014.
public struct Dropout: Layer {
    private let rate: Double

    /// - Parameter rate: the share of numbers that become zero, from 0 to below 1.
    public init(rate: Double) {
        precondition((0..<1).contains(rate), "a rate of \(rate)")
        self.rate = rate
    }

    public func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        guard rate > 0, var random = Engine.trainingRandom else { return x }
        let seed = random.next()
        Engine.trainingRandom = random
        return try Tensor(engine_dropout(x.raw, rate, seed))
    }
}
