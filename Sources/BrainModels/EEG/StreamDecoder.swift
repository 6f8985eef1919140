public import BrainData

/// Decides again and again while samples come in, on those that have come in so far. The decisions are, bit by bit, those of
/// ``RecordingDecoder/decisions(of:every:limit:)`` on the same samples in a file.
public struct StreamDecoder: Sendable {
    private let decoder: RecordingDecoder
    private let step: Int
    private var filter: CausalFilter?
    /// The last samples of each channel, the oldest first.
    private var held: [[Double]]
    /// Samples seen so far.
    public private(set) var count = 0

    /// - Parameter step: samples from one decision to the next.
    public init(_ decoder: RecordingDecoder, every step: Int) throws(SignalError) {
        guard step > 0 else { throw .mismatch("a step has one sample or more") }
        (self.decoder, self.step) = (decoder, step)
        filter = try decoder.filter()
        held = Array(repeating: [], count: decoder.settings.channels.count)
    }

    /// Takes the next samples.
    ///
    /// - Parameter rows: one a channel, in the order of training, equally long.
    /// - Returns: the decisions that fell due.
    public mutating func next(_ rows: [[Double]]) throws(SignalError) -> [RecordingDecoder.Decision] {
        guard rows.count == held.count, let length = rows.first?.count, rows.allSatisfy({ $0.count == length }) else {
            throw .mismatch(
                "samples of \(held.count) channels come in, and \(rows.count) came or not equally many of each")
        }
        let filtered = filter?.next(rows) ?? rows
        var (decisions, done) = ([RecordingDecoder.Decision](), 0)
        while done < length {
            let part = min(length - done, step - count % step)
            for n in held.indices {
                held[n] += filtered[n][done..<done + part]
                let surplus = held[n].count - decoder.settings.samples
                if surplus > 0 { held[n].removeFirst(surplus) }
            }
            (done, count) = (done + part, count + part)
            guard count % step == 0, count >= decoder.settings.samples else { continue }
            let row = try decoder.probabilities(held)
            decisions.append(decoder.decision(row, onset: Double(count) / decoder.settings.rate, event: nil))
        }
        return decisions
    }
}
