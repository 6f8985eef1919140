public import BrainData

/// A trained decoder and all that it takes to use it on recordings and streams: channels, rate, window, events.
public struct RecordingDecoder: Sendable {
    /// What recordings have to bring, and how trials are cut.
    public struct Settings: Codable, Sendable, Equatable {
        /// Names, in the order of training.
        public var channels: [String]
        public var rate: Double
        /// Seconds from the event to the first sample of a trial.
        public var start: Double
        /// Samples of a trial.
        public var samples: Int
        /// Events and what they were called in training; empty where training had trials instead of recordings.
        public var labels: [String: String]
        /// The band that whole recordings go through first, forwards alone; nil for none.
        public var causalBand: [Double]?

        public init(
            channels: [String], rate: Double, start: Double, samples: Int, labels: [String: String] = [:],
            causalBand: [Double]? = nil
        ) {
            (self.channels, self.rate, self.start, self.samples) = (channels, rate, start, samples)
            (self.labels, self.causalBand) = (labels, causalBand)
        }
    }

    /// What the decoder says of one stretch of a recording.
    public struct Decision: Codable, Sendable, Equatable {
        /// Seconds on the recording's clock: the event, or the end of a window.
        public let onset: Double
        /// The event's own label; nil for a window.
        public let event: String?
        /// The most probable class.
        public let label: String
        /// In the order of the decoder's classes.
        public let probabilities: [Double]
    }

    public let settings: Settings
    public let decoder: TrainedDecoder
    public var classes: [String] { decoder.classes }

    /// - Throws: ``SignalError/mismatch(_:)`` for settings that no recording can meet.
    public init(_ settings: Settings, _ decoder: TrainedDecoder) throws(SignalError) {
        guard !settings.channels.isEmpty, settings.rate > 0, settings.rate < 1e7,
            (1...100_000_000).contains(settings.samples),
            abs(settings.start) < 1e6, settings.causalBand.map({ $0.count == 2 && $0[0] < $0[1] }) ?? true,
            !decoder.classes.isEmpty
        else { throw .mismatch("a decoder's settings name channels, a rate, a window and a band that ascends") }
        (self.settings, self.decoder) = (settings, decoder)
    }

    /// The filter of whole recordings, from rest.
    public func filter() throws(SignalError) -> CausalFilter? {
        guard let band = settings.causalBand else { return nil }
        return try .band(band[0]...band[1], rate: settings.rate)
    }

    /// What is said of rows of samples, one a channel, put through the filter already.
    public func probabilities(_ window: [[Double]]) throws(SignalError) -> [Double] {
        try probabilities(epochs(of: window.flatMap { $0 }, trials: 1))[0]
    }

    private func probabilities(_ epochs: Epochs) throws(SignalError) -> [[Double]] {
        let rows = try decoder.probabilities(epochs)
        guard rows.count == epochs.trials, rows.allSatisfy({ $0.count == classes.count }) else {
            throw .mismatch("the decoder gave \(rows.count) answers for \(epochs.trials) trials")
        }
        return rows
    }

    private func epochs(of values: [Double], trials: Int) throws(SignalError) -> Epochs {
        guard values.count == trials * settings.channels.count * settings.samples else {
            throw .mismatch("a trial has \(settings.samples) samples of \(settings.channels.count) channels")
        }
        return Epochs(
            channels: settings.channels.map { Channel(name: $0, rate: settings.rate) }, rate: settings.rate,
            start: settings.start, count: settings.samples, labels: Array(repeating: "", count: trials), values: values)
    }

    /// The recording's channels in the order of training, through the filter.
    private func signal(of recording: Recording, limit: Int) throws(SignalError) -> Signal {
        var picked: [Int] = []
        for name in settings.channels {
            guard let channel = recording.index(of: name) else {
                throw .mismatch("the recording lacks the channel \(name), from which the decoder learned")
            }
            picked.append(channel)
        }
        let signal = try recording.picking(picked).signal(limit: limit)
        guard abs(signal.rate - settings.rate) <= 1e-6 * settings.rate else {
            throw .mismatch("the recording has \(signal.rate) Hz, and the decoder learned from \(settings.rate) Hz")
        }
        return try filter()?.whole(signal) ?? signal
    }

    /// What is said of each event, those of training if none are named. Events whose stretch reaches over an end are left out.
    public func decisions(
        of recording: Recording, events: Set<String>? = nil, limit: Int = .max
    ) throws(SignalError) -> [Decision] {
        let wanted = events ?? Set(settings.labels.keys)
        let signal = try signal(of: recording, limit: limit)
        var decisions: [Decision] = []
        for event in recording.events where wanted.contains(event.label) {
            let start =
                recording.sample(at: event.onset, rate: settings.rate) + Int((settings.start * settings.rate).rounded())
            guard start >= 0, start + settings.samples <= signal.count else { continue }
            decisions.append(try decision(signal, from: start, onset: event.onset, event: event.label))
        }
        return decisions
    }

    /// What is said at every step of time, of the samples up to it.
    ///
    /// - Parameter step: samples from one decision to the next.
    public func decisions(of recording: Recording, every step: Int, limit: Int = .max) throws(SignalError) -> [Decision]
    {
        guard step > 0 else { throw .mismatch("a step has one sample or more") }
        let signal = try signal(of: recording, limit: limit)
        var decisions: [Decision] = []
        for end in stride(from: firstDecision(every: step), through: signal.count, by: step) {
            decisions.append(
                try decision(signal, from: end - settings.samples, onset: Double(end) / settings.rate, event: nil))
        }
        return decisions
    }

    /// Samples before the first decision: whole steps that fill a window.
    public func firstDecision(every step: Int) -> Int { (settings.samples + step - 1) / step * step }

    private func decision(
        _ signal: Signal, from start: Int, onset: Double, event: String?
    ) throws(SignalError) -> Decision {
        let rows = signal.channels.indices.map { channel in
            Array(signal.values[channel * signal.count + start..<channel * signal.count + start + settings.samples])
        }
        return decision(try probabilities(rows), onset: onset, event: event)
    }

    func decision(_ row: [Double], onset: Double, event: String?) -> Decision {
        let most = row.indices.max { row[$0] < row[$1] } ?? 0
        return Decision(onset: onset, event: event, label: classes[most], probabilities: row)
    }
}
