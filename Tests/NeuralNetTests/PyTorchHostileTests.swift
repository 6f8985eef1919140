import Foundation
import NeuralNet
import TestSupport
import Testing

/// Checkpoints that nobody's torch.save wrote. Each must be refused in a sentence, and none may run or fill memory.
@Suite struct PyTorchHostileTests {
    private typealias W = PickleWriter
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func open(_ file: Data) throws -> PyTorchCheckpoint {
        try PyTorchCheckpoint(folder.write(file, to: "a.pth"))
    }

    private func why(_ value: [UInt8], storages: [[UInt8]] = []) -> String {
        refusal { _ = try open(W.checkpoint(W.pickle(value), storages: storages)) }
    }

    private func tensor(count: Int = 4, bytes: Int = 16, offset: Int = 0, _ shape: [Int], _ strides: [Int]) -> String {
        why(
            W.dictionary([("w", W.tensor(W.storage(count: count), offset: offset, shape: shape, strides: strides))]),
            storages: [Array(repeating: 0, count: bytes)])
    }

    @Test func theseBytesMakeASoundCheckpoint() throws {
        let storage = (1...4).flatMap { withUnsafeBytes(of: Float($0), Array.init) }
        let one = W.tensor(W.storage(count: 4), shape: [2, 2], strides: [1, 2])
        let two = W.tensor(W.storage("ByteStorage", key: "1", count: 3), offset: 1, shape: [2], strides: [1])
        let odd = W.tensor(W.storage(count: 4), offset: 3, shape: [1, 1], strides: [.max, .max])
        let items = [("one", one), ("two", two), ("odd", odd)]
        let file = try open(W.checkpoint(W.pickle(W.dictionary(items)), storages: [storage, [7, 8, 9]]))
        #expect(try file.values("one") == [1, 3, 2, 4])
        #expect(try file.bytes("two") == [8, 9])
        #expect(try file.values("odd") == [4])
    }

