import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct TensorFilesTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func why(_ start: [UInt8], _ padding: Int = 600) throws -> String {
        let url = try folder.write(Data(start + Array(repeating: 0, count: padding)), to: "model.safetensors")
        return refusal { _ = try TensorFiles.open(url) }
    }

    @Test func choosesByContentAndNotByName() throws {
        for (golden, name) in [("types.safetensors", "a.pth"), ("types.pth", "a.safetensors")] {
            let url = try folder.write(Data(contentsOf: CheckpointGolden.file(golden)), to: name)
            #expect(try TensorFiles.open(url).entries == CheckpointGolden.types)
        }
    }

    @Test func saysWhatAFileLooksLike() throws {
        let html = "\u{FEFF}\n <!DOCTYPE html><html>"
        for (start, expected) in [
            (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "git-lfs pointer"),
            (Array(html.utf8), "web page"),
            (Array("<html><body>".utf8), "web page"), (Array("{\"weight_map\": {".utf8), "JSON"),
            ([0x1F, 0x8B, 8], "gzip"),
            ([0x89] + Array("HDF\r\n\u{1A}\n".utf8), "HDF5"), ([0x93] + Array("NUMPY".utf8), "NumPy array"),
            (Array("GGUF".utf8), "GGUF"), ([0x80, 4, 0x95], "bare Python pickle"), ([0xFD] + Array("7zXZ".utf8), "xz"),
            ([0xDE, 0xAD, 0xBE, 0xEF], "begins with de ad be ef 00 00 00 00"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
            (Array("PK\u{3}\u{4}".utf8) + Array(repeating: 0, count: 26) + Array("arr_0.npy".utf8), ".npz"),
            (Array(repeating: 1, count: 257) + Array("ustar".utf8), "tar archive"),
            (Array("PK".utf8), "no archive of torch.save"),
        ] {
            let sentence = try why(start)
            #expect(sentence.contains(expected), "\(sentence)")
        }
        #expect(try why([], 0) == "it is empty")
        let legacy = CheckpointGolden.file("legacy.pth")
        #expect(refusal { _ = try TensorFiles.open(legacy) }.contains("PyTorch before 1.6"))
    }

    /// The first byte of a safetensors file is the low byte of a length: it may look like any signature.
    @Test(arguments: [0x80, 0x93, 0x7B, 0x1F8B, 0x8B1F, 0x4B50, 0xFD]) func lengthsThatLookLikeSignatures(length: Int)
        throws
    {
        let header = "{}" + String(repeating: " ", count: length - 2)
        let bytes = withUnsafeBytes(of: UInt64(length).littleEndian) { Data($0) } + Data(header.utf8)
        #expect(try TensorFiles.open(folder.write(bytes, to: "a")).entries.isEmpty)
    }

    @Test func saysThatNothingIsThere() throws {
        #expect(throws: NetworkError.missingFile("/no/such")) { try TensorFiles.open(URL(fileURLWithPath: "/no/such")) }
        #expect(refusal { _ = try TensorFiles.open(folder.url) } == "it is a folder")
        #expect(refusal { _ = try TensorFiles.open(URL(fileURLWithPath: "/dev/null")) } == "it is no ordinary file")
    }
}
