import Foundation

/// The text before the samples of an EDF or BDF file, its numbers checked against the size of the file.
struct EDFHeader {
    struct Signal {
        var label, unit, filtering: String
        /// Nil where the ranges say nothing.
        var scale: DigitalScale?
        /// The ranges as the file writes them.
        var ranges: String
        /// Samples in a record.
        var samples: Int
        /// Bytes from the start of a record.
        var offset: Int
        var isAnnotations: Bool
    }

    var isBDF: Bool
    /// “EDF+C”, “BDF”, …
    var format: String
    var subject, comment: String
    var start: Date?
    var signals: [Signal]
    /// Bytes before the first record.
    var length: Int
    /// Whole records in the file.
    var records: Int
    var recordBytes: Int
    var secondsPerRecord: Double
    var log = RepairLog()

    var sampleBytes: Int { isBDF ? 3 : 2 }
    var isPlus: Bool { format.contains("+") }
    var hasGaps: Bool { format.hasSuffix("D") }

    init(_ reader: SignalReader) throws(SignalError) {
        isBDF = reader.bytes.first == 0xFF
        let (version, reserved) = (try reader.text(at: 0, count: 8), try reader.text(at: 192, count: 44))
        if !isBDF, version != "0" { log.add("version", found: "“\(version)”", used: "0") }
        let plain = isBDF ? "BDF" : "EDF"
        format = ["+C", "+D"].map { plain + $0 }.first { reserved.hasPrefix($0) } ?? plain
        (subject, comment) = (try reader.text(at: 8, count: 80), try reader.text(at: 88, count: 80))
        start = try EDFHeader.start(reader, comment: comment, &log)
        let count = try EDFHeader.signalCount(reader, &log)
        length = 256 * (count + 1)
        signals = []
        recordBytes = 0
        secondsPerRecord = try EDFHeader.seconds(reader, &log)
        records = 0
        try readSignals(reader, count)
        records = try EDFHeader.records(reader, length: length, recordBytes: recordBytes, &log)
    }

    private mutating func readSignals(_ reader: SignalReader, _ count: Int) throws(SignalError) {
        func field(_ place: Int, _ width: Int, _ n: Int) throws(SignalError) -> String {
            try reader.text(at: 256 + place * count + width * n, count: width)
        }
        for n in 0..<count {
            let text = try field(216, 8, n)
            guard let samples = text.decimal.flatMap({ Int(exactly: $0.rounded()) }), samples >= 0 else {
                throw .malformed(
                    path: reader.path, expected: "samples per record of signal \(n + 1)", found: "“\(text)”")
            }
            let (bytes, a) = samples.multipliedReportingOverflow(by: sampleBytes)
            let (sum, b) = recordBytes.addingReportingOverflow(bytes)
            guard !a, !b, sum < 1 << 48 else {
                throw .malformed(path: reader.path, expected: "records of some length", found: "\(samples) samples")
            }
            let label = try field(0, 16, n)
            var signal = Signal(
                label: label, unit: try field(96, 8, n), filtering: try field(136, 80, n), ranges: "",
                samples: samples, offset: recordBytes, isAnnotations: label.hasSuffix(" Annotations"))
            let ends = [
                try field(104, 8, n), try field(112, 8, n), try field(120, 8, n), try field(128, 8, n),
            ]
            signal.ranges = "physical \(ends[0])…\(ends[1]), digital \(ends[2])…\(ends[3])"
            signal.scale = EDFHeader.scale(ends.map(\.decimal))
            recordBytes = sum
            if samples == 0 {
                log.add("signal “\(label)”", found: "no samples in a record", used: "the other signals", kind: "empty")
            } else {
                signals.append(signal)
            }
        }
    }