    @Test func classesAreNamedAndNothingRuns() throws {
        let marker = folder.file("ran").path
        let command = W.tuple([W.text("touch \(marker)")]) + Array("R".utf8)
        for (module, name) in [
            ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "getattr"), ("torch", "load"),
            ("torch.storage", "_load_from_bytes"), ("collections", "defaultdict"), ("torch", "ComplexFloatStorage"),
            ("torch._utils", "_rebuild_device_tensor_from_numpy"), ("", ""),
        ] {
            let sentence = why(W.global(module, name) + command)
            #expect(sentence.contains("asks for \"\(module).\(name)\"") && sentence.contains("nothing was run"))
            let stacked = why(W.text(module) + W.text(name) + [0x93] + command)
            #expect(stacked.contains("asks for \"\(module).\(name)\""))
        }
        #expect(!FileManager.default.fileExists(atPath: marker))
    }

    @Test func viewsStayInTheirStorage() {
        for (shape, strides, offset) in [
            ([2, 2], [2, 1], 1), ([5], [1], 0), ([2], [4], 0), ([1], [1], 4), ([1], [1], .max),
            ([2, 2], [.max, .max], 0),
            ([3], [.max], 1),
        ] {
            #expect(tensor(offset: offset, shape, strides).contains("outside its storage of 4"), "\(shape) \(strides)")
        }
        #expect(tensor(offset: -1, [1], [1]).contains("0 or more"))
        #expect(tensor([2], [-1]).contains("0 or more"))
        #expect(tensor([-2], [1]).contains("0 or more"))
        #expect(tensor([2, 2], [1]).contains("different numbers of axes"))
        #expect(tensor([.max, .max], [0, 0]).contains("more numbers than can be counted"))
        #expect(tensor([1 << 40], [0]).contains("more than the whole file"))
        #expect(tensor(count: 5, [1], [1]).contains("5 numbers of 4 bytes, but 16 bytes are there"))
        #expect(tensor(count: .max, [1], [1]).contains("16 bytes are there"))
        #expect(tensor(count: -1, [1], [1]).contains("expected a storage"))
        #expect(tensor(Array(repeating: 1, count: 65), Array(repeating: 1, count: 65)).contains("64 axes"))
        let away = W.tensor(W.storage(key: "../../secret", count: 1), shape: [1], strides: [1])
        #expect(why(W.dictionary([("w", away)])).contains("\"data/../../secret\", are missing"))
    }

    @Test(arguments: [
        (".", "stack is empty"), ("(.", "stack is empty"), ("NN.", "1 values are left over"),
        ("t.", "no mark"), ("0.", "stack is empty"), ("s.", "stack is empty"), ("N}s.", "stack is empty"),
        ("}(Nu.", "has no value"), ("NNNs.", "sets items of None"), ("NNa.", "appends to None"),
        ("h\u{5}.", "never kept"),
        ("X\u{7F}\u{7F}\u{7F}\u{7F}.", "expected 2139062143 more bytes"), ("q\u{1}.", "stack is empty"),
        ("N)R.", "it calls None"), ("(N(N1u.", "stack is empty"), ("i__main__\nx\n.", "instruction 0x69"),
        ("ctorch\nSize\nNR.", "it calls a class"), ("ctorch\nSize\n)R.", "with 0 arguments"),
        ("}Nb.", "sets attributes"),
        ("N}b.", "sets attributes of None"), ("NQ.", "expected a storage"), ("ctorch", "found no end"),
        ("P0\n.", "0x50"),
        ("ctorch\nFloatStorage\n)R.", "it calls a class"), ("\u{0}", "instruction 0x0"), ("]\u{7D}\u{7D}e.", "no mark"),
    ]) func brokenPickles(pickle: String, expected: String) {
        let sentence = why(Array(pickle.utf8).dropLast(pickle.hasSuffix(".") ? 1 : 0))
        #expect(sentence.contains(expected), "\(sentence)")
    }

    @Test func lengthsThatCannotBe() {
        #expect(why([0x8D] + Array(repeating: 0xFF, count: 8)).contains("claims 18446744073709551615 bytes"))
        #expect(why([0x8E] + Array(repeating: 0xFF, count: 8)).contains("claim a length of"))
        #expect(why([0x8B, 0xFF, 0xFF, 0xFF, 0xFF]).contains("expected -1 more bytes"))
        #expect(why([0x80, 9]).contains("expected protocol 2 to 5, found 9"))
        #expect(why([0x8C, 1, 0xFF]).contains("no UTF-8"))
    }

    @Test func containersThatHoldThemselves() {
        let list = Array("]q\u{0}h\u{0}a".utf8), map = Array("}q\u{0}K\u{0}h\u{0}s".utf8)
        #expect(why(list).contains("holds itself"))
        #expect(why(map).contains("holds itself"))
        #expect(why(W.dictionary([("a", W.text("b")), ("c", list)])).contains("holds itself"))
        let deep =
            Array(repeating: UInt8(ascii: "]"), count: 100_000) + Array(repeating: UInt8(ascii: "a"), count: 99_999)
        #expect(why(deep).contains("more than 100 deep"))
        // Each of 60 lists holds the one before it twice: 2⁶⁰ ways lead to the innermost.
        let wide = (0..<60).flatMap { _ in Array("q\u{1}0]h\u{1}ah\u{1}a".utf8) }
        #expect(why(Array("]".utf8) + wide).contains("expected a dictionary of tensors, found a list"))
    }

    @Test func namesThatOccurTwice() {
        let one = W.tensor(W.storage(count: 1), shape: [1], strides: [1])
        let sentence = why(W.dictionary([("w", one), ("w", one)]), storages: [[0, 0, 0, 0]])
        #expect(sentence.contains("the tensor \"w\" occurs twice"))
    }

    @Test func wrappersOnlyGoWhenAllNamesHaveThem() throws {
        let one = W.tensor(W.storage(count: 1), shape: [1], strides: [1])
        for (names, prefix, expected) in [
            (["module.a", "b"], "", ["module.a", "b"]), (["module.module.a"], "module.module.", ["a"]),
            (["module."], "module.", [""]),
            (["_orig_mod.module.a", "_orig_mod.module.b"], "_orig_mod.module.", ["a", "b"]),
        ] {
            let pickle = W.pickle(W.dictionary(names.map { ($0, one) }))
            let file = try open(W.checkpoint(pickle, storages: [[0, 0, 0, 0]]))
            #expect(file.prefix == prefix && Set(file.entries.keys) == Set(expected))
        }
    }
}
