import Foundation

/// What the annotation signals of an EDF+ file say: when each record starts, and what happened.
///
/// A record holds time-stamped annotation lists, each `onset [0x15 duration] 0x14 text 0x14 … 0x00`; the first list of
/// a record has an empty text and tells the record's start.
struct EDFTimes {
    var events: [Event] = []
    var segments = [Recording.Segment(onset: 0, position: 0)]
    /// Seconds from the header's start to the first sample.
    var first = 0.0

    init(_ file: Data, _ header: inout EDFHeader) {
        let places = header.signals.filter(\.isAnnotations)
        guard !places.isEmpty else { return }
        if !header.isPlus {
            header.log.add("kind of file", found: "annotations in a plain \(header.format)", used: "them, as in EDF+")
        }
        var starts: [Double?] = []
        var lists: [(record: Int, list: List)] = []
        starts.reserveCapacity(header.records)
        file.withUnsafeBytes { bytes in
            for record in 0..<header.records {
                var start: Double?
                for (order, place) in places.enumerated() {
                    let from = header.length + record * header.recordBytes + place.offset
                    let field = bytes[from..<from + place.samples * header.sampleBytes]
                    for piece in field.split(separator: 0) {
                        guard let list = List(piece) else {
                            Self.report(piece, &header.log)
                            continue
                        }
                        if order == 0, start == nil, list.texts.first?.isEmpty ?? true { start = list.onset }
                        if !list.texts.allSatisfy(\.isEmpty) { lists.append((record, list)) }
                    }
                }
                starts.append(start)
            }
        }
        first = starts.first.flatMap { $0 } ?? 0
        place(starts, &header)
        for (_, list) in lists { take(list, &header.log) }
        events.sort { $0.onset < $1.onset }
    }

    private static func report(_ piece: Slice<UnsafeRawBufferPointer>, _ log: inout RepairLog) {
        let text = String(decoding: piece.prefix(20), as: UTF8.self)
        log.add("annotation", found: "“\(text)” without an onset", used: "none", kind: "annotation")
    }

    /// Finds the gaps.
    private mutating func place(_ starts: [Double?], _ header: inout EDFHeader) {
        let step = header.secondsPerRecord
        let slack = min(1e-3, step / Double(header.signals.map(\.samples).max() ?? 1) / 2)
        var expected = first
        for (record, start) in starts.enumerated() {
            let found = start ?? expected
            if start == nil, header.isPlus {
                header.log.add(
                    "start of record \(record + 1)", found: "none", used: "the end of the one before", kind: "start")
            }
            let isGap = abs(found - expected) > slack + 1e-9 * abs(found)
            if isGap, !header.hasGaps {
                header.log.add(
                    "start of record \(record + 1)", found: "\(found) s in a continuous file", used: "\(expected) s",
                    kind: "gap")
            } else if isGap, found < expected {
                header.log.add(
                    "start of record \(record + 1)", found: "\(found) s, before the end of the last",
                    used: "\(expected) s",
                    kind: "backwards")
            } else if isGap {
                segments.append(Recording.Segment(onset: found - first, position: Double(record) * step))
                expected = found
            }
            expected += step
        }
    }

    private mutating func take(_ list: List, _ log: inout RepairLog) {
        if list.isLatin {
            log.add("annotation", found: "text that is no UTF-8", used: "Latin-1", kind: "latin")
        }
        if list.onset - first < 0 {
            log.add("annotation", found: "an onset before the first sample, \(list.onset) s", used: "it", kind: "early")
        }
        for text in list.texts where !text.isEmpty {
            events.append(Event(onset: list.onset - first, duration: list.duration, label: text))
        }
    }

    /// One time-stamped annotation list.
    struct List {
        var onset: Double
        var duration = 0.0
        var texts: [String]
        var isLatin = false

        init?(_ bytes: Slice<UnsafeRawBufferPointer>) {
            let parts = bytes.split(separator: 0x14, omittingEmptySubsequences: false)
            guard let head = parts.first, head.count <= 64 else { return nil }
            let times = head.split(separator: 0x15, omittingEmptySubsequences: false)
            guard let onset = times.first.flatMap({ String(decoding: $0, as: UTF8.self).decimal }) else { return nil }
            self.onset = onset
            if times.count > 1 { duration = max(0, String(decoding: times[1], as: UTF8.self).decimal ?? 0) }
            texts = []
            for part in parts.dropFirst() {
                if let text = String(validating: part, as: UTF8.self) {
                    texts.append(text.trimmingBlanks)
                } else {
                    isLatin = true
                    texts.append((String(data: Data(part), encoding: .isoLatin1) ?? "").trimmingBlanks)
                }
            }
        }
    }
}
