public import Foundation

/// A MATLAB file of version 5 to 7.2: its variables by name.
///
/// MathWorks, *MAT-File Format*. Version 7.3 is HDF5 and is refused with a word on what to do.
public struct MATFile: Sendable {
    public private(set) var variables: [String: MATValue] = [:]
    let path: String

    /// - Parameters:
    ///   - wanted: the variables to read; all if left out. Others cost no memory.
    ///   - limit: the most memory to take for unpacked variables, in bytes.
    public init(_ url: URL, wanted: Set<String>? = nil, limit: Int = .max) throws(SignalError) {
        let file: FileBytes
        do throws(ImagingError) { file = try FileBytes(url, expecting: "a MATLAB file") } catch {
            throw SignalError(error)
        }
        try self.init(file, wanted: wanted, limit: limit)
    }

    init(_ file: FileBytes, wanted: Set<String>? = nil, limit: Int) throws(SignalError) {
        path = file.path
        let reader = try MATFile.reader(file)
        let budget = MATBudget(limit)
        var place = 128
        while place + 8 <= reader.count {
            let tag = try MATTag(reader, at: place)
            let value: (name: String, value: MATValue)?
            if tag.type == 15 {
                let packed = try reader.slice(from: tag.start, count: tag.count)
                let bytes = try MATFile.unpack(packed, reader, budget)
                value = try MATElement(SignalReader(bytes, path: path, order: reader.order), budget).variable(wanted)
            } else if tag.type == 14 {
                let end = min(tag.next, reader.count)
                let element = try reader.slice(from: place, count: end - place)
                value = try MATElement(SignalReader(element, path: path, order: reader.order), budget).variable(wanted)
            } else {
                throw .malformed(
                    path: path, expected: "a variable", found: "an element of type \(tag.type) at byte \(place)")
            }
            if let value { variables[value.name] = value.value }
            // A packed element is not padded.
            place = tag.type == 15 ? tag.start + tag.count : tag.next
        }
    }

    /// Whether the file begins like one of version 5 or later.
    static func recognises(_ beginning: Data) -> Bool {
        beginning.starts(with: Array("MATLAB ".utf8)) || isHDF5(beginning)
    }

    private static func isHDF5(_ beginning: Data) -> Bool {
        let mark: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
        return beginning.starts(with: mark) || beginning.dropFirst(512).starts(with: mark)
    }

    private static func reader(_ file: FileBytes) throws(SignalError) -> SignalReader {
        guard !isHDF5(file.beginning), !file.beginning.starts(with: Array("MATLAB 7.3".utf8)) else {
            throw .unsupported(
                path: file.path,
                what: "it is a MATLAB file of version 7.3 (HDF5): save it again in MATLAB with save(…, '-v7'), or in "
                    + "Python with scipy.io.savemat")
        }
        var reader = file.reader
        guard reader.count >= 128 else { throw .truncated(path: file.path, expected: 128, found: reader.count) }
        switch try reader.integer(at: 126, as: UInt16.self) {
        case 0x4D49: reader.order = .little
        case 0x494D: reader.order = .big
        default:
            throw .unsupported(
                path: file.path,
                what: "it is no MATLAB file of version 5 to 7.2 (one of version 4 has to be saved again)")
        }
        return reader
    }

    /// Unpacks an element, whose first eight bytes say how long it is.
    private static func unpack(
        _ packed: Data, _ reader: SignalReader, _ budget: MATBudget
    ) throws(SignalError) -> Data {
        let path = reader.path
        let start = try SignalError.rethrown { () throws(ImagingError) in
            try Deflate.unpack(packed, .zlib, first: 8, isGlance: true, path: path).bytes
        }
        let tag = try MATTag(SignalReader(start, path: path, order: reader.order), at: 0)
        let (size, overflow) = tag.count.addingReportingOverflow(8)
        guard !overflow else { throw .malformed(path: path, expected: "an array", found: "\(tag.count) bytes") }
        guard size / Deflate.highestRatio <= packed.count else {
            throw .truncated(path: path, expected: size / Deflate.highestRatio, found: packed.count)
        }
        try budget.take(size, path)
        let bytes = try SignalError.rethrown { () throws(ImagingError) in
            try Deflate.unpack(packed, .zlib, first: size, path: path).bytes
        }
        guard bytes.count == size else { throw .truncated(path: path, expected: size, found: bytes.count) }
        return bytes
    }
}

/// The memory that the values of a file may still take.
final class MATBudget {
    private let limit: Int
    private var left: Int

    init(_ limit: Int) { (self.limit, left) = (limit, limit) }

    func take(_ bytes: Int, _ path: String) throws(SignalError) {
        guard bytes <= left else { throw .tooLarge(path: path, bytes: limit - left + bytes, limit: limit) }
        left -= bytes
    }
}

/// The first bytes of an element: its type and where its content is.
struct MATTag {
    let type: Int
    /// The content's first byte, and its length.
    let start, count: Int
    /// The first byte of the next element.
    let next: Int

    init(_ reader: SignalReader, at place: Int) throws(SignalError) {
        let first = try reader.integer(at: place, as: UInt32.self)
        if first >> 16 != 0 {  // up to four bytes, packed into the tag
            (type, start, count) = (Int(first & 0xFFFF), place + 4, Int(first >> 16))
            guard count <= 4 else {
                throw .malformed(path: reader.path, expected: "a short element of up to 4 bytes", found: "\(count)")
            }
            next = place + 8
        } else {
            (type, start) = (Int(first), place + 8)
            count = Int(try reader.integer(at: place + 4, as: UInt32.self))
            next = start + (count + 7) / 8 * 8
        }
    }
}
