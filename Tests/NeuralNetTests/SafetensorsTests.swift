import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct SafetensorsTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func readsEveryTypeThatPythonWrote() throws {
        let file = try Safetensors(CheckpointGolden.file("types.safetensors"))
        #expect(file.entries == CheckpointGolden.types)
        #expect(file.metadata == ["format": "pt", "note": "a \"quoted\" line\nand é"])
        for (name, entry) in file.entries {
            let count = entry.shape.reduce(1, *)
            #expect(try file.values(name) == CheckpointGolden.values(0..<count, entry.type), "\(name)")
        }
    }

    /// The first library of the format lays the same tensors out in the same way.
    @Test func writesTheSameBytesAsPython() throws {
        let golden = CheckpointGolden.file("no-notes.safetensors")
        try Safetensors.write(copyOf: Safetensors(golden), to: folder.file("copy"))
        #expect(try Data(contentsOf: folder.file("copy")) == Data(contentsOf: golden))
    }

    @Test func roundTripsNamesAndNotesThatNeedEscapes() throws {
        let names = ["plain", "a\"b\\c", "line\nbreak\ttab", "\u{1}\u{1F}", "Gehirn🧠é", ""]
        let tensors = names.map { name -> Safetensors.Output in
            (
                name, TensorEntry(type: .uint8, shape: [3]),
                { bytes throws(NetworkError) in bytes.copyBytes(from: [1, 2, 3]) }
            )
        }
        try Safetensors.write(tensors, metadata: ["k\"": "\\\u{8}\u{C}\r"], to: folder.file("a"))
        let file = try Safetensors(folder.file("a"))
        #expect(Set(file.entries.keys) == Set(names))
        #expect(file.metadata == ["k\"": "\\\u{8}\u{C}\r"])
        for name in names { #expect(try file.bytes(name) == [1, 2, 3]) }
    }

    @Test func orderOfTensorsDoesNotMatter() throws {
        let tensors = (0..<20).map { n -> Safetensors.Output in
            let type: ElementType = n % 2 == 0 ? .float16 : .float64
            return (
                "t\(n)", TensorEntry(type: type, shape: [n]),
                { bytes throws(NetworkError) in
                    for i in bytes.indices { bytes[i] = UInt8(truncatingIfNeeded: i + n) }
                }
            )
        }
        let metadata = ["a": "1", "b": "2", "c": "3"]
        try Safetensors.write(tensors, metadata: metadata, to: folder.file("a"))
        try Safetensors.write(tensors.reversed(), metadata: metadata, to: folder.file("b"))
        let bytes = try Data(contentsOf: folder.file("a"))
        #expect(bytes == (try Data(contentsOf: folder.file("b"))))
        let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(length % 8 == 0)
        let file = try Safetensors(folder.file("a"))
        #expect(try file.bytes("t5") == (0..<40).map { UInt8($0 + 5) })
        #expect(try file.bytes("t0").isEmpty)
    }

    @Test func writesNothingAtAllWhenSomethingFails() throws {
        let target = folder.file("weights.safetensors")
        try Data("the old file".utf8).write(to: target)
        let good: Safetensors.Output = ("a", TensorEntry(type: .float32, shape: [2]), { _ in })
        let bad: Safetensors.Output = (
            "b", TensorEntry(type: .float32, shape: [2]), { _ throws(NetworkError) in throw .device("it went away") }
        )
        #expect(throws: NetworkError.device("it went away")) { try Safetensors.write([good, bad], to: target) }
        #expect(try String(contentsOf: target, encoding: .utf8) == "the old file")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["weights.safetensors"])
    }

    @Test func refusesToWriteWhatNobodyCouldRead() throws {
        let one: Safetensors.Output = ("a", TensorEntry(type: .int8, shape: [1]), { _ in })
        let reserved: Safetensors.Output = ("__metadata__", TensorEntry(type: .int8, shape: [1]), { _ in })
        let negative: Safetensors.Output = ("n", TensorEntry(type: .int8, shape: [-1]), { _ in })
        for tensors in [[one, one], [reserved], [negative]] {
            do {
                try Safetensors.write(tensors, to: folder.file("x"))
                Issue.record("expected a refusal")
            } catch { #expect("\(error)".hasPrefix("cannot write \(folder.file("x").path)")) }
        }
        let nowhere = folder.file("missing/x")
        #expect(throws: NetworkError.unwritable(file: nowhere.path, why: "No such file or directory")) {
            try Safetensors.write([one], to: nowhere)
        }
        #expect(throws: NetworkError.self) { try Safetensors.write([one], to: folder.url) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }

    @Test func writesAFileWithoutTensors() throws {
        try Safetensors.write([(name: String, tensor: Tensor)](), to: folder.file("none"))
        #expect(try Safetensors(folder.file("none")).entries.isEmpty)
    }

    @Test func saysThatAFileIsMissing() throws {
        #expect(throws: NetworkError.missingFile(folder.file("no").path)) { try Safetensors(folder.file("no")) }
        #expect(refusal { _ = try Safetensors(folder.url) } == "it is a folder")
    }

    @Test func saysThatATensorIsMissing() throws {
        let file = try Safetensors(CheckpointGolden.file("types.safetensors"))
        let nothing = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        #expect(throws: NetworkError.missingWeight(name: "no", similar: [])) { try file.read("no", into: nothing) }
    }
}
