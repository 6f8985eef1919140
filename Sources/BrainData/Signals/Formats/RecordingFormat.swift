public import Foundation

/// A kind of recording's file. ``RecordingFile`` asks each format in turn; a new one is a conforming type and a line in
/// its list.
public protocol RecordingFormat: Sendable {
    /// What people call it.
    var name: String { get }
    /// How its files' names end, with the dot.
    var endings: [String] { get }

    /// The file that holds the header of the recording that `file` belongs to: itself but for formats of several files.
    func headerFile(for file: URL) -> URL
    /// Whether a file with these first bytes is of the format.
    func recognises(_ beginning: Data) -> Bool
    /// Reads the header and the events, mends or refuses what is odd, and says where the samples are.
    ///
    /// - Parameter limit: the most memory to take, in bytes, for what cannot stay in the file.
    func open(_ file: FileBytes, limit: Int) throws(SignalError) -> Recording
}

extension RecordingFormat {
    public func headerFile(for file: URL) -> URL { file }
}

/// A format that can be written as well.
public protocol WritableRecordingFormat: RecordingFormat {
    /// The files that make up the recording, in the order in which they are to be written, and what they do not keep.
    func files(for recording: Recording, at url: URL) throws(SignalError) -> RecordingFiles
}

/// A recording as files that are yet to be written.
public struct RecordingFiles: Sendable {
    public var files: [(url: URL, bytes: Data)]
    /// What the format cannot keep, one sentence each.
    public var notes: [String] = []
}

extension FileBytes {
    /// Makes sure that what so many bytes of text or tables become in memory, at most 24 times as much, stays below the
    /// limit.
    func checkParsed(_ count: Int, limit: Int) throws(SignalError) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: 24)
        guard !overflow, bytes <= limit else {
            throw .tooLarge(path: path, bytes: overflow ? .max : bytes, limit: limit)
        }
    }

    /// A reader of the whole file for recordings, which are never packed.
    var reader: SignalReader { SignalReader(raw, path: path) }
}

/// ``ByteReader`` with the errors of signals.
struct SignalReader: Sendable {
    private var reader: ByteReader

    init(_ bytes: Data, path: String, order: ByteOrder = .little) {
        reader = ByteReader(bytes, path: path, order: order)
    }

    var bytes: Data { reader.bytes }
    var count: Int { reader.bytes.count }
    var path: String { reader.path }
    var order: ByteOrder {
        get { reader.order }
        set { reader.order = newValue }
    }

    func integer<Stored: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as type: Stored.Type = Stored.self
    ) throws(SignalError) -> Stored {
        do throws(ImagingError) { return try reader.integer(at: offset, as: type) } catch { throw SignalError(error) }
    }

    func float32(at offset: Int) throws(SignalError) -> Float { Float(bitPattern: try integer(at: offset)) }

    func float64(at offset: Int) throws(SignalError) -> Double { Double(bitPattern: try integer(at: offset)) }

    /// The text in a field, up to its first zero; bytes that are no UTF-8 are taken as Latin-1.
    func text(at offset: Int, count: Int) throws(SignalError) -> String {
        do throws(ImagingError) { return try reader.text(at: offset, count: count) } catch { throw SignalError(error) }
    }

    /// Bytes as they are.
    func slice(from offset: Int, count: Int) throws(SignalError) -> Data {
        let (end, overflow) = offset.addingReportingOverflow(count)
        guard offset >= 0, count >= 0, !overflow, end <= bytes.count else {
            throw .truncated(path: path, expected: overflow ? .max : end, found: bytes.count)
        }
        return bytes.dropFirst(offset).prefix(count)
    }
}