    private static func scale(_ ends: [Double?]) -> DigitalScale? {
        guard let low = ends[0], let high = ends[1], let first = ends[2], let last = ends[3], low != high, first != last
        else { return nil }
        let scale = DigitalScale(physicalLow: low, physicalHigh: high, digitalLow: first, digitalHigh: last)
        return scale.gain.isFinite && scale.offset.isFinite && scale.gain != 0 ? scale : nil
    }

    private static func signalCount(_ reader: SignalReader, _ log: inout RepairLog) throws(SignalError) -> Int {
        let (text, size) = (try reader.text(at: 252, count: 4), try reader.text(at: 184, count: 8))
        let bySize = size.decimal.flatMap { Int(exactly: $0) }.map { $0 / 256 - 1 }
        if let count = text.decimal.flatMap({ Int(exactly: $0) }), count > 0 {
            guard 256 * (count + 1) <= reader.count else {
                throw .truncated(path: reader.path, expected: 256 * (count + 1), found: reader.count)
            }
            if bySize != count {
                log.add("bytes in the header", found: "“\(size)”", used: "\(256 * (count + 1)), from the signals")
            }
            return count
        }
        guard let bySize, bySize > 0, bySize < reader.count / 256 else {
            throw .malformed(path: reader.path, expected: "a number of signals above 0", found: "“\(text)”")
        }
        log.add("number of signals", found: "“\(text)”", used: "\(bySize), from the header's size")
        return bySize
    }

    private static func seconds(_ reader: SignalReader, _ log: inout RepairLog) throws(SignalError) -> Double {
        let text = try reader.text(at: 244, count: 8)
        if let seconds = text.decimal, seconds > 0 { return seconds }
        log.add("seconds per record", found: "“\(text)”", used: "1")
        return 1
    }

    /// Whole records, from the size of the file where the header says otherwise.
    private static func records(
        _ reader: SignalReader, length: Int, recordBytes: Int, _ log: inout RepairLog
    ) throws(SignalError) -> Int {
        guard recordBytes > 0 else { return 0 }
        let text = try reader.text(at: 236, count: 8)
        let (whole, rest) = (reader.count - length).quotientAndRemainder(dividingBy: recordBytes)
        if rest > 0 {
            log.add("end of the file", found: "\(rest) bytes of an unfinished record", used: "the whole records before")
        }
        if text.decimal != Double(whole) {
            log.add("number of records", found: "“\(text)”", used: "\(whole), from the file's size")
        }
        return whole
    }
}

extension EDFHeader {
    /// Date and time of the header, taken for universal time; the year of EDF+ where the comment has one.
    private static func start(
        _ reader: SignalReader, comment: String, _ log: inout RepairLog
    ) throws(SignalError) -> Date? {
        let (date, time) = (try reader.text(at: 168, count: 8), try reader.text(at: 176, count: 8))
        func parts(_ text: String) -> [Int]? {
            let numbers = text.split { ".:/-".contains($0) }.compactMap { Int($0.trimmingBlanks) }
            return numbers.count == 3 && numbers.allSatisfy { (0..<100).contains($0) } ? numbers : nil
        }
        guard let day = parts(date), let clock = parts(time), (1...12).contains(day[1]), (1...31).contains(day[0]),
            clock[0] < 24, clock[1] < 60, clock[2] < 60
        else {
            log.add("start", found: "“\(date)” “\(time)”", used: "none")
            return nil
        }
        var year = day[2] < 85 ? 2000 + day[2] : 1900 + day[2]
        let words = comment.split(separator: " ")
        if words.first == "Startdate", words.count > 1,
            let full = words[1].split(separator: "-").last.flatMap({ Int($0) }),
            (1900...2999).contains(full), full % 100 == day[2]
        {
            year = full
        }
        return Date.utc(year: year, month: day[1], day: day[0], hour: clock[0], minute: clock[1], second: clock[2])
    }
}

extension Date {
    /// A moment of the proleptic Gregorian calendar in universal time.
    static func utc(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Date? {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar.date(
            from: DateComponents(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second))
    }
}
