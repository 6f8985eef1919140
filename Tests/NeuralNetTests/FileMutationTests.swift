import Foundation
import NeuralNet
import TestSupport
import Testing

/// Sound files with bytes changed, cut off or doubled: each gives tensors or a `NetworkError`, never a crash.
@Suite struct FileMutationTests {
    /// Steele, Lea and Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014.
    struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }
    }

    /// Bytes at which formats turn: ends of ranges, signs, opcodes.
    private static let turning: [UInt8] = [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x28, 0x2E, 0x30, 0x39, 0x52, 0x51, 0x85, 0x7B, 0x22,
    ]

    private static func mutated(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes.removeLast(bytes.count - place)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(turning.randomElement(using: &random) ?? 0, at: place)
            case 3, 4: bytes[place] = turning.randomElement(using: &random) ?? 0
            case 5: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default: bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
        }
        return bytes
    }

    /// Opens mutants and reads whatever they still hold; says how many were refused.
    private func refused(of bytes: [UInt8], rounds: Int, _ open: (URL) throws -> Void) throws -> Int {
        let folder = try TemporaryFolder()
        var random = SplitMix(state: 2026)
        var refused = 0
        for _ in 0..<rounds {
            let file = try folder.replace(Data(FileMutationTests.mutated(bytes, &random)))
            do { try open(file) } catch is NetworkError { refused += 1 }
        }
        return refused
    }

    private func readAll(_ file: any TensorFile) throws {
        for name in file.entries.keys { _ = try file.bytes(name) }
    }

    private func golden(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: CheckpointGolden.file(name))) }

    @Test func safetensors() throws {
        let refused = try refused(of: golden("types.safetensors"), rounds: 6000) { try readAll(Safetensors($0)) }
        #expect(refused > 3000 && refused < 6000)
    }

    @Test func whicheverKindItLooksLike() throws {
        for name in ["types.safetensors", "types.pth", "legacy.pth", "c-order.npy"] {
            #expect(try refused(of: golden(name), rounds: 500) { try readAll(TensorFiles.open($0)) } > 100, "\(name)")
        }
    }

    @Test(arguments: ["types.pth", "training.pt", "views.pth", "script.pt"]) func archives(name: String) throws {
        #expect(try refused(of: golden(name), rounds: 2000) { try readAll(PyTorchCheckpoint($0)) } > 500)
    }

    /// The pickle alone is changed, in a sound archive, so that every mutant reaches the unpickler.
    @Test func pickles() throws {
        typealias W = PickleWriter
        let base = W.tensor(W.storage(count: 24), offset: 2, shape: [2, 3], strides: [6, 2])
        let more = W.tensor(W.storage("HalfStorage", key: "1", count: 4), shape: [2, 2], strides: [1, 2])
        let state = W.dictionary([("a", base), ("b", more)])
        let pickle = W.pickle(
            W.dictionary([("epoch", W.number(3)), ("state_dict", state), ("list", Array("](NNe".utf8))]))
        let storages = [Array(repeating: UInt8(1), count: 96), Array(repeating: UInt8(2), count: 8)]
        let folder = try TemporaryFolder()
        var random = SplitMix(state: 7), refused = 0
        for _ in 0..<8000 {
            let mutant = W.checkpoint(FileMutationTests.mutated(pickle, &random), storages: storages)
            let file = try folder.replace(mutant)
            do { try readAll(PyTorchCheckpoint(file)) } catch is NetworkError { refused += 1 }
        }
        #expect(refused > 4000 && refused < 8000)
    }

    @Test(arguments: ["c-order.npy", "fortran-order.npy", "big-endian.npy"]) func arrays(name: String) throws {
        let refused = try refused(of: golden(name), rounds: 3000) { _ = try NumPyArray($0) }
        #expect(refused > 500 && refused < 3000)
    }

    /// Every length of a file, from nothing to one byte less than all.
    @Test(arguments: ["no-notes.safetensors", "types.pth", "c-order.npy"]) func truncated(name: String) throws {
        let bytes = try golden(name)
        let folder = try TemporaryFolder()
        for count in stride(from: 0, to: bytes.count, by: bytes.count > 2000 ? 7 : 1) {
            let file = try folder.replace(Data(bytes.prefix(count)))
            #expect(throws: NetworkError.self) {
                if name.hasSuffix("npy") { _ = try NumPyArray(file) } else { _ = try TensorFiles.open(file) }
            }
        }
    }
}

extension TemporaryFolder {
    /// Writes the one file of the folder anew. `Data.write` would wait for the disk every time, for most of a minute.
    fileprivate func replace(_ bytes: Data) throws -> URL {
        let url = file("mutant")
        unlink(url.path)
        let stream = try #require(fopen(url.path, "wb"))
        defer { fclose(stream) }
        let written = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, stream) }
        try #require(written == bytes.count)
        return url
    }
}
