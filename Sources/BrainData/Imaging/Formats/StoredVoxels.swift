import Foundation

/// The voxels of an image as the file stores them.
struct StoredVoxels {
    var bytes: Data
    var type: StoredType
    var order: ByteOrder
    var notes: [String]
}

extension StoredImage {
    /// Brings the voxels into memory, unpacked.
    ///
    /// - Throws: ``ImagingError/tooLarge(path:bytes:limit:)`` or ``ImagingError/truncated(path:expected:found:)``
    ///   before any memory is taken for what the header announces.
    func voxels(limit: Int) throws(ImagingError) -> StoredVoxels {
        let values = header.grid.count * header.frames  // the header's product was checked when it was read
        let count = values * header.type.bytes
        let isPacked = file.isPacked || encoding != .raw
        let needed = values * 4 + (isPacked ? count : 0)
        guard needed <= limit else { throw .tooLarge(path: file.path, bytes: needed, limit: limit) }
        let (bytes, notes): (Data, [String])
        switch encoding {
        case .raw: (bytes, notes) = try file.section(from: offset, count: count)
        case .gzip: (bytes, notes) = try unpacked(.gzip, count)
        case .zlib: (bytes, notes) = try unpacked(.zlib, count)
        case .text: return try text(values)
        }
        return StoredVoxels(bytes: bytes, type: header.type, order: header.order, notes: hasFooter ? [] : notes)
    }

    private func unpacked(_ container: Deflate.Container, _ count: Int) throws(ImagingError) -> (Data, [String]) {
        let (end, overflow) = skip.addingReportingOverflow(count)
        guard offset >= 0, offset <= file.raw.count, skip >= 0, !overflow else {
            throw .truncated(path: file.path, expected: offset, found: file.raw.count)
        }
        let packed = file.raw.dropFirst(offset).prefix(packedCount ?? .max)
        return try FileBytes.unpack(packed, container, from: skip, to: end, path: file.path)
    }

    /// Numbers in decimal, with white space or commas between them.
    private func text(_ count: Int) throws(ImagingError) -> StoredVoxels {
        let content = file.raw.dropFirst(offset)
        guard content.count >= 2 * count - 1 else {
            throw .truncated(path: file.path, expected: offset + 2 * count - 1, found: file.raw.count)
        }
        var numbers: [Double] = []
        numbers.reserveCapacity(count)
        let separators = Set(" \t\r\n,".utf8)
        for word in content.split(whereSeparator: separators.contains) {
            guard numbers.count < count else { break }
            guard let number = Double(String(decoding: word, as: UTF8.self)) else {
                throw .malformed(
                    path: file.path, expected: "\(count) numbers",
                    found: "“\(String(decoding: word.prefix(20), as: UTF8.self))”")
            }
            numbers.append(number)
        }
        guard numbers.count == count else {
            throw .malformed(path: file.path, expected: "\(count) numbers", found: "\(numbers.count)")
        }
        let bytes = numbers.withUnsafeBytes { Data($0) }
        return StoredVoxels(bytes: bytes, type: .float64, order: .native, notes: [])
    }
}
