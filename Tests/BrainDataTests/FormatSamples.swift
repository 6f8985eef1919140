import BrainData
import Foundation
import TestSupport
import Testing

/// A small sound NIfTI-1 file whose bytes a test may change: 4×3×2 int16, voxels 0…23 at byte 352.
struct NIfTIBytes {
    var data: Data

    init(in folder: TemporaryFolder) throws {
        let grid = Grid(size: [4, 3, 2], affine: Affine(spacing: [1, 1.5, 2], origin: [-10, 20, 30]))
        let file = folder.file("sound.nii")
        try ImageFile.write(Volume(grid: grid, voxels: (0..<24).map(Float.init)), to: file, as: .int16)
        data = try Data(contentsOf: file)
    }

    mutating func put<Number: BitwiseCopyable>(_ number: Number, at offset: Int) {
        withUnsafeBytes(of: number) { data.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }

    /// Sets the number of axes and their lengths.
    mutating func put(axes: [Int16], count: Int16? = nil) {
        put(count ?? Int16(axes.count), at: 40)
        for (n, length) in axes.enumerated() { put(length, at: 42 + 2 * n) }
    }
}

/// Deflate data in stored blocks of any length: what a test needs to make gzip files that no sane encoder makes.
func gzipStored(_ bytes: Data, checksum: UInt32? = nil) -> Data {
    var packed = Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3])
    var rest = bytes[...]
    repeat {
        let block = rest.prefix(65_535)
        rest = rest.dropFirst(block.count)
        let length = UInt16(block.count)
        packed.append(rest.isEmpty ? 1 : 0)
        for word in [length, ~length] { packed.append(contentsOf: [UInt8(word & 255), UInt8(word >> 8)]) }
        packed.append(block)
    } while !rest.isEmpty
    for word in [checksum ?? crc32(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
        packed.append(contentsOf: (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) })
    }
    return packed
}

private func crc32(_ bytes: Data) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
        (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }
}

/// The kind of an error, so that a test can name the one it expects.
enum Fault: String {
    case missing, unreadable, truncated, malformed, unsupported, tooLarge, unwritable, other

    init(_ error: ImagingError) {
        switch error {
        case .missing: self = .missing
        case .unreadable: self = .unreadable
        case .truncated: self = .truncated
        case .malformed: self = .malformed
        case .unsupported: self = .unsupported
        case .tooLarge: self = .tooLarge
        case .unwritable: self = .unwritable
        default: self = .other
        }
    }
}

/// Expects reading to fail in one way, with these words in the sentence.
func expectFault(
    _ fault: Fault, _ words: String..., reading file: URL, limit: Int = .max,
    at place: SourceLocation = #_sourceLocation
) {
    let error = #expect(throws: ImagingError.self, sourceLocation: place) { try ImageFile.read(file, limit: limit) }
    guard let error else { return }
    #expect(Fault(error) == fault, "\(error)", sourceLocation: place)
    for word in words { #expect("\(error)".contains(word), sourceLocation: place) }
}
