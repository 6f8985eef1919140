internal import Foundation

/// The arithmetic mean; nil of nothing.
public func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}

/// The middle value, or the mean of the two middle ones; nil of nothing.
public func median(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : percentile(values, 50)
}

/// The value below which `percent` of the values lie, interpolated linearly between neighbours as NumPy does.
///
/// - Precondition: there is at least one value, and `percent` is between 0 and 100.
public func percentile(_ values: [Double], _ percent: Double) -> Double {
    percentile(sorted: values.sorted(), percent)
}

func percentile(sorted values: [Double], _ percent: Double) -> Double {
    precondition(!values.isEmpty && (0...100).contains(percent), "no percentile \(percent) of \(values.count) values")
    let place = Double(values.count - 1) * (percent / 100)
    let lower = Int(place)
    guard lower + 1 < values.count else { return values[values.count - 1] }
    return values[lower] + (values[lower + 1] - values[lower]) * (place - Double(lower))
}

/// An interval that covers the mean of the population with about the given probability: the percentile bootstrap over
/// cases. The same values and seed give the same interval on every machine.
///
/// Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13. With fewer than about 20 cases the
/// interval is known to be somewhat too narrow.
///
/// - Returns: lower and upper bound of the mean; nil of nothing, and a single point for a single value.
public func bootstrapInterval(
    ofMean values: [Double], level: Double = 0.95, resamples: Int = 2000, seed: UInt64 = 1
) -> (lower: Double, upper: Double)? {
    guard !values.isEmpty, resamples > 0 else { return nil }
    var random = SplitMix(state: seed)
    let means = (0..<resamples).map { _ in
        var sum = 0.0
        for _ in values { sum += values[Int(random.next() % UInt64(values.count))] }
        return sum / Double(values.count)
    }.sorted()
    let tail = 50 * (1 - min(max(level, 0), 1))
    return (percentile(sorted: means, tail), percentile(sorted: means, 100 - tail))
}

/// A random number generator that gives the same numbers everywhere.
///
/// Steele et al., *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension Double {
    /// The number with a fixed count of decimals and a point, whatever the machine's language.
    public func formatted(decimals: Int) -> String {
        guard isFinite else { return "–" }
        let text = String(format: "%.\(max(0, decimals))f", locale: Locale(identifier: "en_US_POSIX"), self)
        let isZero = !text.contains { ("1"..."9").contains($0) }
        return isZero && text.hasPrefix("-") ? String(text.dropFirst()) : text
    }
}
