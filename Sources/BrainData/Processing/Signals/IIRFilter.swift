import Foundation

/// A recursive filter as a chain of second-order sections, each `(b0 + b1 z⁻¹ + b2 z⁻²) / (1 + a1 z⁻¹ + a2 z⁻²)`.
public struct IIRFilter: Sendable, Equatable, Codable {
    /// One section.
    public struct Section: Sendable, Equatable, Codable {
        public var b0, b1, b2, a1, a2: Double
    }

    /// Which frequencies pass, in hertz.
    public enum Band: Sendable, Equatable {
        case lowpass(Double), highpass(Double), bandpass(Double, Double), bandstop(Double, Double)
    }

    public let sections: [Section]

    /// A Butterworth filter, flat in the passband; its half-power points are the band's ends.
    ///
    /// - Parameter order: of the low-pass prototype: a band-pass of order 4 has eight poles.
    /// - Throws: ``SignalError/mismatch(_:)`` where the band does not lie between 0 and half the rate.
    public static func butterworth(order: Int, _ band: Band, rate: Double) throws(SignalError) -> IIRFilter {
        try IIRFilter(ZeroPoleGain.butterworth(order), order, band, rate)
    }

    /// A Chebyshev filter of the second kind, monotonic in the passband and level in the stopband, which begins at the
    /// band's ends.
    ///
    /// - Parameter attenuation: of the stopband, in decibels.
    public static func chebyshevII(
        order: Int, attenuation: Double, _ band: Band, rate: Double
    ) throws(SignalError) -> IIRFilter {
        guard attenuation > 0, attenuation.isFinite else {
            throw .mismatch("a stopband is weakened by more than 0 dB, not \(attenuation) dB")
        }
        return try IIRFilter(ZeroPoleGain.chebyshevII(order, attenuation: attenuation), order, band, rate)
    }

    /// A narrow stop at one frequency, such as that of the mains.
    ///
    /// - Parameter quality: the frequency divided by the width at half power; 30 is common.
    public static func notch(_ frequency: Double, quality: Double = 30, rate: Double) throws(SignalError) -> IIRFilter {
        guard frequency > 0, frequency < rate / 2, quality > 0, quality.isFinite else {
            throw .mismatch("a notch lies between 0 and \(rate / 2) Hz, half the rate, not at \(frequency) Hz")
        }
        let turn = 2 * Double.pi * frequency / rate
        let gain = 1 / (1 + tan(turn / quality / 2))
        let middle = -2 * gain * cos(turn)
        return IIRFilter([Section(b0: gain, b1: middle, b2: gain, a1: middle, a2: 2 * gain - 1)])
    }

    init(_ sections: [Section]) { self.sections = sections }

    private init(_ prototype: ZeroPoleGain, _ order: Int, _ band: Band, _ rate: Double) throws(SignalError) {
        guard (1...20).contains(order) else { throw .mismatch("a filter's order is 1 to 20, not \(order)") }
        let ends: [Double] =
            switch band {
            case .lowpass(let edge), .highpass(let edge): [edge]
            case .bandpass(let low, let high), .bandstop(let low, let high): [low, high]
            }
        guard rate.isFinite, ends[0] > 0, ends.last ?? 0 < rate / 2, ends.count == 1 || ends[0] < ends[1] else {
            throw .mismatch("a filter's band lies between 0 and \(rate / 2) Hz, half the rate: \(ends) does not")
        }
        let analogue = prototype.moved(to: band, edges: ends.map { 4 * tan(.pi * $0 / rate) })
        self.init(analogue.digital.sections)
    }

    /// The filter run forwards once, as a stream has it; it starts from rest.
    public func causal(_ x: [Double]) -> [Double] {
        var state = [SIMD2<Double>](repeating: .zero, count: sections.count)
        return run(x, &state)
    }

    /// The filter run forwards and backwards, which leaves every phase in place and squares the attenuation.
    ///
    /// The ends are continued by mirror images through the end points, as in scipy's `sosfiltfilt`.
    ///
    /// - Throws: ``SignalError/mismatch(_:)`` for a signal shorter than that continuation.
    public func zeroPhase(_ x: [Double]) throws(SignalError) -> [Double] {
        let (zeroB, zeroA) = (sections.count { $0.b2 == 0 }, sections.count { $0.a2 == 0 })
        let edge = 3 * (2 * sections.count + 1 - min(zeroB, zeroA))
        let extended = try x.continued(by: edge)
        let rest = restingState
        var state = rest.map { $0 * extended[0] }
        var y = run(extended, &state)
        y.reverse()
        state = rest.map { $0 * y[0] }
        y = run(y, &state)
        return y[edge..<edge + x.count].reversed()
    }

    /// Every channel run forwards and backwards.
    public func zeroPhase(_ signal: Signal) throws(SignalError) -> Signal {
        var copy = signal
        for n in signal.channels.indices {
            copy.values.replaceSubrange(n * signal.count..<(n + 1) * signal.count, with: try zeroPhase(signal.row(n)))
        }
        return copy
    }

    /// Runs the sections one after the other in the transposed direct form II.
    ///
    /// - Parameter state: two numbers a section, left as they are after the last sample.
    func run(_ x: [Double], _ state: inout [SIMD2<Double>]) -> [Double] {
        var y = x
        y.withUnsafeMutableBufferPointer { y in
            for (n, s) in sections.enumerated() {
                var (first, second) = (state[n].x, state[n].y)
                for t in y.indices {
                    let value = y[t]
                    let out = s.b0 * value + first
                    first = s.b1 * value - s.a1 * out + second
                    second = s.b2 * value - s.a2 * out
                    y[t] = out
                }
                state[n] = SIMD2(first, second)
            }
        }
        return y
    }

    /// The state in which a constant input of one has been coming in for ever.
    private var restingState: [SIMD2<Double>] {
        var scale = 1.0
        return sections.map { s in
            let first = (s.b1 - s.a1 * s.b0 + s.b2 - s.a2 * s.b0) / (1 + s.a1 + s.a2)
            let second = (1 + s.a1) * first - (s.b1 - s.a1 * s.b0)
            let state = SIMD2(first, second) * scale
            scale *= (s.b0 + s.b1 + s.b2) / (1 + s.a1 + s.a2)
            return state
        }
    }
}

extension [Double] {
    /// The values with their mirror images through the first and the last one before and behind them.
    func continued(by edge: Int) throws(SignalError) -> [Double] {
        guard count > edge else {
            throw .mismatch("the filter needs more than \(edge) samples at once, and \(count) are there")
        }
        guard edge > 0 else { return self }
        let (first, last) = (self[0], self[count - 1])
        let before = self[1...edge].reversed().map { 2 * first - $0 }
        let behind = self[(count - 1 - edge)..<(count - 1)].reversed().map { 2 * last - $0 }
        return before + self + behind
    }
}
