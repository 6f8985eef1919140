public import BrainData

/// Common spatial patterns and linear discriminants, the classical decoder of motor imagery (MOABB's `CSP + LDA`).
public struct SpatialPatternDecoder: TrialDecoder, Codable {
    public let classes: [String]
    private let filter: IIRFilter
    private let patterns: CommonSpatialPatterns
    private let discriminant: LinearDiscriminant

    /// - Parameters:
    ///   - band: in hertz; 8 to 32 where nothing is said, or to nine tenths of half the rate where that is less.
    ///   - filters: of two classes together, or of each class where there are more; cut to what the channels allow.
    public init(
        training epochs: Epochs, band: (low: Double, high: Double)? = nil, filters: Int = 6
    ) throws(SignalError) {
        classes = epochs.classes
        let filter = try epochs.motorBand(band)
        self.filter = filter
        let filtered = try epochs.mapping { signal throws(SignalError) in try filter.zeroPhase(signal) }
        if classes.count == 2 {
            let pairs = max(2, min(filters, epochs.channels.count) / 2 * 2)
            patterns = try .twoClass(filtered, classes[0], classes[1], filters: pairs)
        } else {
            patterns = try .oneVersusRest(filtered, filters: min(filters, epochs.channels.count))
        }
        let labels = epochs.labels.map { [classes] label in classes.firstIndex(of: label) ?? 0 }
        discriminant = try LinearDiscriminant(patterns.features(filtered), labels, count: classes.count)
    }

    public func probabilities(_ epochs: Epochs) throws(SignalError) -> [[Double]] {
        try check(channels: epochs.channels.count)
        let filter = filter
        let filtered = try epochs.mapping { signal throws(SignalError) in try filter.zeroPhase(signal) }
        return patterns.features(filtered).map(discriminant.probabilities)
    }

    func check(channels: Int) throws(SignalError) {
        let filters = patterns.filters
        guard filters.columns == channels, discriminant.fits(width: filters.rows, classes: classes.count) else {
            throw .mismatch("the decoder learned from \(filters.columns) channels, and \(channels) are there")
        }
    }
}

extension Epochs {
    /// The band-pass of the rhythms over the motor cortex, or another one that was asked for.
    func motorBand(_ band: (low: Double, high: Double)?) throws(SignalError) -> IIRFilter {
        let band = band ?? (8, min(32, 0.45 * rate))
        return try .butterworth(order: 4, .bandpass(band.low, band.high), rate: rate)
    }
}
