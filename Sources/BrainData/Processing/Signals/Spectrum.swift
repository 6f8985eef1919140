import Foundation

/// The power of channels over frequency.
public struct Spectrum: Sendable {
    /// In hertz, from zero to half the rate.
    public let frequencies: [Double]
    /// Density `[channel][frequency]`, in squared units per hertz.
    public let density: [[Double]]

    /// Averages over overlapping stretches under a Hann window, each freed of its mean.
    ///
    /// Welch, IEEE Trans. Audio Electroacoust. 15, 1967; one-sided, as scipy's `welch`.
    ///
    /// - Parameters:
    ///   - length: samples of a stretch; half of each overlaps the next. Cut to the signal's length.
    public static func welch(_ signal: Signal, length: Int = 256) throws(SignalError) -> Spectrum {
        let length = min(length, signal.count)
        guard length > 1 else { throw .mismatch("a spectrum needs stretches of two samples or more, not \(length)") }
        let window = (0..<length).map { 0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(length)) }
        let transform = FourierTransform(length)
        let scale = 1 / (signal.rate * window.reduce(0) { $0 + $1 * $1 })
        let step = length - length / 2
        let density = signal.channels.indices.map { channel -> [Double] in
            let row = signal.row(channel)
            var (sums, stretches) = ([Double](repeating: 0, count: length / 2 + 1), 0)
            var start = 0
            while start + length <= row.count {
                let mean = row[start..<start + length].reduce(0, +) / Double(length)
                let values = transform((0..<length).map { Complex((row[start + $0] - mean) * window[$0]) })
                for n in sums.indices { sums[n] += values[n].re * values[n].re + values[n].im * values[n].im }
                stretches += 1
                start += step
            }
            return sums.indices.map { n in
                let isSingle = n == 0 || length % 2 == 0 && n == length / 2
                return sums[n] / Double(stretches) * scale * (isSingle ? 1 : 2)
            }
        }
        return Spectrum(
            frequencies: (0...length / 2).map { Double($0) * signal.rate / Double(length) }, density: density)
    }

    /// The power of each channel between two frequencies, ends included, by the trapezoidal rule; in squared units.
    public func power(from low: Double, to high: Double) -> [Double] {
        let inside = frequencies.indices.filter { frequencies[$0] >= low && frequencies[$0] <= high }
        return density.map { row in
            zip(inside, inside.dropFirst()).reduce(0) { sum, pair in
                sum + (row[pair.0] + row[pair.1]) / 2 * (frequencies[pair.1] - frequencies[pair.0])
            }
        }
    }
}

/// A range of frequencies by its usual name.
public enum Rhythm: String, Sendable, CaseIterable {
    case delta, theta, alpha, beta, gamma

    /// In hertz.
    public var band: (low: Double, high: Double) {
        switch self {
        case .delta: (1, 4)
        case .theta: (4, 8)
        case .alpha: (8, 13)
        case .beta: (13, 30)
        case .gamma: (30, 45)
        }
    }
}
