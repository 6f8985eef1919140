import Foundation
import NeuralNet

extension SplitMix {
    /// A number drawn evenly from a range.
    mutating func uniform(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// A number from a range whose logarithm is drawn evenly, for sizes.
    mutating func logUniform(in range: ClosedRange<Double>) -> Double {
        exp(uniform(in: log(range.lowerBound)...log(range.upperBound)))
    }

    /// True as often as `share` says.
    mutating func chance(_ share: Double) -> Bool { uniform() < share }
}

/// White noise for voxels: the n-th value hangs on the state and n alone, and is the sum of four even numbers, which is close
/// enough to a normal distribution (its tails end at 3.5) and ten times as quick.
struct WhiteNoise: Sendable {
    private let state: UInt64

    init(_ random: inout SplitMix) { state = random.next() }

    /// A number with mean 0 and variance 1.
    @inline(__always) func callAsFunction(_ n: Int) -> Float {
        var z = state &+ UInt64(truncatingIfNeeded: n) &* 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        z ^= z >> 31
        let sum = Int32(truncatingIfNeeded: (z & 0xFFFF) &+ (z >> 16 & 0xFFFF) &+ (z >> 32 & 0xFFFF) &+ z >> 48)
        return (Float(sum) - 131_070) * 2.642_9e-5  // each of the four has variance 65536² / 12
    }
}
