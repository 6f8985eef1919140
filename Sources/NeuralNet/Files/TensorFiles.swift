public import Foundation

/// Opens checkpoints of every kind that this library reads.
public enum TensorFiles {
    /// Opens a checkpoint by what is in it, whatever its name ends in.
    ///
    /// - Throws: ``NetworkError/malformed(file:why:)`` with what the file seems to be if it is no checkpoint, and with
    ///   what to do about it where that is known.
    public static func open(_ url: URL) throws(NetworkError) -> any TensorFile {
        let file = try MappedFile(url)
        switch file.withBytes(Kind.init) {
        case .safetensors: return try Safetensors(url)
        case .archive: return try PyTorchCheckpoint(url)
        case .foreign(let why): throw .malformed(file: url.path, why: why)
        }
    }

    private enum Kind {
        case safetensors, archive, foreign(String)

        init(_ bytes: UnsafeRawBufferPointer) {
            // The length of a safetensors header comes first and may look like any signature: its upper half is 0.
            if bytes.count >= 9, bytes[8] == UInt8(ascii: "{"), bytes[4..<8].allSatisfy({ $0 == 0 }) {
                self = .safetensors
            } else if let why = Kind.foreign(bytes) {
                self = .foreign(why)
            } else if bytes.starts(with: Array("PK".utf8)) {
                self = .archive
            } else if bytes.count >= 9, bytes[8] == UInt8(ascii: "{") {
                self = .safetensors
            } else {
                let start = bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
                self = .foreign(
                    "expected a checkpoint (.safetensors, .pth or .pt), found a file of \(bytes.count) bytes that begins "
                        + "with \(start)")
            }
        }

        private static func foreign(_ bytes: UnsafeRawBufferPointer) -> String? {
            if bytes.isEmpty { return "it is empty" }
            let text = String(decoding: bytes.prefix(256), as: UTF8.self).lowercased()
                .drop { $0.isWhitespace || $0 == "\u{FEFF}" }
            if text.hasPrefix("version https://git-lfs") {
                return "it is a git-lfs pointer, not the checkpoint itself; run git lfs pull"
            }
            if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") {
                return "it is a web page, probably the answer to a failed download"
            }
            if text.hasPrefix("{") { return "it is a text in JSON, not a checkpoint" }
            if bytes.starts(with: Array("PK".utf8)), bytes.dropFirst(30).prefix(200).contains(Array(".npy".utf8)) {
                return "it is a NumPy archive (.npz); save one array as .npy, or the weights as safetensors"
            }
            return signatures.first { bytes.dropFirst($0.offset).starts(with: $0.bytes) }?.what
        }

        private static let signatures: [(offset: Int, bytes: [UInt8], what: String)] = [
            (0, [0x1F, 0x8B], "it is compressed with gzip; unpack it first"),
            (0, [0x89] + Array("HDF".utf8), "it is an HDF5 file, as Keras and MATLAB write; convert it to safetensors"),
            (0, [0x93] + Array("NUMPY".utf8), "it is a NumPy array, which has no names; a checkpoint is needed"),
            (0, Array("GGUF".utf8), "it is a GGUF file, whose quantised weights are not read here"),
            (0, [0x28, 0xB5, 0x2F, 0xFD], "it is compressed with zstd; unpack it first"),
            (0, [0xFD] + Array("7zXZ".utf8), "it is compressed with xz; unpack it first"),
            (0, Array("7z".utf8) + [0xBC, 0xAF], "it is a 7-Zip archive; unpack it first"),
            (
                0, [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46],
                "it is a checkpoint of PyTorch before 1.6; save it again with a newer one: "
                    + "torch.save(torch.load(old, weights_only=True), new)"
            ),
            (
                0, [0x80],
                "it is a bare Python pickle, not a file of torch.save; save it with torch.save(state_dict, path)"
            ),
            (257, Array("ustar".utf8), "it is a tar archive; unpack it first"),
        ]
    }
}
