public import BrainData
import Foundation

/// The plainest decoder of motor imagery: the logarithm of each channel's power in some bands, and linear discriminants.
public struct BandPowerDecoder: TrialDecoder, Codable {
    public let classes: [String]
    private let filters: [IIRFilter]
    private let discriminant: LinearDiscriminant

    /// - Parameter bands: in hertz; Butterworth band-passes of order 4, run both ways.
    public init(
        training epochs: Epochs, bands: [(low: Double, high: Double)] = [(8, 13), (13, 30)]
    ) throws(SignalError) {
        classes = epochs.classes
        var filters: [IIRFilter] = []
        for band in bands {
            filters.append(try .butterworth(order: 4, .bandpass(band.low, band.high), rate: epochs.rate))
        }
        self.filters = filters
        let labels = epochs.labels.map { [classes] label in classes.firstIndex(of: label) ?? 0 }
        discriminant = try LinearDiscriminant(
            try Self.features(epochs, filters), labels, count: classes.count)
    }

    public func probabilities(_ epochs: Epochs) throws(SignalError) -> [[Double]] {
        try check(channels: epochs.channels.count)
        return try Self.features(epochs, filters).map(discriminant.probabilities)
    }

    func check(channels: Int) throws(SignalError) {
        guard !filters.isEmpty, discriminant.fits(width: channels * filters.count, classes: classes.count) else {
            throw .mismatch("the decoder did not learn from \(channels) channels")
        }
    }

    private static func features(_ epochs: Epochs, _ filters: [IIRFilter]) throws(SignalError) -> [[Double]] {
        var rows = [[Double]](repeating: [], count: epochs.trials)
        for trial in 0..<epochs.trials {
            let signal = epochs.signal(trial)
            for filter in filters {
                let filtered = try filter.zeroPhase(signal)
                for channel in signal.channels.indices {
                    let power = filtered.row(channel).reduce(0) { $0 + $1 * $1 } / Double(signal.count)
                    rows[trial].append(log(max(power, 1e-300)))
                }
            }
        }
        return rows
    }
}
