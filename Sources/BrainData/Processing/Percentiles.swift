/// The values below which given shares of the data lie, interpolated linearly between ranks (NumPy's default).
///
/// Exact and in linear time: ranks are found by counting the upper, then the lower sixteen bits of the ordered bit patterns.
public struct Percentiles {
    private let values: [Float]
    private var upper: [Int]

    /// - Parameter values: finite numbers.
    public init(of values: [Float]) {
        self.values = values
        upper = [Int](repeating: 0, count: 65_537)
        for value in values { upper[Int(Self.key(value) >> 16) + 1] += 1 }
        for bin in 1..<upper.count { upper[bin] += upper[bin - 1] }
    }

    /// - Parameter percent: from 0 to 100.
    /// - Returns: nil where there are no values.
    public func callAsFunction(_ percent: Double) -> Float? {
        guard !values.isEmpty else { return nil }
        let place = min(max(percent, 0), 100) / 100 * Double(values.count - 1)
        let (low, share) = (Int(place), place - place.rounded(.down))
        let below = Double(ranked(low))
        return share == 0 ? Float(below) : Float(below + share * (Double(ranked(low + 1)) - below))
    }

    /// The value of a rank, the smallest having rank 0.
    private func ranked(_ rank: Int) -> Float {
        var (low, high) = (0, 65_536)  // the bin whose first rank is the last one at or below `rank`
        while high - low > 1 {
            let middle = (low + high) / 2
            if upper[middle] <= rank { low = middle } else { high = middle }
        }
        var counts = [Int](repeating: 0, count: 65_536)
        for value in values where Int(Self.key(value) >> 16) == low { counts[Int(Self.key(value) & 0xFFFF)] += 1 }
        var left = rank - upper[low]
        let fine = counts.firstIndex { count in
            left -= count
            return left < 0
        }
        return Self.value(UInt32(low) << 16 | UInt32(fine ?? 0))
    }

    /// Bit patterns in the order of the numbers.
    private static func key(_ value: Float) -> UInt32 {
        let bits = value.bitPattern
        return bits >> 31 == 1 ? ~bits : bits | 0x8000_0000
    }

    private static func value(_ key: UInt32) -> Float {
        Float(bitPattern: key >> 31 == 1 ? key & 0x7FFF_FFFF : ~key)
    }
}
