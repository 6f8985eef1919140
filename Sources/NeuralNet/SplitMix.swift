/// A small random generator whose whole state is one number, so that a checkpoint can carry it.
///
/// Steele, Lea & Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014.
public struct SplitMix: RandomNumberGenerator, Sendable, Codable, Equatable {
    /// The whole state.
    public var state: UInt64

    public init(seed: UInt64) { state = seed }

    /// A generator for one purpose, so that drawing for one does not shift another.
    public init(seed: UInt64, name: String) {
        state = name.utf8.reduce(seed ^ 0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A number drawn evenly from 0 up to 1.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
