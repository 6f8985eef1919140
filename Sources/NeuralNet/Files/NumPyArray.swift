public import Foundation

/// One array of numbers in NumPy's `.npy` format: how a user hands a network a raw input and takes its raw output.
///
/// Format: NumPy's documentation, `numpy.lib.format`, versions 1 to 3.
public struct NumPyArray: Sendable, Equatable {
    public let entry: TensorEntry
    /// The numbers, the last axis varying fastest, least significant byte first.
    public private(set) var bytes: [UInt8]

    /// - Precondition: `bytes` has the size that `entry` needs.
    public init(entry: TensorEntry, bytes: [UInt8]) {
        precondition(
            bytes.count == entry.shape.reduce(entry.type.bytes, *), "the bytes do not have the size of the array")
        (self.entry, self.bytes) = (entry, bytes)
    }

    /// An array of float32 or float64.
    ///
    /// - Parameter firstAxisFastest: how `values` lie, as in MATLAB; the array itself always has the last axis varying fastest.
    /// - Precondition: there are as many values as the shape says.
    public init(_ values: [Double], shape: [Int], single: Bool, firstAxisFastest: Bool = false) {
        let packed: [UInt8] =
            single
            ? values.map { Float($0).bitPattern.littleEndian }.withUnsafeBytes { Array($0) }
            : values.map(\.bitPattern.littleEndian).withUnsafeBytes { Array($0) }
        self.init(entry: TensorEntry(type: single ? .float32 : .float64, shape: shape), bytes: packed)
        guard firstAxisFastest, shape.count > 1 else { return }
        let strides = StridedLayout.firstAxisFastest(shape)
        guard let layout = try? StridedLayout(entry, strides: strides, offset: 0, available: values.count) else {
            return
        }
        bytes = packed.withUnsafeBytes { Self.copy($0, layout, swapped: false) }
    }

    /// Reads an array of either byte order and either axis order.
    ///
    /// - Throws: ``NetworkError/missingFile(_:)``, or ``NetworkError/malformed(file:why:)`` for Python objects, records,
    ///   types that no tensor has, and files that are shorter or longer than their header says.
    public init(_ url: URL) throws(NetworkError) {
        self = try MappedFile(url).parsed { bytes throws(FileFault) in try NumPyArray(bytes) }
    }

    /// Parses the content of a file.
    init(_ bytes: UnsafeRawBufferPointer) throws(FileFault) {
        var cursor = ByteCursor(bytes)
        let header = try NumPyHeader(&cursor)
        entry = header.entry
        let size = try entry.checkedBytes()
        guard size == cursor.remaining else {
            throw FileFault(
                "\(entry.type) of shape \(entry.shape) needs \(size) bytes, but \(cursor.remaining) follow the header")
        }
        let numbers = try cursor.take(size)
        var strides = StridedLayout.firstAxisFastest(header.firstAxisFastest ? entry.shape : entry.shape.reversed())
        if !header.firstAxisFastest { strides.reverse() }
        let layout = try StridedLayout(entry, strides: strides, offset: 0, available: size / entry.type.bytes)
        self.bytes = NumPyArray.copy(numbers, layout, swapped: header.mostSignificantFirst)
    }

    /// Writes the array as version 1 of the format; the file appears under its name when it is whole.
    ///
    /// - Throws: ``NetworkError/unwritable(file:why:)`` for bfloat16, which NumPy does not have, or if the disk refuses.
    public func write(to url: URL) throws(NetworkError) {
        let header: [UInt8]
        do throws(FileFault) { header = try NumPyHeader.bytes(for: entry) } catch {
            throw .unwritable(file: url.path, why: error.why)
        }
        let file = try AtomicFile(url)
        try file.write(header)
        try file.write(bytes)
        try file.finish()
    }

    private static func copy(_ numbers: UnsafeRawBufferPointer, _ layout: StridedLayout, swapped: Bool) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: layout.bytes) { buffer, count in
            let destination = UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(buffer)[0..<layout.bytes])
            layout.copy(from: numbers, into: destination)
            let width = layout.entry.type.bytes
            if swapped && width > 1 {
                for start in Swift.stride(from: 0, to: layout.bytes, by: width) {
                    destination[start..<start + width].reverse()
                }
            }
            count = layout.bytes
        }
    }
}
