public import BrainData

/// What trials go through before a network: a band of frequencies, a rate, spatial filters, a scale. What it knows of the data
/// it learned from the training trials.
public struct TrialPreparation: Codable, Sendable, Equatable {
    /// How values are brought to a common scale.
    public enum Scaling: String, Codable, Sendable, CaseIterable {
        /// By one mean and deviation of all training trials.
        case training
        /// By each trial's and channel's own mean and deviation.
        case trial
        /// By each channel's running mean and deviation, ``Signal/exponentiallyStandardised(factor:initial:epsilon:)``.
        case running
    }

    /// What is chosen before any trial is seen.
    public struct Settings: Codable, Sendable, Equatable {
        /// The ends of a Butterworth band-pass of order 4 in hertz, run both ways within each trial; nil for none.
        public var band: [Double]? = [4, 40]
        /// Samples a second; that of the trials if nil.
        public var rate: Double?
        /// Common spatial patterns: of each class against the rest, or in all where there are two classes; 0 for none.
        public var patterns = 0
        public var scaling = Scaling.trial

        public init() {}
    }

    public let settings: Settings
    private let filters: [[Double]]
    private let mean, deviation: Double

    /// Learns from training trials.
    public init(_ epochs: Epochs, _ settings: Settings) throws(SignalError) {
        self.settings = settings
        var found: CommonSpatialPatterns?
        let filtered = try Self.filtered(epochs, settings)
        if settings.patterns > 0 {
            let count = min(settings.patterns, epochs.channels.count)
            found =
                epochs.classes.count == 2
                ? try .twoClass(filtered, epochs.classes[0], epochs.classes[1], filters: max(2, count / 2 * 2))
                : try .oneVersusRest(filtered, filters: count)
        }
        filters =
            found.map { found in
                (0..<found.filters.rows).map { row in
                    (0..<found.filters.columns).map { found.filters[row, $0] }
                }
            } ?? []
        let values = try Self.mixed(filtered, filters).values
        guard !values.isEmpty, values.allSatisfy(\.isFinite) else {
            throw .mismatch("there are no trials to learn from, or they hold values that are no numbers")
        }
        let mean = values.reduce(0, +) / Double(values.count)
        self.mean = mean
        deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    }

    /// The trials as a network gets them.
    public func callAsFunction(_ epochs: Epochs) throws(SignalError) -> Epochs {
        let mixed = try Self.mixed(Self.filtered(epochs, settings), filters)
        switch settings.scaling {
        case .running:
            let initial = min(mixed.count, Int(mixed.rate))
            return try mixed.mapping { signal throws(SignalError) in
                signal.exponentiallyStandardised(initial: initial)
            }
        case .training:
            var copy = mixed
            let (mean, factor) = (mean, 1 / max(deviation, 1e-300))
            copy.values.withUnsafeMutableBufferPointer { values in
                for n in values.indices { values[n] = (values[n] - mean) * factor }
            }
            return copy
        case .trial:
            var copy = mixed
            let count = mixed.count
            copy.values.withUnsafeMutableBufferPointer { values in
                guard count > 0 else { return }
                for start in stride(from: 0, to: values.count, by: count) {
                    Self.scale(UnsafeMutableBufferPointer(rebasing: values[start..<start + count]))
                }
            }
            return copy
        }
    }

    private static func scale(_ row: UnsafeMutableBufferPointer<Double>) {
        let mean = row.reduce(0, +) / Double(row.count)
        let power = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
        let factor = power > 0 ? 1 / power.squareRoot() : 0
        for n in row.indices { row[n] = (row[n] - mean) * factor }
    }

    private static func filtered(_ epochs: Epochs, _ settings: Settings) throws(SignalError) -> Epochs {
        var filter: IIRFilter?
        if let band = settings.band {
            guard band.count == 2 else { throw .mismatch("a band has two ends, not \(band.count)") }
            filter = try .butterworth(order: 4, .bandpass(band[0], band[1]), rate: epochs.rate)
        }
        let rate = settings.rate ?? epochs.rate
        return try epochs.mapping { signal throws(SignalError) in
            let narrow = try filter?.zeroPhase(signal) ?? signal
            return rate == signal.rate ? narrow : try narrow.resampled(to: rate)
        }
    }

    private static func mixed(_ epochs: Epochs, _ filters: [[Double]]) throws(SignalError) -> Epochs {
        guard let width = filters.first?.count else { return epochs }
        guard filters.allSatisfy({ $0.count == epochs.channels.count }) else {
            throw .mismatch("the decoder learned from \(width) channels, and \(epochs.channels.count) are there")
        }
        let matrix = Matrix(rows: filters.count, columns: width, values: filters.flatMap { $0 })
        return try epochs.mapping { signal throws(SignalError) in
            let mixed = matrix * Matrix(rows: width, columns: signal.count, values: signal.values)
            let channels = filters.indices.map { Channel(name: "CSP\($0 + 1)", unit: "", rate: signal.rate) }
            return Signal(channels: channels, rate: signal.rate, count: signal.count, values: mixed.values)
        }
    }
}
