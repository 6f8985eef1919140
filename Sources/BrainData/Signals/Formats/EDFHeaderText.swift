import Foundation

/// The header of an EDF+ file.
struct EDFHeaderText {
    private(set) var bytes = Data()

    init(
        _ recording: Recording, _ layout: EDFLayout, _ scales: [EDFScale], _ annotationBytes: Int,
        _ notes: inout [String]
    ) {
        let signals = recording.channels.count + 1
        put("0", 8)
        put(Self.subject(recording.subject), 80)
        put("Startdate \(Self.day(recording.start)) X X X", 80)
        let (date, time) = Self.clock(recording.start)
        put(date, 8)
        put(time, 8)
        put("\(256 * (signals + 1))", 8)
        put(recording.segments.count > 1 ? "EDF+D" : "EDF+C", 44)
        put("\(layout.records)", 8)
        put(layout.secondsText, 8)
        put("\(signals)", 4)
        let labels = Self.labels(recording.channels, &notes)
        putAll(labels + ["EDF Annotations"], 16)
        putAll([String](repeating: "", count: signals), 80)
        putAll(scales.map(\.unit) + [""], 8)
        for place in 0..<4 { putAll(scales.map { $0.texts[place] } + [["-1", "1", "-32768", "32767"][place]], 8) }
        putAll(recording.channels.map(\.filtering) + [""], 80)
        putAll(layout.samples.map(String.init) + ["\(annotationBytes / 2)"], 8)
        putAll([String](repeating: "", count: signals), 32)
    }

    private mutating func put(_ text: String, _ width: Int) { bytes.append(EDFText.field(text, width)) }

    private mutating func putAll(_ texts: [String], _ width: Int) { for text in texts { put(text, width) } }

    /// Code, sex, birthday and name, X for what is not known.
    private static func subject(_ text: String) -> String {
        let words = EDFText.ascii(text).split(separator: " ")
        if words.count >= 4 { return words.joined(separator: " ") }
        return words.isEmpty ? "X X X X" : words.joined(separator: "_") + " X X X"
    }

    private static func parts(_ date: Date) -> DateComponents {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        // A start within a microsecond of a whole second is that second.
        let whole = Date(timeIntervalSince1970: (date.timeIntervalSince1970 + 5e-7).rounded(.down))
        return calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: whole)
    }

    private static func day(_ date: Date?) -> String {
        guard let date else { return "X" }
        let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        let day = parts(date)
        return String(format: "%02d-%@-%04d", day.day ?? 1, months[(day.month ?? 1) - 1], day.year ?? 0)
    }

    private static func clock(_ date: Date?) -> (String, String) {
        guard let date else { return ("01.01.85", "00.00.00") }
        let now = parts(date)
        let year = now.year ?? 0
        let short = (1985...2084).contains(year) ? String(format: "%02d", year % 100) : "yy"
        return (
            String(format: "%02d.%02d.%@", now.day ?? 1, now.month ?? 1, short),
            String(format: "%02d.%02d.%02d", now.hour ?? 0, now.minute ?? 0, now.second ?? 0)
        )
    }

    /// Sixteen characters each, told apart where cutting made them alike.
    private static func labels(_ channels: [Channel], _ notes: inout [String]) -> [String] {
        var taken = Set<String>()
        let labels = channels.map { channel in
            let whole = EDFText.ascii(channel.name)
            var label = String(whole.prefix(16))
            var number = 1
            while !taken.insert(label).inserted {
                let mark = "~\(number)"
                label = whole.prefix(16 - mark.count) + mark
                number += 1
            }
            return label
        }
        let changed = zip(labels, channels).filter { $0 != $1.name }
        if let first = changed.first {
            notes.append(
                "\(changed.count) names were changed to fit 16 ASCII characters, such as “\(first.1.name)” to “\(first.0)”"
            )
        }
        return labels
    }
}
