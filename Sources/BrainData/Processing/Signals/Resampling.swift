import Foundation

extension Signal {
    /// The signal at another rate, by a polyphase filter that cuts what the new rate cannot hold.
    ///
    /// - Parameter rate: in hertz; its ratio to the old one has to be one of whole numbers up to 10,000.
    public func resampled(to rate: Double) throws(SignalError) -> Signal {
        guard rate > 0, rate.isFinite, let (up, down) = Self.ratio(rate / self.rate) else {
            throw .mismatch("\(self.rate) Hz to \(rate) Hz is no ratio of whole numbers up to 10,000")
        }
        return mappingRows(rate: rate) { Resampling.polyphase($0, up: up, down: down) }
    }

    /// The continued fraction of a ratio.
    static func ratio(_ value: Double) -> (up: Int, down: Int)? {
        var (p0, q0, p1, q1) = (0, 1, 1, 0)
        var rest = value
        for _ in 0..<32 {
            guard rest.isFinite, rest < 1e9 else { return nil }
            let whole = Int(rest.rounded(.down))
            (p0, q0, p1, q1) = (p1, q1, whole * p1 + p0, whole * q1 + q0)
            guard p1 <= 10_000, q1 <= 10_000 else { return nil }
            if abs(Double(p1) / Double(q1) - value) <= 1e-9 * value { return p1 > 0 ? (p1, q1) : nil }
            rest = 1 / (rest - Double(whole))
        }
        return nil
    }
}

/// Changes of the sampling rate by a ratio of whole numbers.
public enum Resampling {
    /// A signal `up/down` times as long. Beyond its ends the signal counts as zero.
    ///
    /// The low-pass is a sinc of `20 · max(up, down) + 1` taps under a Kaiser window with β = 5: that of scipy's
    /// `resample_poly`.
    ///
    /// - Precondition: both are above zero.
    public static func polyphase(_ x: [Double], up: Int, down: Int) -> [Double] {
        precondition(up > 0 && down > 0, "\(up)/\(down)")
        let common = divisor(up, down)
        let (up, down) = (up / common, down / common)
        guard up != down, !x.isEmpty else { return x }
        let half = 10 * max(up, down)
        let taps = lowpass(half: half, edge: 1 / Double(max(up, down))).map { $0 * Double(up) }
        let count = (x.count * up + down - 1) / down
        return [Double](unsafeUninitializedCapacity: count) { target, filled in
            x.withUnsafeBufferPointer { x in
                taps.withUnsafeBufferPointer { taps in
                    for n in 0..<count {
                        // Input sample j meets the tap n·down + half − j·up.
                        let place = n * down + half
                        let first = max(0, (place - 2 * half + up - 1) / up)
                        let last = min(x.count - 1, place / up)
                        var sum = 0.0
                        if first <= last { for j in first...last { sum += x[j] * taps[place - j * up] } }
                        target[n] = sum
                    }
                }
            }
            filled = count
        }
    }

    private static func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }

    private static func lowpass(half: Int, edge: Double) -> [Double] {
        let beta = 5.0
        let taps = (0...2 * half).map { n -> Double in
            let m = Double(n - half)
            let x = m * edge
            let sinc = x == 0 ? 1 : sin(.pi * x) / (.pi * x)
            let place = m / Double(half)
            return edge * sinc * bessel(beta * (1 - place * place).squareRoot()) / bessel(beta)
        }
        let sum = taps.reduce(0, +)
        return taps.map { $0 / sum }
    }

    /// The modified Bessel function of order zero.
    private static func bessel(_ x: Double) -> Double {
        var (sum, term, n) = (1.0, 1.0, 1.0)
        while term > sum * 1e-18 {
            term *= (x / 2 / n) * (x / 2 / n)
            sum += term
            n += 1
        }
        return sum
    }
}
