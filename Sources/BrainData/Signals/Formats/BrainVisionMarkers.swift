import Foundation

/// What a `.vmrk` file says. Labels are `type/description`, as in “Stimulus/S255”; the new segment with which every file
/// begins is no event.
struct BrainVisionMarkers {
    var events: [Event] = []
    var start: Date?

    init(_ file: FileBytes, rate: Double, channels: Int, _ log: inout RepairLog) throws(SignalError) {
        guard file.raw.count <= 1 << 28 else {
            throw .unsupported(path: file.path, what: "markers of more than 256 MB")
        }
        let fields = SectionedText(file.raw)
        if fields.isLatin { log.add("markers", found: "bytes that are no UTF-8", used: "Latin-1") }
        for (number, value) in fields.numbered("marker infos", "mk") {
            let parts = value.split(separator: ",", omittingEmptySubsequences: false).map {
                $0.replacing("\\1", with: ",").trimmingBlanks
            }
            guard parts.count >= 3, let position = parts[2].decimal else {
                log.add("marker \(number)", found: "“\(value)”", used: "none", kind: "marker")
                continue
            }
            if position < 1 {
                log.add("marker \(number)", found: "sample \(parts[2])", used: "it, before the first", kind: "early")
            }
            var event = Event(onset: (position - 1) / rate, label: "\(parts[0])/\(parts[1])")
            if parts.count > 3 { event.duration = max(0, parts[3].decimal ?? 0) / rate }
            if parts.count > 4, let channel = Int(parts[4]), (1...channels).contains(channel) {
                event.channel = channel - 1
            }
            let isSegment = parts[0] == "New Segment"
            if !isSegment || position > 1 { events.append(event) }
            if start == nil, isSegment, parts.count > 5 { start = Self.date(parts[5]) }
        }
        events.sort { $0.onset < $1.onset }
    }

    /// `YYYYMMDDhhmmssµµµµµµ`, a wall clock taken for universal time.
    private static func date(_ text: String) -> Date? {
        let digits = text.utf8.map { Int($0) - 48 }
        guard digits.count == 20, digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
        func number(_ from: Int, _ count: Int) -> Int { digits[from..<from + count].reduce(0) { $0 * 10 + $1 } }
        guard number(0, 4) > 0, (1...12).contains(number(4, 2)), (1...31).contains(number(6, 2)) else { return nil }
        let whole = Date.utc(
            year: number(0, 4), month: number(4, 2), day: number(6, 2), hour: number(8, 2), minute: number(10, 2),
            second: number(12, 2))
        return whole?.addingTimeInterval(Double(number(14, 6)) / 1e6)
    }
}
