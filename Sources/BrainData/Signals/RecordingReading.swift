import Dispatch

extension Recording {
    /// Samples of one channel.
    ///
    /// - Precondition: the range lies inside the channel.
    public func samples(_ channel: Int, _ range: Range<Int>) throws(SignalError) -> [Double] {
        try picking([channel]).signal(range).values
    }

    /// A window of channels that share a rate.
    ///
    /// - Parameters:
    ///   - range: samples; all if left out. What lies outside is left out.
    ///   - limit: the most memory to take, in bytes.
    /// - Throws: ``SignalError/mismatch(_:)`` where the channels have several rates (pick those of one), and
    ///   ``SignalError/tooLarge(path:bytes:limit:)``.
    public func signal(_ range: Range<Int>? = nil, limit: Int = .max) throws(SignalError) -> Signal {
        guard let rate = channels.first?.rate else { throw .mismatch("no channel was picked from \(path)") }
        if let other = channels.first(where: { abs($0.rate - rate) > 1e-9 * rate }) {
            throw .mismatch(
                "the channels of \(path) have several rates (\(channels[0].name) \(rate) Hz, \(other.name) \(other.rate) "
                    + "Hz): pick those of one rate, or resample")
        }
        let whole = 0..<(channels.indices.map(count).min() ?? 0)
        let window = range?.clamped(to: whole) ?? whole
        let (bytes, overflow) = (channels.count * 8).multipliedReportingOverflow(by: window.count)
        guard !overflow, bytes <= limit else {
            throw .tooLarge(path: path, bytes: overflow ? .max : bytes, limit: limit)
        }
        return Signal(channels: channels, rate: rate, count: window.count, values: values(of: window))
    }

    /// The channels that hold most of the recording: those of the commonest rate that are no trigger lines.
    public var mainChannels: [Int] {
        let signals = channels.indices.filter { channels[$0].kind != .stimulus }
        let byRate = Dictionary(grouping: signals) { channels[$0].rate }
        return byRate.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }?.value ?? []
    }

    /// The codes of the trigger lines, as events; a line that changes at a sample has one event there.
    ///
    /// - Parameter mask: the bits that carry the code; BioSemi's status line has other things in its upper eight.
    public func triggers(mask: Int = 0xFFFF) throws(SignalError) -> [Event] {
        var events: [Event] = []
        for n in channels.indices where channels[n].kind == .stimulus {
            let rate = channels[n].rate
            for (sample, code) in Event.triggers(in: try samples(n, 0..<count(of: n)), mask: mask) {
                events.append(Event(onset: time(ofSample: sample, rate: rate), label: "\(code)", channel: n))
            }
        }
        return events.sorted { $0.onset < $1.onset }
    }

    /// Seconds after the first sample at which a sample was taken, gaps counted.
    public func time(ofSample sample: Int, rate: Double) -> Double {
        let position = Double(sample) / rate
        let segment = segments.last { $0.position <= position + 0.5 / rate } ?? segments[0]
        return segment.onset + position - segment.position
    }

    /// Blocks of time are read in turn so that interleaved samples are fetched from memory once.
    private func values(of window: Range<Int>) -> [Double] {
        let (count, block) = (window.count, 16_384)
        let blocks = (count + block - 1) / block
        return [Double](unsafeUninitializedCapacity: channels.count * count) { target, filled in
            nonisolated(unsafe) let out = target
            let (source, rows) = (source, rows)
            DispatchQueue.concurrentPerform(iterations: blocks) { part in
                let from = part * block
                let length = min(block, count - from)
                for (place, row) in rows.enumerated() {
                    let piece = UnsafeMutableBufferPointer(
                        rebasing: out[place * count + from..<place * count + from + length])
                    source.read(row, from: window.lowerBound + from, into: piece)
                }
            }
            filled = channels.count * count
        }
    }
}
