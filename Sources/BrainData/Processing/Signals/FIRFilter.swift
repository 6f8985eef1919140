import Foundation

/// A filter without recursion and with linear phase: a windowed sinc, as long as is asked for.
public struct FIRFilter: Sendable, Equatable {
    /// The coefficients, an odd number of them, the same from both ends.
    public let taps: [Double]

    /// A sinc under a Hamming window, scaled to a gain of one in the middle of the passband.
    ///
    /// - Parameters:
    ///   - taps: an odd number.
    ///   - band: its ends are where half the amplitude is left, in hertz.
    public static func windowed(taps: Int, _ band: IIRFilter.Band, rate: Double) throws(SignalError) -> FIRFilter {
        let window = (0..<max(taps, 0)).map { 0.54 - 0.46 * cos(2 * .pi * Double($0) / Double(taps - 1)) }
        return try FIRFilter(taps: taps, band, rate: rate, window: window)
    }

    /// A sinc as long as its steepest flank needs: 3.3 divided by the width of the transition, which is a quarter of the
    /// edge but at least 2 Hz, and no more than there is room for (the rule of MNE's `firwin`).
    public static func windowed(_ band: IIRFilter.Band, rate: Double) throws(SignalError) -> FIRFilter {
        func low(_ edge: Double) -> Double { min(max(edge * 0.25, 2), edge) }
        func high(_ edge: Double) -> Double { min(max(edge * 0.25, 2), rate / 2 - edge) }
        let width =
            switch band {
            case .lowpass(let edge): high(edge)
            case .highpass(let edge): low(edge)
            case .bandpass(let from, let to), .bandstop(let from, let to): min(low(from), high(to))
            }
        guard width > 0, rate.isFinite, 3.3 / width * rate < 1e6 else {
            throw .mismatch("a filter's band lies between 0 and \(rate / 2) Hz, half the rate, and not close to either")
        }
        return try windowed(taps: Int((3.3 / width * rate).rounded(.up)) | 1, band, rate: rate)
    }

    init(taps count: Int, _ band: IIRFilter.Band, rate: Double, window: [Double]) throws(SignalError) {
        guard count > 0, count % 2 == 1 else { throw .mismatch("a filter has an odd number of taps, not \(count)") }
        let passed: [(low: Double, high: Double)] =
            switch band {
            case .lowpass(let edge): [(0, 2 * edge / rate)]
            case .highpass(let edge): [(2 * edge / rate, 1)]
            case .bandpass(let low, let high): [(2 * low / rate, 2 * high / rate)]
            case .bandstop(let low, let high): [(0, 2 * low / rate), (2 * high / rate, 1)]
            }
        let ends = passed.flatMap { [$0.low, $0.high] }
        guard zip(ends, ends.dropFirst()).allSatisfy({ $0 < $1 }), ends[0] >= 0, ends.last ?? 2 <= 1 else {
            throw .mismatch("a filter's band lies between 0 and \(rate / 2) Hz, half the rate")
        }
        func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(.pi * x) / (.pi * x) }
        let middle = Double(count - 1) / 2
        var taps = (0..<count).map { n -> Double in
            let m = Double(n) - middle
            return passed.reduce(0) { $0 + $1.high * sinc($1.high * m) - $1.low * sinc($1.low * m) } * window[n]
        }
        let first = passed[0]
        let centre = first.low == 0 ? 0 : first.high == 1 ? 1 : (first.low + first.high) / 2
        let gain = taps.indices.reduce(0) { $0 + taps[$1] * cos(.pi * (Double($1) - middle) * centre) }
        for n in taps.indices { taps[n] /= gain }
        self.taps = taps
    }

    /// The filtered signal with its delay taken out, so that every phase stays in place.
    ///
    /// The ends are continued by mirror images through the end points.
    ///
    /// - Throws: ``SignalError/mismatch(_:)`` for a signal of no more samples than half the taps.
    public func zeroPhase(_ x: [Double]) throws(SignalError) -> [Double] {
        let half = taps.count / 2
        let extended = try x.continued(by: half)
        return [Double](unsafeUninitializedCapacity: x.count) { target, filled in
            extended.withUnsafeBufferPointer { source in
                taps.withUnsafeBufferPointer { taps in
                    for t in 0..<x.count {
                        var sum = taps[half] * source[t + half]
                        for k in 0..<half { sum += taps[k] * (source[t + k] + source[t + 2 * half - k]) }
                        target[t] = sum
                    }
                }
            }
            filled = x.count
        }
    }

    /// Every channel filtered in place.
    public func zeroPhase(_ signal: Signal) throws(SignalError) -> Signal {
        var copy = signal
        for n in signal.channels.indices {
            copy.values.replaceSubrange(n * signal.count..<(n + 1) * signal.count, with: try zeroPhase(signal.row(n)))
        }
        return copy
    }
}
