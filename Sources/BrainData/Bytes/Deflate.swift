internal import CDeflate
import Foundation

/// Packs and unpacks gzip and zlib streams without ever writing more than was asked for.
enum Deflate {
    enum Container { case gzip, zlib }

    /// What came out of a stream.
    struct Unpacked {
        /// At most as many bytes as were asked for.
        var bytes: Data
        /// Whether the stream holds more than was asked for; the rest was not unpacked, nor its checksum compared.
        var hasMore = false
        /// Bytes behind the stream that belong to no stream.
        var garbage = 0
    }

    /// How far past the wanted bytes a buffer reaches.
    ///
    /// The decoder works on whole buffers and says nothing of how much it wrote when one is too small. It refuses an
    /// item only when that item does not fit, and no item of a deflate stream is longer than 65,535 bytes (a stored
    /// block; a match has at most 258). So all but the last 65,535 bytes of a buffer that proved too small are
    /// certainly written.
    static let slack = 65_536

    /// The most bytes that one packed byte can stand for: 258 for a match of two bits.
    static let highestRatio = 1032

    static func isGzip(_ bytes: Data) -> Bool { bytes.prefix(3).elementsEqual([0x1F, 0x8B, 8]) }

    /// Unpacks the beginning of a stream, all members of a gzip file taken together.
    ///
    /// - Parameters:
    ///   - count: how many bytes are wanted; memory for these and ``slack`` is all that is taken.
    ///   - isGlance: whether fewer will do, so that what follows a sound first member is not judged.
    /// - Throws: ``ImagingError/malformed(path:expected:found:)`` where the stream is damaged or ends early.
    static func unpack(
        _ packed: Data, _ container: Container = .gzip, first count: Int, isGlance: Bool = false, path: String
    ) throws(ImagingError) -> Unpacked {
        let (room, overflow) = count.addingReportingOverflow(slack)
        guard count >= 0, !overflow, let buffer = calloc(room, 1) else {
            throw .tooLarge(path: path, bytes: count, limit: packed.count)
        }
        guard let decoder = libdeflate_alloc_decompressor() else {
            free(buffer)
            throw .tooLarge(path: path, bytes: count, limit: packed.count)
        }
        defer { libdeflate_free_decompressor(decoder) }
        let target = UnsafeMutableRawBufferPointer(start: buffer, count: room)
        var stream = DeflateStream(container: container, wanted: count, isGlance: isGlance)
        packed.withUnsafeBytes { stream.unpack($0, into: target, with: decoder) }
        if let fault = stream.fault {
            free(buffer)
            throw .malformed(path: path, expected: "a whole \(container) stream", found: fault)
        }
        let bytes = Data(bytesNoCopy: buffer, count: min(stream.written, count), deallocator: .free)
        return Unpacked(bytes: bytes, hasMore: stream.written > count, garbage: stream.garbage)
    }

    /// Packs bytes as one gzip member.
    ///
    /// - Parameter level: 1 for numbers that hardly pack, whatever the effort, to 12.
    static func gzip(_ bytes: Data, level: Int32 = 5) -> Data? {
        guard let encoder = libdeflate_alloc_compressor(level) else { return nil }
        defer { libdeflate_free_compressor(encoder) }
        var packed = Data(count: libdeflate_gzip_compress_bound(encoder, bytes.count))
        let count = packed.withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes { source in
                libdeflate_gzip_compress(encoder, source.baseAddress, source.count, target.baseAddress, target.count)
            }
        }
        return count > 0 ? packed.prefix(count) : nil
    }
}

/// The way through one packed stream: its members, how much they gave, and what is wrong with them.
private struct DeflateStream {
    let container: Deflate.Container
    let wanted: Int
    let isGlance: Bool
    /// Bytes known to be written; more than `wanted` where the stream holds more.
    var written = 0
    var garbage = 0
    var fault: String?

    init(container: Deflate.Container, wanted: Int, isGlance: Bool) {
        (self.container, self.wanted, self.isGlance) = (container, wanted, isGlance)
    }

