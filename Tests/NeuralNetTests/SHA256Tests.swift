import Foundation
import TestSupport
import Testing

@testable import NeuralNet

/// The vectors of FIPS 180-4's examples, and the lengths around the ends of blocks against Python's hashlib.
@Suite struct SHA256Tests {
    private func hash(_ text: String) throws -> String {
        let folder = try TemporaryFolder()
        return try sha256(of: folder.write(Data(text.utf8), to: "a"))
    }

    @Test func standardVectors() throws {
        #expect(try hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(try hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            try hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            try hash(String(repeating: "a", count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test(arguments: [
        (55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
        (56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"),
        (63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"),
        (64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
        (65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"),
    ]) func endsOfBlocks(count: Int, expected: String) throws {
        #expect(try hash(String(repeating: "a", count: count)) == expected)
    }

    @Test func piecesOfAnyLengthGiveTheSame() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var whole = SHA256()
        bytes.withUnsafeBytes { whole.update($0) }
        let expected = whole.finished()
        for step in [1, 7, 63, 64, 65, 130] {
            var pieces = SHA256()
            for start in stride(from: 0, to: bytes.count, by: step) {
                Array(bytes[start..<min(start + step, bytes.count)]).withUnsafeBytes { pieces.update($0) }
            }
            #expect(pieces.finished() == expected)
        }
    }

    @Test func saysThatAFileIsMissing() throws {
        #expect(throws: NetworkError.missingFile("/no/such/file")) {
            try sha256(of: URL(fileURLWithPath: "/no/such/file"))
        }
    }
}
