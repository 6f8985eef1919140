import Foundation

/// The two headers of a GDF file, their numbers checked against the size of the file.
struct GDFHeader {
    struct Signal {
        var label, unit, filtering: String
        var ends: [Double]
        var number: StoredNumber
        var samples: Int
        var offset: Int
        var position: SIMD3<Double>?
    }

    var version: Double
    var subject, comment: String
    var start: Date?
    var length: Int
    var records = 0
    var recordBytes = 0
    var secondsPerRecord: Double
    var signals: [Signal] = []
    var log = RepairLog()

    init(_ reader: SignalReader) throws(SignalError) {
        let text = try reader.text(at: 0, count: 8)
        guard text.hasPrefix("GDF "), let version = text.dropFirst(4).decimal, (1..<4).contains(version) else {
            throw .unsupported(path: reader.path, what: "GDF of version “\(text)”; 1 and 2 are read")
        }
        self.version = version
        let isOld = version < 1.9
        subject = try reader.text(at: 8, count: isOld ? 80 : 66)
        comment = try reader.text(at: 88, count: isOld ? 80 : 64)
        let count: Int
        if isOld {
            count = Int(try reader.integer(at: 252, as: UInt32.self))
            start = GDFHeader.date(try reader.text(at: 168, count: 16))
        } else {
            count = Int(try reader.integer(at: 252, as: UInt16.self))
            start = GDFHeader.date(try reader.integer(at: 168, as: UInt64.self))
        }
        let whole = 256 * (count + 1)
        guard count > 0, whole <= reader.count else {
            guard count > 0 else {
                throw .malformed(path: reader.path, expected: "a number of signals above 0", found: "0")
            }
            throw .truncated(path: reader.path, expected: whole, found: reader.count)
        }
        length = try GDFHeader.length(reader, isOld: isOld, least: whole, &log)
        let (part, parts) = (
            try reader.integer(at: 244, as: UInt32.self), try reader.integer(at: 248, as: UInt32.self)
        )
        secondsPerRecord = part > 0 && parts > 0 ? Double(part) / Double(parts) : 1
        if part == 0 || parts == 0 { log.add("seconds per record", found: "\(part)/\(parts)", used: "1") }
        for n in 0..<count { try readSignal(reader, n, of: count, isOld: isOld) }
        try countRecords(reader)
    }

    private static func length(
        _ reader: SignalReader, isOld: Bool, least: Int, _ log: inout RepairLog
    ) throws(SignalError) -> Int {
        let found =
            isOld
            ? Int(clamping: try reader.integer(at: 184, as: Int64.self))
            : 256 * Int(try reader.integer(at: 184, as: UInt16.self))
        if found >= least, found <= reader.count { return found }
        log.add("bytes in the header", found: "\(found)", used: "\(least), from the signals")
        return least
    }

    private mutating func readSignal(_ reader: SignalReader, _ n: Int, of count: Int, isOld: Bool) throws(SignalError) {
        func place(_ before: Int, _ width: Int) -> Int { 256 + before * count + width * n }
        let samples = Int(try reader.integer(at: place(216, 4), as: UInt32.self))
        let code = try reader.integer(at: place(220, 4), as: UInt32.self)
        guard let number = GDFHeader.number(code) else {
            throw .unsupported(path: reader.path, what: "signal \(n + 1) has samples of type \(code)")
        }
        let ends = isOld ? try GDFHeader.oldEnds(reader, place) : try GDFHeader.ends(reader, place)
        let unit =
            isOld
            ? try reader.text(at: place(96, 8), count: 8)
            : GDFHeader.unit(try reader.integer(at: place(102, 2), as: UInt16.self))
        var signal = Signal(
            label: try reader.text(at: place(0, 16), count: 16), unit: unit, filtering: "", ends: ends, number: number,
            samples: samples, offset: recordBytes)
        if isOld {
            signal.filtering = try reader.text(at: place(136, 80), count: 80)
        } else {
            signal.filtering = try GDFHeader.filters(reader, place)
            signal.position = try GDFHeader.position(reader, place(224, 12))
        }
        let (sum, overflow) = recordBytes.addingReportingOverflow(samples * number.bytes)
        guard !overflow, sum < 1 << 48 else {
            throw .malformed(path: reader.path, expected: "records of some length", found: "\(samples) samples")
        }
        recordBytes = sum
        if samples == 0 {
            log.add(
                "signal “\(signal.label)”", found: "no samples in a record", used: "the other signals", kind: "empty")
        }
        signals.append(signal)
    }

