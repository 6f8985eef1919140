/// What is wrong inside a file, said by a parser that does not know the file's path.
struct FileFault: Error, Equatable {
    let why: String

    init(_ why: String) { self.why = why }
}

/// A name from a file, fit for a sentence: short, printable and in quotation marks.
func quoted(_ name: String) -> String {
    let shown = name.unicodeScalars.prefix(80).map { $0.value < 32 || $0.value == 127 ? "�" : String($0) }.joined()
    return "\"\(shown)\(name.unicodeScalars.count > 80 ? "…" : "")\""
}

/// Reads forward through bytes that may lie about their own lengths.
struct ByteCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Bytes that are not yet read.
    var remaining: Int { bytes.count - position }

    /// The next `count` bytes, without copying them.
    mutating func take(_ count: Int) throws(FileFault) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else {
            throw FileFault("expected \(count) more bytes at byte \(position), found \(remaining)")
        }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// The next number, least significant byte first.
    mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(FileFault) -> Number {
        Number(littleEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: Number.self))
    }

    /// As many bytes as the number before them says, as text.
    mutating func text<Length: FixedWidthInteger>(lengthAs: Length.Type) throws(FileFault) -> String {
        let length = try number(lengthAs)
        guard let count = Int(exactly: length) else { throw FileFault("a text claims \(length) bytes") }
        return try text(take(count))
    }

    /// The text up to the next line feed, which is passed over.
    mutating func line() throws(FileFault) -> String {
        guard let end = bytes[position...].firstIndex(of: 0x0A) else {
            throw FileFault("expected a line at byte \(position), found no end of it")
        }
        defer { position += 1 }
        return try text(take(end - position))
    }

    private func text(_ bytes: UnsafeRawBufferPointer) throws(FileFault) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FileFault("the text before byte \(position) is no UTF-8")
        }
        return text
    }
}
