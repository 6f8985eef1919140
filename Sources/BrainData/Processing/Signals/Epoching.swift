import Foundation

extension Epochs {
    /// A stretch that was left out.
    public struct Dropped: Sendable, Equatable, Codable {
        /// The event's place among those asked for.
        public let event: Int
        public let label: String
        public let why: String

        public init(event: Int, label: String, why: String) { (self.event, self.label, self.why) = (event, label, why) }
    }

    /// Cuts a stretch around each event whose label is wanted.
    ///
    /// - Parameters:
    ///   - recording: its channels have to share a rate.
    ///   - labels: the events to take and what their trials are called.
    ///   - window: seconds from the event to the first sample, and to the one behind the last.
    ///   - events: those of the recording if left out.
    /// - Returns: the trials in order of time, and the events whose stretch reaches over an end or a gap.
    public static func cut(
        _ recording: Recording, labels: [String: String], window: ClosedRange<Double>, events: [Event]? = nil
    ) throws(SignalError) -> (epochs: Epochs, dropped: [Dropped]) {
        guard let rate = recording.channels.first?.rate else { throw .mismatch("no channel was picked") }
        let (before, behind) = ((window.lowerBound * rate).rounded(), (window.upperBound * rate).rounded())
        guard behind > before, behind - before < 1e9 else {
            throw .mismatch("a stretch of \(window) s holds no sample")
        }
        let count = Int(behind - before)
        let ends = recording.segments.dropFirst().map { Int(($0.position * rate).rounded()) }
        let whole = recording.channels.indices.map(recording.count).min() ?? 0
        var (values, names, dropped) = ([Double](), [String](), [Dropped]())
        let wanted = (events ?? recording.events).filter { labels[$0.label] != nil }
        for (n, event) in wanted.enumerated() {
            let start = recording.sample(at: event.onset, rate: rate) + Int(before)
            guard event.onset >= -0.5 / rate, start >= 0, start + count <= whole else {
                dropped.append(Dropped(event: n, label: event.label, why: "reaches over an end of the recording"))
                continue
            }
            guard !ends.contains(where: { $0 > start && $0 < start + count }) else {
                dropped.append(Dropped(event: n, label: event.label, why: "reaches over a gap"))
                continue
            }
            values += try recording.signal(start..<start + count).values
            names.append(labels[event.label] ?? event.label)
        }
        let epochs = Epochs(
            channels: recording.channels, rate: rate, start: before / rate, count: count, labels: names, values: values)
        return (epochs, dropped)
    }

    /// Every channel of every trial freed of its mean over a part of the stretch.
    ///
    /// - Parameter window: seconds from the event, both ends included, such as `-0.2...0`.
    public func baselineCorrected(_ window: ClosedRange<Double>) throws(SignalError) -> Epochs {
        let times = (0..<count).filter {
            let time = start + Double($0) / rate
            return time >= window.lowerBound - 1e-9 && time <= window.upperBound + 1e-9
        }
        guard let first = times.first, let last = times.last else {
            throw .mismatch("the baseline \(window) s lies outside of the trials")
        }
        var copy = self
        for row in 0..<trials * channels.count {
            let begin = row * count
            let mean = values[begin + first...begin + last].reduce(0, +) / Double(last - first + 1)
            for t in begin..<begin + count { copy.values[t] -= mean }
        }
        return copy
    }

    /// Leaves out trials with an EEG channel that swings too far, or hardly at all.
    ///
    /// - Parameters:
    ///   - most: difference between a channel's highest and lowest value, in its unit; channels marked
    ///     as bad are not asked.
    ///   - least: the same, for channels that are off.
    public func rejecting(above most: Double? = nil, below least: Double? = nil) -> (epochs: Epochs, dropped: [Dropped])
    {
        var (kept, dropped) = ([Int](), [Dropped]())
        let asked = channels.indices.filter { channels[$0].kind == .eeg && !channels[$0].isBad }
        for trial in 0..<trials {
            let fault = asked.lazy.compactMap { channel -> String? in
                let begin = (trial * self.channels.count + channel) * self.count
                let row = self.values[begin..<begin + self.count]
                let swing = (row.max() ?? 0) - (row.min() ?? 0)
                let name = self.channels[channel].name
                if !row.allSatisfy(\.isFinite) { return "\(name) holds values that are no numbers" }
                if let most, swing > most { return "\(name) swings by \(swing), more than \(most)" }
                if let least, swing < least { return "\(name) swings by \(swing), less than \(least)" }
                return nil
            }.first
            if let fault {
                dropped.append(Dropped(event: trial, label: labels[trial], why: fault))
            } else {
                kept.append(trial)
            }
        }
        return (picking(kept), dropped)
    }
}
