import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct NumPyArrayTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [
        ("c-order", ElementType.float32, [2, 3, 4]), ("fortran-order", .float64, [2, 3, 4]),
        ("big-endian", .int32, [2, 3]),
        ("scalar", .float16, []), ("truth", .bool, [5]), ("version2", .int64, [3]), ("version3", .int64, [3]),
    ]) func readsWhatNumPyWrote(name: String, type: ElementType, shape: [Int]) throws {
        let array = try NumPyArray(CheckpointGolden.file(name + ".npy"))
        #expect(array.entry == TensorEntry(type: type, shape: shape))
        #expect(numbers(array.bytes, type) == CheckpointGolden.values(0..<shape.reduce(1, *), type))
    }

    @Test func writesTheSameBytesAsNumPy() throws {
        for name in ["c-order.npy", "scalar.npy", "truth.npy"] {
            let golden = CheckpointGolden.file(name)
            try NumPyArray(golden).write(to: folder.file(name))
            #expect(try Data(contentsOf: folder.file(name)) == Data(contentsOf: golden), "\(name)")
        }
    }

    @Test func roundTripsEveryTypeThatNumPyHas() throws {
        for type in ElementType.allCases where type != .bfloat16 {
            let bytes = (0..<6 * type.bytes).map { UInt8(truncatingIfNeeded: type == .bool ? $0 % 2 : $0 * 7) }
            let array = NumPyArray(entry: TensorEntry(type: type, shape: [3, 1, 2]), bytes: bytes)
            try array.write(to: folder.file("a.npy"))
            #expect(try NumPyArray(folder.file("a.npy")) == array)
        }
        let empty = NumPyArray(entry: TensorEntry(type: .float32, shape: [0, 7]), bytes: [])
        try empty.write(to: folder.file("empty.npy"))
        #expect(try NumPyArray(folder.file("empty.npy")) == empty)
    }

    @Test func cannotWriteBfloat16() throws {
        let array = NumPyArray(entry: TensorEntry(type: .bfloat16, shape: [1]), bytes: [0, 0])
        do {
            try array.write(to: folder.file("a.npy"))
            Issue.record("expected a refusal")
        } catch { #expect("\(error)".contains("NumPy has no type bfloat16; convert the tensor to float32 first")) }
    }

    private func refusal(_ header: String, numbers: Int = 0, version: UInt8 = 1) throws -> String {
        let count = header.utf8.count
        var bytes = Data([0x93]) + Data("NUMPY".utf8) + [version, 0, UInt8(count & 255), UInt8(count >> 8)]
        if version > 1 { bytes += [0, 0] }
        bytes += Data(header.utf8) + Data(repeating: 0, count: numbers)
        let file = try folder.write(bytes, to: "hostile.npy")
        return NeuralNetTests.refusal { _ = try NumPyArray(file) }
    }

    @Test func refusesObjectsAndRecords() throws {
        let objects = CheckpointGolden.file("objects.npy"), record = CheckpointGolden.file("record.npy")
        #expect(NeuralNetTests.refusal { _ = try NumPyArray(objects) }.contains("Python objects"))
        #expect(NeuralNetTests.refusal { _ = try NumPyArray(record) }.contains("a record of several"))
    }

    @Test func refusesHeadersThatLie() throws {
        for (shape, expected) in [
            ("(2,)", "of shape [2] needs 8 bytes, but 4 follow"), ("(-1,)", "a size of 0 or more"),
            ("()x", "found \"x"),
            ("(4611686018427387904, 4)", "more numbers than can be counted"), ("(99999999999999999999,)", "63 bits"),
            ("(0, 9223372036854775807)", "more numbers than can be counted"), ("(1.0,)", "expected \")\""),
            ("[1]", "entries descr, fortran_order and shape"), ("(1,", "a size of 0 or more"),
            ("(__import__('os'),)", "a size"),
        ] {
            let sentence = try refusal("{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }", numbers: 4)
            #expect(sentence.contains(expected), "\(shape): \(sentence)")
        }
        #expect(try refusal("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", numbers: 5).contains("5 follow"))
    }

    @Test func refusesTypesThatNoTensorHas() throws {
        for type in ["<u2", "<c8", "<U5", "<M8[ns]", "f4", "<f16", ""] {
            let sentence = try refusal("{'descr': '\(type)', 'fortran_order': False, 'shape': (), }", numbers: 4)
            #expect(sentence.contains("convert it with astype"), "\(type): \(sentence)")
        }
    }

    @Test func refusesHeadersThatAreNone() throws {
        for header in [
            "", "{", "}", "{'descr'", "{'descr': '<f4'}", "{'descr': True, 'fortran_order': False, 'shape': ()}",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", "{'descr': '<f4', 'descr': '<f4'}",
            "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': ()}", "eval('1')",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': 'x'}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': ()} and more",
        ] { #expect(try !refusal(header, numbers: 4).isEmpty, "\(header)") }
        #expect(try refusal("{}", version: 4).contains("expected version 1, 2 or 3"))
        let short = try folder.write(Data([0x93, 0x4E]), to: "short.npy")
        #expect(NeuralNetTests.refusal { _ = try NumPyArray(short) }.contains("does not begin like a .npy file"))
    }

    @Test func readsHeadersOfOtherWriters() throws {
        let header = "{\"shape\":(2L,),'fortran_order':False , \"descr\":'|u1'}"
        let bytes =
            Data([0x93]) + Data("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Data(header.utf8) + [8, 9]
        #expect(try NumPyArray(folder.write(bytes, to: "a.npy")).bytes == [8, 9])
    }
}

@Suite struct NumPyArchiveTests {
    @Test(arguments: ["stored.npz", "packed.npz"]) func arraysByTheirNames(name: String) throws {
        let arrays = try NumPyArchive.read(CheckpointGolden.file(name))
        #expect(Set(arrays.keys) == ["a", "b"])
        let a = try #require(arrays["a"]), b = try #require(arrays["b"])
        #expect(a.entry == TensorEntry(type: .int8, shape: [2, 3]) && a.bytes == [0, 1, 2, 3, 4, 5])
        let numbers = b.bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
        #expect(b.entry.shape == [2] && numbers == [1.5, -2])
    }

    @Test func whatIsDamagedIsRefused() throws {
        let folder = try TemporaryFolder(), whole = try Data(contentsOf: CheckpointGolden.file("packed.npz"))
        let file = folder.file("a.npz")
        #expect(throws: NetworkError.self) { try NumPyArchive.read(file) }
        #expect(throws: NetworkError.self) { try NumPyArchive.read(CheckpointGolden.file("packed.npz"), limit: 4) }
        for bytes in [whole.prefix(whole.count - 30), Data("no archive".utf8), Data()] {
            try bytes.write(to: file)
            #expect(throws: NetworkError.self) { try NumPyArchive.read(file) }
        }
        var random = SplitMix(seed: 4, name: "damage"), refused = 0
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0..<3 { bytes[Int(random.uniform() * Double(bytes.count))] = UInt8(random.uniform() * 256) }
            try bytes.write(to: file)
            do { _ = try NumPyArchive.read(file, limit: 1 << 20) } catch { refused += 1 }
        }
        #expect(refused > 50)
    }
}
