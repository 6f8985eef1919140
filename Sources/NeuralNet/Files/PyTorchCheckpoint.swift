internal import CEngine
public import Foundation

/// A checkpoint that `torch.save` wrote (`.pth`, `.pt`), read as data: nothing in it is ever run.
///
/// The state dict may be the whole file, or lie in a dictionary beside the epoch and the optimiser's state. A file that
/// asks for any class or function beyond tensors and plain containers is refused, and the class named.
public struct PyTorchCheckpoint: TensorFile {
    public let entries: [String: TensorEntry]
    /// The key under which the state dict lies, such as `state_dict`; empty if the file is the state dict.
    public let place: String
    /// What stood before every name, such as the `module.` of DataParallel, and was taken off; mostly empty.
    public let prefix: String
    /// Keys of the file that hold no weights and were left alone, such as `epoch` and `optimizer`, in the file's order.
    public let ignored: [String]
    private let file: MappedFile
    /// Each tensor's layout, and where its storage lies, counted from the beginning of the file.
    private let tensors: [String: (layout: StridedLayout, storage: Range<Int>)]

    /// - Throws: ``NetworkError/missingFile(_:)``, or ``NetworkError/malformed(file:why:)`` with what is wrong, or what
    ///   the file asks for.
    public init(_ url: URL) throws(NetworkError) {
        let file = try MappedFile(url)
        let (state, tensors) = try file.parsed { bytes throws(FileFault) in
            let records = try ArchiveRecords(bytes)
            let (top, objects) = try Unpickler.value(of: UnsafeRawBufferPointer(rebasing: bytes[records.pickle]))
            let state = try StateDict(in: top, objects)
            return (state, try PyTorchCheckpoint.place(state, in: records, fileSize: bytes.count))
        }
        self.file = file
        self.tensors = tensors
        (place, prefix, ignored) = (state.place, state.prefix, state.ignored)
        entries = tensors.mapValues(\.layout.entry)
    }

    public func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        guard let (layout, storage) = tensors[name] else { throw .missingWeight(name: name, similar: []) }
        file.withBytes { layout.copy(from: UnsafeRawBufferPointer(rebasing: $0[storage]), into: destination) }
    }

    /// Finds each tensor's storage in the archive and compares sizes.
    private static func place(
        _ state: StateDict, in records: ArchiveRecords, fileSize: Int
    ) throws(FileFault) -> [String: (layout: StridedLayout, storage: Range<Int>)] {
        var tensors: [String: (layout: StridedLayout, storage: Range<Int>)] = [:]
        for (name, tensor) in state.tensors {
            let storage = tensor.storage
            guard let record = records.all["data/" + storage.key] else {
                throw FileFault(
                    "the numbers of the tensor \(quoted(name)), \(quoted("data/" + storage.key)), are missing")
            }
            let (needed, overflow) = storage.count.multipliedReportingOverflow(by: storage.type.bytes)
            guard !overflow, record.count == needed else {
                throw FileFault(
                    "the storage of the tensor \(quoted(name)) should have \(storage.count) numbers of "
                        + "\(storage.type.bytes) bytes, but \(record.count) bytes are there")
            }
            // One number may stand for many through a stride of 0; then memory would not follow the file's size.
            guard tensor.layout.bytes <= fileSize else {
                throw FileFault(
                    "the tensor \(quoted(name)) would unfold to \(tensor.layout.bytes) bytes, more than the whole file")
            }
            tensors[name] = (tensor.layout, record)
        }
        return tensors
    }
}

/// The records of an archive that torch.save wrote, each with its place in the file.
private struct ArchiveRecords {
    private(set) var all: [String: Range<Int>] = [:]
    let pickle: Range<Int>

    init(_ bytes: UnsafeRawBufferPointer) throws(FileFault) {
        guard let start = bytes.baseAddress else { throw FileFault("it is empty") }
        var message: [CChar] = Array(repeating: 0, count: 400)
        guard let archive = archive_open(start, bytes.count, &message, message.count) else {
            let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw FileFault("it is no archive of torch.save: " + text)
        }
        defer { archive_close(archive) }
        for record in 0..<archive_count(archive) {
            let name = String(cString: archive_name(archive, record))
            let offset = Int(archive_offset(archive, record))
            guard all.updateValue(offset..<offset + Int(archive_size(archive, record)), forKey: name) == nil else {
                throw FileFault("its record \(quoted(name)) occurs twice")
            }
        }
        guard all["constants.pkl"] == nil, !all.keys.contains(where: { $0.hasPrefix("code/") }) else {
            throw FileFault(
                "it is a TorchScript program; save its weights with torch.save(torch.jit.load(old).state_dict(), new)")
        }
        guard let found = all["data.pkl"] else {
            let names = all.keys.sorted().prefix(6).map(quoted).joined(separator: ", ")
            throw FileFault("it is a zip archive without \"data.pkl\", so not of torch.save; it holds \(names)")
        }
        pickle = found
        if let order = all["byteorder"], !bytes[order].elementsEqual("little".utf8) {
            let found = String(decoding: bytes[order].prefix(12), as: UTF8.self)
            throw FileFault(
                "its numbers have the byte order \(quoted(found)), expected \"little\"; save it again on such a machine"
            )
        }
    }
}
