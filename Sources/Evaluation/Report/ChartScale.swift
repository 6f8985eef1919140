internal import Foundation

/// Maps values to places on an axis, with ticks at round numbers.
struct ChartScale {
    /// The values that get a tick, in order.
    let ticks: [Double]
    private let low, high: Double  // values, or their logarithms, at the two ends
    private let start, end: Double
    private let isLogarithmic: Bool
    private let step: Double

    /// - Parameters:
    ///   - values: finite; positive if `isLogarithmic`.
    ///   - count: about how many ticks there should be.
    init(
        of values: [Double], from start: Double, to end: Double, ticks count: Int, isLogarithmic: Bool = false
    ) {
        (self.start, self.end, self.isLogarithmic) = (start, end, isLogarithmic)
        let numbers = isLogarithmic ? values.map { log10($0) } : values
        var (low, high) = (numbers.min() ?? 0, numbers.max() ?? 1)
        if high - low <= 1e-12 * max(abs(low), abs(high), 1e-60) {
            let half = 0.5 * max(abs(low), abs(high), 1)
            (low, high) = (low - half, high + half)
        }
        let rough = (high - low) / Double(count)
        let step = isLogarithmic ? max(1, rough.rounded(.up)) : Self.round(rough)
        low = (low / step).rounded(.down) * step
        if isLogarithmic || start > end { high = (high / step).rounded(.up) * step }
        let places = (0...max(1, Int(((high - low) / step).rounded(.down)))).map { low + Double($0) * step }
        ticks = places.filter { $0 <= high + step * 1e-6 }.map { isLogarithmic ? pow(10, $0) : $0 }
        (self.low, self.high, self.step) = (low, high, step)
    }

    /// The place of a value.
    func callAsFunction(_ value: Double) -> Double {
        let number = isLogarithmic ? log10(value) : value
        return start + (number - low) / (high - low) * (end - start)
    }

    /// A tick in few characters: `0.05`, `12`, `20k`.
    func label(_ tick: Double) -> String {
        if tick == 0 && step >= 1 { return "0" }
        if isLogarithmic { return tick >= 0.001 && tick < 10000 ? "\(plain(tick))" : String(format: "%.0e", tick) }
        if step >= 1_000_000 { return plain(tick / 1_000_000) + "M" }
        if step >= 1000 { return plain(tick / 1000) + "k" }
        let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
        return decimals > 5 ? String(format: "%.1e", tick) : tick.formatted(decimals: decimals)
    }

    private func plain(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e9 ? value.formatted(decimals: 0) : "\(value)"
    }

    /// The nearest of 1, 2 and 5 times a power of ten at or above `value`.
    private static func round(_ value: Double) -> Double {
        let power = pow(10, log10(value).rounded(.down))
        return [1, 2, 5].map { $0 * power }.first { $0 >= value * 0.999 } ?? 10 * power
    }
}
