/// Something that happened during a recording: a stimulus, a response, a remark of the technician.
public struct Event: Sendable, Equatable, Codable {
    /// Seconds after the first sample, on the clock of the recording.
    public var onset: Double
    /// Seconds; 0 for a moment.
    public var duration: Double
    /// What the file calls it, such as “T1”, “769” or “Stimulus/S255”.
    public var label: String
    /// The channel that it belongs to, or nil for all of them.
    public var channel: Int?

    public init(onset: Double, duration: Double = 0, label: String, channel: Int? = nil) {
        (self.onset, self.duration, self.label, self.channel) = (onset, duration, label, channel)
    }
}

extension Event {
    /// The codes of a trigger line: one event wherever the value changes to another than zero.
    ///
    /// - Parameters:
    ///   - values: the line's samples.
    ///   - mask: the bits that carry the code; BioSemi's status line has other things in its upper eight.
    /// - Returns: the sample and the code of each event.
    public static func triggers(in values: [Double], mask: Int = 0xFFFF) -> [(sample: Int, code: Int)] {
        var events: [(sample: Int, code: Int)] = []
        var last = 0
        for (sample, value) in values.enumerated() {
            guard abs(value) < 0x1p62 else { continue }
            let code = Int(value) & mask
            if code != last, code != 0 { events.append((sample, code)) }
            last = code
        }
        return events
    }
}
