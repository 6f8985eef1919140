import Foundation

/// Which end of a number comes first in a file.
public enum ByteOrder: String, Sendable, Codable {
    case little, big

    /// The order of this machine's own numbers.
    static let native: ByteOrder = Int16(1).littleEndian == 1 ? .little : .big
}

/// Takes numbers and text out of bytes that nobody has checked yet, in either byte order.
///
/// Every access is checked against the end; past it lies ``ImagingError/truncated(path:expected:found:)``, never a
/// trap.
struct ByteReader: Sendable {
    let bytes: Data
    /// The file that errors name.
    let path: String
    var order: ByteOrder

    init(_ bytes: Data, path: String, order: ByteOrder = .little) {
        (self.bytes, self.path, self.order) = (bytes, path, order)
    }

    /// The integer that starts at `offset`.
    func integer<Stored: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as: Stored.Type = Stored.self
    ) throws(ImagingError) -> Stored {
        try check(offset, MemoryLayout<Stored>.size)
        let stored = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Stored.self) }
        return order == .native ? stored : stored.byteSwapped
    }

    /// The single-precision number that starts at `offset`.
    func float32(at offset: Int) throws(ImagingError) -> Float {
        Float(bitPattern: try integer(at: offset))
    }

    /// The double-precision number that starts at `offset`.
    func float64(at offset: Int) throws(ImagingError) -> Double {
        Double(bitPattern: try integer(at: offset))
    }

    /// The text in a field of `count` bytes, up to its first zero; bytes that are no UTF-8 are taken as Latin-1.
    func text(at offset: Int, count: Int) throws(ImagingError) -> String {
        try check(offset, count)
        let field = bytes.dropFirst(offset).prefix(count).prefix { $0 != 0 }
        let text = String(data: field, encoding: .utf8) ?? String(data: field, encoding: .isoLatin1) ?? ""
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func check(_ offset: Int, _ count: Int) throws(ImagingError) {
        let (end, overflow) = offset.addingReportingOverflow(count)
        guard offset >= 0, count >= 0, !overflow, end <= bytes.count else {
            throw .truncated(path: path, expected: overflow ? .max : end, found: bytes.count)
        }
    }
}
