import Foundation

/// A record of fixed length that starts as zeros and takes numbers and text at given places, in little-endian order.
struct ByteWriter {
    private(set) var bytes: Data

    init(count: Int) { bytes = Data(count: count) }

    /// - Precondition: the number fits between `offset` and the end.
    mutating func put<Stored: FixedWidthInteger & BitwiseCopyable>(_ value: Stored, at offset: Int) {
        precondition(offset >= 0 && offset + MemoryLayout<Stored>.size <= bytes.count, "no room at \(offset)")
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Stored.self)
        }
    }

    mutating func put(_ value: Float, at offset: Int) { put(value.bitPattern, at: offset) }

    mutating func put(_ value: Double, at offset: Int) { put(value.bitPattern, at: offset) }

    /// Puts UTF-8 text into a field of `count` bytes; what is too long is cut at a character, and a zero always
    /// follows.
    mutating func put(_ text: String, at offset: Int, count: Int) {
        var fitting = text[...]
        while fitting.utf8.count >= count { fitting.removeLast() }
        for (position, byte) in fitting.utf8.enumerated() { put(byte, at: offset + position) }
    }
}