    private mutating func countRecords(_ reader: SignalReader) throws(SignalError) {
        let announced = try reader.integer(at: 236, as: Int64.self)
        let whole = recordBytes > 0 ? (reader.count - length) / recordBytes : 0
        if announced >= 0, announced <= whole {
            records = Int(announced)
        } else {
            records = whole
            log.add("number of records", found: "\(announced)", used: "\(whole), from the file's size")
        }
    }
}

extension GDFHeader {
    private static func oldEnds(_ reader: SignalReader, _ place: (Int, Int) -> Int) throws(SignalError) -> [Double] {
        [
            try reader.float64(at: place(104, 8)), try reader.float64(at: place(112, 8)),
            Double(try reader.integer(at: place(120, 8), as: Int64.self)),
            Double(try reader.integer(at: place(128, 8), as: Int64.self)),
        ]
    }

    private static func ends(_ reader: SignalReader, _ place: (Int, Int) -> Int) throws(SignalError) -> [Double] {
        [
            try reader.float64(at: place(104, 8)), try reader.float64(at: place(112, 8)),
            try reader.float64(at: place(120, 8)), try reader.float64(at: place(128, 8)),
        ]
    }

    private static func filters(_ reader: SignalReader, _ place: (Int, Int) -> Int) throws(SignalError) -> String {
        let edges = [
            ("LP", try reader.float32(at: place(204, 4))), ("HP", try reader.float32(at: place(208, 4))),
            ("N", try reader.float32(at: place(212, 4))),
        ]
        return edges.filter { $0.1.isFinite && $0.1 > 0 }.map { "\($0.0):\($0.1)Hz" }.joined(separator: " ")
    }

    private static func position(_ reader: SignalReader, _ offset: Int) throws(SignalError) -> SIMD3<Double>? {
        let numbers = [
            try reader.float32(at: offset), try reader.float32(at: offset + 4), try reader.float32(at: offset + 8),
        ]
        guard numbers.allSatisfy(\.isFinite), numbers.contains(where: { $0 != 0 }) else { return nil }
        return SIMD3(Double(numbers[0]), Double(numbers[1]), Double(numbers[2]))
    }

    private static func number(_ code: UInt32) -> StoredNumber? {
        switch code {
        case 1: .int8
        case 2: .uint8
        case 3: .int16
        case 4: .uint16
        case 5: .int32
        case 6: .uint32
        case 7: .int64
        case 8: .uint64
        case 16: .float32
        case 17: .float64
        case 255 + 24: .int24
        case 511 + 24: .uint24
        default: nil
        }
    }

    /// Units of ISO/IEEE 11073-10101: the decimal factor in the lower five bits. Others than volts are left unnamed.
    private static func unit(_ code: UInt16) -> String {
        guard code & 0xFFE0 == 4256 else { return "" }
        switch code & 31 {
        case 0: return "V"
        case 18: return "mV"
        case 19: return "µV"
        case 20: return "nV"
        default: return ""
        }
    }

    /// `YYYYMMDDhhmmsscc`
    private static func date(_ text: String) -> Date? {
        let digits = text.utf8.map { Int($0) - 48 }
        guard digits.count >= 14, digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
        func number(_ from: Int, _ count: Int) -> Int { digits[from..<from + count].reduce(0) { $0 * 10 + $1 } }
        guard (1...12).contains(number(4, 2)), (1...31).contains(number(6, 2)) else { return nil }
        return Date.utc(
            year: number(0, 4), month: number(4, 2), day: number(6, 2), hour: number(8, 2), minute: number(10, 2),
            second: number(12, 2))
    }

    /// Days since the year 0 in fixed point, 32 bits behind the point.
    private static func date(_ stored: UInt64) -> Date? {
        let days = Double(stored) / 0x1p32 - 719_529
        return stored == 0 || abs(days) > 1e6 ? nil : Date(timeIntervalSince1970: days * 86_400)
    }
}

extension GDFHeader.Signal {
    func channel(secondsPerRecord: Double, _ log: inout RepairLog) -> Channel {
        let unit = Channel.unit(unit)
        var channel = Channel(
            name: label, kind: Channel.kind(name: label, unit: unit), unit: unit,
            rate: Double(samples) / secondsPerRecord)
        (channel.filtering, channel.position) = (filtering, position)
        let scale = DigitalScale(
            physicalLow: ends[0], physicalHigh: ends[1], digitalLow: ends[2], digitalHigh: ends[3])
        if ends.allSatisfy(\.isFinite), ends[0] != ends[1], ends[2] != ends[3], scale.gain.isFinite,
            scale.offset.isFinite
        {
            channel.scale = scale
        } else {
            log.add(
                "range of \(label)", found: "physical \(ends[0])…\(ends[1]), digital \(ends[2])…\(ends[3])",
                used: "the stored numbers as they are", kind: "range")
        }
        return channel
    }
}
