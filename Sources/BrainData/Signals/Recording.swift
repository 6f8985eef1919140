public import Foundation

/// An EEG recording as it lies in its file: channels, events, and samples that are read where and when they are wanted.
///
/// The file is mapped, so recordings larger than memory can be read window by window. Values are in each channel's
/// own unit.
public struct Recording: Sendable {
    /// A stretch without a gap.
    public struct Segment: Sendable, Equatable, Codable {
        /// Seconds from the recording's first sample to the segment's first.
        public var onset: Double
        /// Seconds of samples before the segment, gaps not counted.
        public var position: Double

        public init(onset: Double, position: Double) { (self.onset, self.position) = (onset, position) }
    }

    /// The format's name, such as “EDF+C”.
    public var format: String
    public var channels: [Channel]
    public var events: [Event] = []
    /// The stretches without gaps, one for an ordinary recording.
    public var segments = [Segment(onset: 0, position: 0)]
    /// When the first sample was taken; the file's wall clock is taken for universal time.
    public var start: Date?
    /// The subject and the recording, in the file's words; empty where it has none.
    public var subject = ""
    public var comment = ""
    /// What was odd in the file and what was taken instead.
    public var repairs: [Repair] = []
    /// The file, for errors.
    let path: String
    /// Where each channel's samples are, by its place in ``channels``.
    var rows: [Int]
    let source: any SampleSource

    init(format: String, path: String, channels: [Channel], source: any SampleSource) {
        (self.format, self.path, self.channels, self.source) = (format, path, channels, source)
        rows = Array(channels.indices)
    }

    /// A recording of samples in memory.
    public init(
        _ signal: Signal, events: [Event] = [], start: Date? = nil,
        segments: [Segment] = [Segment(onset: 0, position: 0)]
    ) {
        let rows = signal.channels.indices.map(signal.row)
        self.init(format: "memory", path: "a recording in memory", channels: signal.channels, source: HeldSamples(rows))
        (self.events, self.start, self.segments) = (events, start, segments)
    }

    /// Samples of a channel.
    public func count(of channel: Int) -> Int { source.count(of: rows[channel]) }

    /// Seconds of samples in the longest channel, gaps not counted.
    public var duration: Double {
        channels.indices.map { Double(count(of: $0)) / channels[$0].rate }.max() ?? 0
    }

    /// The same recording with only some of its channels.
    public func picking(_ picked: [Int]) -> Recording {
        var copy = self
        (copy.channels, copy.rows) = (picked.map { channels[$0] }, picked.map { rows[$0] })
        return copy
    }

    /// The place of a channel by its name, letter case aside.
    public func index(of name: String) -> Int? {
        channels.firstIndex { $0.name == name } ?? channels.firstIndex { $0.name.lowercased() == name.lowercased() }
    }

    /// The sample of a channel at a time on the recording's clock; times inside a gap give the next sample there is.
    public func sample(at onset: Double, rate: Double) -> Int {
        guard onset.isFinite else { return 0 }
        let place = segments.lastIndex { $0.onset <= onset + 0.5 / rate } ?? 0
        var position = segments[place].position + max(0, onset - segments[place].onset)
        if place + 1 < segments.count { position = min(position, segments[place + 1].position) }
        return Int((min(position, 1e12) * rate).rounded())
    }
}
