import Foundation

/// Numbers and names as EDF's header holds them.
enum EDFText {
    /// A number with as few digits as bring it back, without an exponent.
    static func shortest(_ value: Double) -> String {
        for digits in 0...12 {
            let text = String(format: "%.\(digits)f", value)
            if Double(text) == value { return text }
        }
        return String(format: "%.12f", value)
    }

    /// A number in eight characters that is not inside of the given one; nil where eight do not suffice.
    static func number(_ value: Double, rounded rule: FloatingPointRoundingRule) -> String? {
        for digits in stride(from: 6, through: 0, by: -1) {
            let power = pow(10, Double(digits))
            let text = String(format: "%.\(digits)f", (value * power).rounded(rule) / power)
            if text.utf8.count <= 8 { return text }
        }
        return nil
    }

    /// Seconds with a sign, to the nanosecond.
    static func seconds(_ value: Double, signed: Bool) -> String {
        var text = String(format: "%.9f", abs(value))
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return (signed ? (value < 0 && text != "0" ? "-" : "+") : "") + text
    }

    /// Printable ASCII; a micro sign is spelled u.
    static func ascii(_ text: String) -> String {
        String(
            text.unicodeScalars.map { scalar in
                if scalar == "µ" || scalar == "μ" { return "u" }
                return (32...126).contains(scalar.value) ? Character(scalar) : "_"
            })
    }

    /// A field of fixed width, filled with blanks.
    static func field(_ text: String, _ width: Int) -> Data {
        let bytes = Array(ascii(text).utf8.prefix(width))
        return Data(bytes + [UInt8](repeating: 32, count: width - bytes.count))
    }
}

/// The time-stamped annotation lists of all records.
struct EDFAnnotations {
    /// Bytes of a record's annotations.
    let width: Int
    /// What stands in each record, zeros behind it left out.
    let fields: [Data]

    init(_ recording: Recording, _ layout: EDFLayout) {
        let fraction = recording.start.map { EDFAnnotations.fraction($0) } ?? 0
        let lists = recording.events.map { EDFAnnotations.list($0, after: fraction) }
        let starts = (0..<layout.records).map { record in
            let position = Double(record) * layout.seconds
            let segment = recording.segments.last { $0.position <= position + 1e-6 } ?? recording.segments[0]
            let onset = fraction + segment.onset + position - segment.position
            return Data((EDFText.seconds(onset, signed: true) + "\u{14}\u{14}\0").utf8)
        }
        let total = lists.reduce(0) { $0 + $1.count }
        let most = (starts.map(\.count).max() ?? 0) + (lists.map(\.count).max() ?? 0)
        let needed = most + (layout.records > 0 ? total / layout.records + 1 : 0)
        width = (max(needed, 16) + 1) / 2 * 2
        var fields = starts
        var record = 0
        for list in lists where !fields.isEmpty {
            while record < fields.count - 1, fields[record].count + list.count > width { record += 1 }
            fields[record].append(list)
        }
        self.fields = fields
    }

    static func fraction(_ date: Date) -> Double {
        let seconds = date.timeIntervalSince1970
        let fraction = seconds - seconds.rounded(.down)
        return (fraction * 1e6).rounded() / 1e6
    }

    private static func list(_ event: Event, after start: Double) -> Data {
        var text = EDFText.seconds(event.onset + start, signed: true)
        if event.duration > 0 { text += "\u{15}" + EDFText.seconds(event.duration, signed: false) }
        let label = String(String.UnicodeScalarView(event.label.unicodeScalars.map { $0.value < 32 ? " " : $0 }))
        return Data((text + "\u{14}" + label + "\u{14}\0").utf8)
    }
}
