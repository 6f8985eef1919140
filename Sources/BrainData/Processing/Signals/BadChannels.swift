import Foundation

/// A channel that does not look like the others, and why.
public struct BadChannel: Sendable, Equatable, Codable {
    /// In what it differs.
    public enum Reason: String, Sendable, Codable {
        /// It does not move, or holds values that are no numbers.
        case flat
        /// Its amplitude is far from the others'.
        case amplitude
        /// No other channel goes along with it.
        case correlation
    }

    public let channel: Int
    public let reason: Reason
    /// The deviation in robust standard deviations, or the share of seconds without correlation.
    public let score: Double
}

extension Signal {
    /// The EEG channels that stand out, by robust statistics of amplitude and correlation.
    ///
    /// After Bigdely-Shamlo et al., *The PREP pipeline*, Front. Neuroinform. 9, 2015: an amplitude (interquartile range) more
    /// than `deviations` robust standard deviations from the median channel's; or a best correlation with any other
    /// channel below `correlation` in more than a tenth of the seconds (PREP says a hundredth, of signals freed of drift by
    /// a method of its own). The signal should be high-pass filtered.
    public func badChannels(deviations: Double = 5, correlation: Double = 0.4) -> [BadChannel] {
        let electrodes = channels.indices.filter { channels[$0].kind == .eeg }
        let spreads = electrodes.map { Self.spread(row($0)) }
        let middle = Self.quantile(spreads.filter(\.isFinite), 0.5)
        let alive = electrodes.indices.filter { spreads[$0] > 1e-6 * middle && spreads[$0].isFinite }
        var found = electrodes.indices.filter { !alive.contains($0) }.map {
            BadChannel(channel: electrodes[$0], reason: .flat, score: spreads[$0])
        }
        let typical = Self.quantile(alive.map { spreads[$0] }, 0.5)
        let width =
            0.7413 * (Self.quantile(alive.map { spreads[$0] }, 0.75) - Self.quantile(alive.map { spreads[$0] }, 0.25))
        let lonely = lonelyShares(alive.map { electrodes[$0] }, correlation)
        for (n, place) in alive.enumerated() {
            let score = width > 0 ? (spreads[place] - typical) / width : 0
            if abs(score) > deviations {
                found.append(BadChannel(channel: electrodes[place], reason: .amplitude, score: score))
            } else if lonely[n] > 0.1 {
                found.append(BadChannel(channel: electrodes[place], reason: .correlation, score: lonely[n]))
            }
        }
        return found.sorted { $0.channel < $1.channel }
    }

    /// For each channel the share of seconds in which its best correlation with another stays below `least`.
    private func lonelyShares(_ picked: [Int], _ least: Double) -> [Double] {
        let length = max(2, Int(rate.rounded()))
        let windows = count / length
        guard picked.count > 2, windows > 0 else { return picked.map { _ in 0 } }
        var lonely = [Int](repeating: 0, count: picked.count)
        for window in 0..<windows {
            let rows = picked.map { channel -> [Double] in
                let part = values[channel * count + window * length..<channel * count + (window + 1) * length]
                let mean = part.reduce(0, +) / Double(length)
                let size = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
                return part.map { size > 0 ? ($0 - mean) / size : 0 }
            }
            let x = Matrix(rows: picked.count, columns: length, values: rows.flatMap { $0 })
            let correlations = x * x.transposed
            for a in picked.indices {
                let best = picked.indices.filter { $0 != a }.map { abs(correlations[a, $0]) }.max() ?? 1
                if best < least { lonely[a] += 1 }
            }
        }
        return lonely.map { Double($0) / Double(windows) }
    }

    /// The interquartile range, scaled to the standard deviation of normal numbers.
    private static func spread(_ row: [Double]) -> Double {
        guard row.allSatisfy(\.isFinite) else { return .nan }
        let sorted = row.sorted()
        return 0.7413 * (quantile(sorted: sorted, 0.75) - quantile(sorted: sorted, 0.25))
    }

    private static func quantile(_ values: [Double], _ share: Double) -> Double {
        quantile(sorted: values.sorted(), share)
    }

    private static func quantile(sorted values: [Double], _ share: Double) -> Double {
        guard let last = values.last else { return 0 }
        let place = share * Double(values.count - 1)
        let low = Int(place)
        return low + 1 < values.count ? values[low] + (values[low + 1] - values[low]) * (place - Double(low)) : last
    }
}
