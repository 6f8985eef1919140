import Foundation

/// The learning rate over the steps of a training: a linear warm-up from zero, then half a cosine down to zero.
///
/// Loshchilov & Hutter, *SGDR*, ICLR 2017, [arXiv:1608.03983](https://arxiv.org/abs/1608.03983), without restarts.
public struct Schedule: Sendable, Codable, Equatable {
    /// The highest rate.
    public var peak: Double
    /// Steps of the warm-up.
    public var warmUp: Int
    /// Steps in all.
    public var steps: Int

    public init(peak: Double, warmUp: Int, steps: Int) { (self.peak, self.warmUp, self.steps) = (peak, warmUp, steps) }

    /// The rate of a step, counted from 0.
    public func rate(at step: Int) -> Double {
        if step < warmUp { return peak * Double(step + 1) / Double(warmUp) }
        let done = Double(step - warmUp) / Double(max(1, steps - warmUp))
        return peak * 0.5 * (1 + cos(.pi * min(1, done)))
    }
}
