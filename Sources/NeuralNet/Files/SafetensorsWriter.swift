public import Foundation

extension Safetensors {
    /// One tensor to be written: `bytes` fills a buffer of exactly the tensor's size, the last axis varying fastest.
    public typealias Output = (
        name: String, entry: TensorEntry, bytes: (UnsafeMutableRawBufferPointer) throws(NetworkError) -> Void
    )

    /// Writes a safetensors file; the same tensors and notes always give the same bytes, whatever their order.
    ///
    /// Tensors are asked for one after the other, so that only the largest needs to fit into memory. The file appears
    /// under its name when it is whole. It lies as the format's first library would lay it: wide types first, then by name.
    ///
    /// - Throws: ``NetworkError/unwritable(file:why:)`` if a name occurs twice or the disk refuses, or what `bytes` throws.
    public static func write(
        _ tensors: [Output], metadata: [String: String] = [:], to url: URL
    ) throws(NetworkError) {
        let sorted = tensors.sorted {
            let (left, right) = ($0.entry.type.safetensors.rank, $1.entry.type.safetensors.rank)
            return left != right ? left < right : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }
        let header: [UInt8]
        let sizes: [Int]
        do { (header, sizes) = try layOut(sorted, metadata) } catch {
            throw .unwritable(file: url.path, why: error.why)
        }
        let file = try AtomicFile(url)
        try file.write(header)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: sizes.max() ?? 0, alignment: 64)
        defer { buffer.deallocate() }
        for (tensor, size) in zip(sorted, sizes) {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<size])
            try tensor.bytes(part)
            try file.write(UnsafeRawBufferPointer(part))
        }
        try file.finish()
    }

    /// Writes all tensors of another checkpoint as safetensors, one at a time.
    public static func write(
        copyOf source: any TensorFile, metadata: [String: String] = [:], to url: URL
    ) throws(NetworkError) {
        let tensors = source.entries.map { name, entry -> Output in
            (name, entry, { bytes throws(NetworkError) in try source.read(name, into: bytes) })
        }
        try write(tensors, metadata: metadata, to: url)
    }

    /// The length and the table of contents, padded to a multiple of 8 bytes.
    private static func layOut(
        _ tensors: [Output], _ metadata: [String: String]
    ) throws(FileFault) -> (header: [UInt8], sizes: [Int]) {
        var members: [String] = [], names: Set = ["__metadata__"], sizes: [Int] = [], end = 0
        if !metadata.isEmpty {
            let notes = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { json($0.key) + ":" + json($0.value) }
            members.append("\"__metadata__\":{" + notes.joined(separator: ",") + "}")
        }
        for (name, entry, _) in tensors {
            guard names.insert(name).inserted else {
                throw FileFault("the name \(quoted(name)) occurs twice or is reserved")
            }
            let size = try entry.checkedBytes()
            let (next, overflow) = end.addingReportingOverflow(size)
            guard !overflow else { throw FileFault("the tensors have more bytes than can be counted") }
            let shape = entry.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(json(name)):{\"dtype\":\"\(entry.type.safetensors.name)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(end),\(next)]}")
            sizes.append(size)
            end = next
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        text += Array(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        guard text.count <= 100_000_000 else {
            throw FileFault("its header would exceed the 100 MB that the format allows")
        }
        return (withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text, sizes)
    }

    private static func json(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{8}": quoted += "\\b"
            case "\u{C}": quoted += "\\f"
            case "\0"..<" ":
                quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
