import Foundation

/// A log that TensorBoard shows, growing record by record: length, checksum of the length, message, checksum of the message.
///
/// A run that goes on cuts the file behind the last whole record that its checkpoint has seen, so that neither a half record nor
/// a step that is taken twice stays in it.
final class EventFile {
    private let handle: FileHandle

    /// Opens the file or makes a new one.
    ///
    /// - Parameter last: the last step whose records stay.
    init(_ url: URL, through last: Int) throws {
        let known = (try? Data(contentsOf: url, options: .alwaysMapped)).map { [UInt8]($0) } ?? []
        let kept = Self.wholeRecords(known, through: last)
        if kept == 0 { try Data().write(to: url) }
        handle = try FileHandle(forUpdating: url)
        if kept == 0 {
            try add(.version(at: Self.now))
        } else {
            try handle.truncate(atOffset: UInt64(kept))
            try handle.seekToEnd()
        }
    }

    deinit { try? handle.close() }

    static var now: Double { Date().timeIntervalSince1970 }

    func add(_ record: EventRecord) throws {
        try handle.write(contentsOf: Data(Self.framed(record.bytes)))
    }

    static func framed(_ message: [UInt8]) -> [UInt8] {
        func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            withUnsafeBytes(of: number.littleEndian, Array.init)
        }
        let length = little(UInt64(message.count))
        return length + little(CRC32C.masked(length)) + message + little(CRC32C.masked(message))
    }

    /// The bytes up to the first record that is torn or that speaks of a later step.
    static func wholeRecords(_ bytes: [UInt8], through last: Int) -> Int {
        var kept = 0
        while kept + 16 <= bytes.count {
            let start = kept + 12
            guard CRC32C.masked(bytes[kept..<kept + 8]) == number(bytes[kept + 8..<start]),
                let length = Int(exactly: number(bytes[kept..<kept + 8]) as UInt64), length <= bytes.count - start - 4
            else { break }
            let message = bytes[start..<start + length]
            guard CRC32C.masked(message) == number(bytes[start + length..<start + length + 4]),
                let step = EventRecord.step(of: message), step <= last
            else { break }
            kept = start + length + 4
        }
        return kept
    }

    private static func number<Number: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) -> Number {
        bytes.reversed().reduce(0) { $0 << 8 | Number($1) }
    }
}
