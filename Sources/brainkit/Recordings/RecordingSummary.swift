import BrainData
import Foundation

/// What `info` shows of a recording.
struct RecordingSummary: Summary {
    struct Entry: Encodable {
        let name, kind, unit: String
        let rate: Double
        let reference: String?
        let isBad: Bool
    }

    let file: String
    let kind = "recording"
    let format: String
    let channels: [Entry]
    let samples: Int
    let seconds: Double
    let start: String?
    let segments: [Recording.Segment]
    let events: [Event]
    let repairs: [Repair]

    init(_ file: String, _ recording: Recording) {
        self.file = file
        (format, seconds, segments) = (recording.format, recording.duration, recording.segments)
        channels = recording.channels.map {
            Entry(
                name: $0.name, kind: $0.kind.rawValue, unit: $0.unit, rate: $0.rate, reference: $0.reference,
                isBad: $0.isBad)
        }
        samples = recording.channels.indices.map(recording.count).max() ?? 0
        start = recording.start.map { $0.formatted(.iso8601) }
        (events, repairs) = (recording.events, recording.repairs)
    }

    var rows: [[String]] {
        var rows = [["file", file], ["format", format], ["channels", kinds]]
        for (n, line) in Self.lines(channels.map(\.name)).enumerated() { rows.append([n == 0 ? "names" : "", line]) }
        let rates = Set(channels.map(\.rate)).sorted().map { String(format: "%.6g", $0) }
        rows.append(["rate", rates.joined(separator: ", ") + " Hz"])
        rows.append(["duration", String(format: "%.6g s (%d samples)", seconds, samples)])
        if let start { rows.append(["start", start]) }
        if segments.count > 1 { rows.append(["gaps", "\(segments.count - 1)"]) }
        rows.append(["events", counts])
        let bad = channels.filter(\.isBad).map(\.name)
        if !bad.isEmpty { rows.append(["marked bad", bad.joined(separator: " ")]) }
        return rows + repairs.map { ["repair", $0.description] }
    }

    private var kinds: String {
        let groups = Dictionary(grouping: channels, by: \.kind).mapValues(\.count)
        let parts = groups.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        return "\(channels.count): \(parts.joined(separator: ", "))"
    }

    private var counts: String {
        let groups = Dictionary(grouping: events, by: \.label).mapValues(\.count)
        let most = groups.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let parts = most.prefix(12).map { "\($0.key) × \($0.value)" }
        let more = most.count > 12 ? ", and \(most.count - 12) other labels" : ""
        return events.isEmpty ? "none" : "\(events.count): \(parts.joined(separator: ", "))\(more)"
    }

    /// Names in lines of about sixty characters.
    private static func lines(_ names: [String]) -> [String] {
        var lines: [String] = []
        for name in names {
            if let last = lines.last, last.count + name.count < 60 {
                lines[lines.count - 1] = last + " " + name
            } else {
                lines.append(name)
            }
        }
        return lines
    }
}
