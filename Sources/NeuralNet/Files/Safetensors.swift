public import Foundation

/// A checkpoint in the safetensors format: a table of contents in JSON, then the numbers, nothing that could run.
///
/// The file is mapped, not read: opening costs the same for a megabyte and for a gigabyte, and only tensors that are
/// asked for come from the disk. Whatever the table of contents says is checked before anything is believed: sizes,
/// overlaps, gaps, names that occur twice. Format: [safetensors](https://github.com/huggingface/safetensors), version 0.x.
public struct Safetensors: TensorFile {
    public let entries: [String: TensorEntry]
    /// What the writer noted beside the tensors, for instance `format`.
    public let metadata: [String: String]
    private let file: MappedFile
    /// Where each tensor lies, counted from the beginning of the file.
    private let places: [String: Range<Int>]

    /// - Throws: ``NetworkError/missingFile(_:)``, or ``NetworkError/malformed(file:why:)`` with the tensor and the
    ///   numbers that do not fit.
    public init(_ url: URL) throws(NetworkError) {
        let file = try MappedFile(url)
        let (header, start) = try file.parsed { bytes throws(FileFault) in try Safetensors.header(of: bytes) }
        self.file = file
        metadata = header.metadata
        entries = header.tensors.mapValues(\.entry)
        places = header.tensors.mapValues { start + $0.range.lowerBound..<start + $0.range.upperBound }
    }

    public func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        guard let place = places[name] else { throw .missingWeight(name: name, similar: []) }
        precondition(destination.count == place.count, "the destination does not have the tensor's size")
        file.withBytes { destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[place])) }
        if entries[name]?.type == .bool { destination.makeTruthValues() }
    }

    /// The checked table of contents, and where the numbers begin.
    private static func header(of bytes: UnsafeRawBufferPointer) throws(FileFault) -> (SafetensorsHeader, start: Int) {
        var cursor = ByteCursor(bytes)
        guard bytes.count >= 8 else {
            throw FileFault("expected a safetensors file of at least 8 bytes, found \(bytes.count)")
        }
        let length = try cursor.number(UInt64.self)
        guard length <= 100_000_000 else {
            throw FileFault("expected a header of at most 100 MB, found one that claims \(length) bytes")
        }
        guard length <= UInt64(cursor.remaining) else {
            throw FileFault("it ends early: expected a header of \(length) bytes, found \(cursor.remaining)")
        }
        let header = try SafetensorsHeader(try cursor.take(Int(length)))
        try header.checkPlaces(available: cursor.remaining)
        return (header, cursor.position)
    }
}

extension SafetensorsHeader {
    /// Every byte behind the header belongs to exactly one tensor, and each tensor has the bytes that its shape needs.
    func checkPlaces(available: Int) throws(FileFault) {
        for (name, tensor) in tensors {
            let needed: Int
            do throws(FileFault) { needed = try tensor.entry.checkedBytes() } catch {
                throw FileFault("tensor \(quoted(name)): " + error.why)
            }
            guard tensor.range.count == needed else {
                throw FileFault(
                    "tensor \(quoted(name)): \(tensor.entry.type) of shape \(tensor.entry.shape) needs \(needed) bytes, "
                        + "but its offsets \(tensor.range.lowerBound) to \(tensor.range.upperBound) hold \(tensor.range.count)"
                )
            }
        }
        let inOrder = tensors.sorted {
            ($0.value.range.lowerBound, $0.value.range.upperBound) < (
                $1.value.range.lowerBound, $1.value.range.upperBound
            )
        }
        var end = 0
        for (name, tensor) in inOrder {
            let start = tensor.range.lowerBound
            guard start == end else {
                let what = start < end ? "overlaps the tensor before it" : "leaves a gap"
                throw FileFault("tensor \(quoted(name)) \(what): expected it to begin at \(end), found \(start)")
            }
            end = tensor.range.upperBound
            guard end <= available else {
                throw FileFault(
                    "tensor \(quoted(name)) ends at \(end), but only \(available) bytes of numbers are there")
            }
        }
        guard end == available else {
            throw FileFault(
                "expected \(end) bytes of numbers, found \(available): \(available - end) belong to no tensor")
        }
    }
}