    mutating func unpack(
        _ packed: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, with decoder: OpaquePointer
    ) {
        var position = 0
        while position < packed.count {
            let rest = UnsafeRawBufferPointer(rebasing: packed[position...])
            if position > 0, container == .zlib || !rest.starts(with: [0x1F, 0x8B]) { break }
            switch member(rest, into: UnsafeMutableRawBufferPointer(rebasing: target[written...]), with: decoder) {
            case .done(let consumed, let produced):
                position += consumed
                written += produced
            case .full:
                written = max(wanted + 1, written)
                return
            case .broken(let why):
                // What follows a sound and sufficient file is garbage, whatever it looks like.
                if position > 0, written >= wanted || isGlance {
                    garbage = packed.count - position
                } else {
                    fault = why
                }
                return
            }
        }
        garbage = packed.count - position
    }

    private enum Outcome { case done(consumed: Int, produced: Int), full, broken(String) }

    private func member(
        _ packed: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, with decoder: OpaquePointer
    ) -> Outcome {
        guard let start = headerLength(packed) else { return .broken("a truncated or damaged \(container) header") }
        let body = UnsafeRawBufferPointer(rebasing: packed[start...])
        var (consumed, produced) = (0, 0)
        switch libdeflate_deflate_decompress_ex(
            decoder, body.baseAddress, body.count, target.baseAddress, target.count, &consumed, &produced)
        {
        case LIBDEFLATE_SUCCESS: break
        case LIBDEFLATE_INSUFFICIENT_SPACE: return .full
        default:
            return .broken(
                endsEarly(body, target, decoder)
                    ? "a truncated \(container) of \(packed.count) bytes"
                    : "damaged data inside the \(container) stream")
        }
        let trailer = UnsafeRawBufferPointer(rebasing: body[consumed...])
        let trailerLength = container == .gzip ? 8 : 4
        guard trailer.count >= trailerLength else { return .broken("a truncated \(container) without its checksum") }
        let found = trailer.loadUnaligned(as: UInt32.self)
        let sound =
            container == .gzip
            ? libdeflate_crc32(0, target.baseAddress, produced) == UInt32(littleEndian: found)
            : libdeflate_adler32(1, target.baseAddress, produced) == UInt32(bigEndian: found)
        guard sound else { return .broken("damaged data: the checksum of the \(container) stream is another") }
        return .done(consumed: start + consumed + trailerLength, produced: produced)
    }

    /// The bytes before the deflate data, or nil where the header is cut short or is none.
    private func headerLength(_ packed: UnsafeRawBufferPointer) -> Int? {
        if container == .zlib {
            guard packed.count > 2, packed[0] & 15 == 8, packed[1] & 0x20 == 0 else { return nil }
            return 2
        }
        guard packed.count > 10, packed[0] == 0x1F, packed[1] == 0x8B, packed[2] == 8 else { return nil }
        let flags = packed[3]
        var position = 10
        if flags & 4 != 0 {  // extra field, its length in two bytes
            guard packed.count >= position + 2 else { return nil }
            position += 2 + Int(packed[position]) + Int(packed[position + 1]) << 8
        }
        for flag in [8, 16] as [UInt8] where flags & flag != 0 {  // name and comment, each up to a zero
            guard position < packed.count, let end = packed[position...].firstIndex(of: 0) else { return nil }
            position = end + 1
        }
        if flags & 2 != 0 { position += 2 }
        return position < packed.count ? position : nil
    }

    /// Whether the decoder came to the end of the data: then what it wrote depends on what is put behind that end.
    private func endsEarly(
        _ body: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ decoder: OpaquePointer
    ) -> Bool {
        let traces = [0x00, 0x55, 0xFF].map { (filler: UInt8) -> [UInt32] in
            let continued = Array(body) + [UInt8](repeating: filler, count: 1024)
            target.initializeMemory(as: UInt8.self, repeating: 0)
            var (consumed, produced) = (0, 0)
            let result = libdeflate_deflate_decompress_ex(
                decoder, continued, continued.count, target.baseAddress, target.count, &consumed, &produced)
            return [UInt32(result.rawValue), libdeflate_crc32(0, target.baseAddress, target.count)]
        }
        return Set(traces).count > 1
    }
}
