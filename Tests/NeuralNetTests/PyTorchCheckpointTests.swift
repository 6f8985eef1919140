import Foundation
import NeuralNet
import TestSupport
import Testing

/// Files of torch.save as PyTorch itself wrote them.
@Suite struct PyTorchCheckpointTests {
    private func open(_ name: String) throws -> PyTorchCheckpoint {
        try PyTorchCheckpoint(CheckpointGolden.file(name))
    }

    @Test(arguments: ["types.pth", "types-protocol5.pth"]) func readsEveryType(name: String) throws {
        let file = try open(name)
        #expect(file.entries == CheckpointGolden.types)
        #expect((file.place, file.prefix, file.ignored) == ("", "", []))
        for (name, entry) in file.entries {
            let count = entry.shape.reduce(1, *)
            #expect(try file.values(name) == CheckpointGolden.values(0..<count, entry.type), "\(name)")
        }
    }

    /// Every tensor but two looks at the same storage of 4 × 6 numbers.
    @Test func unfoldsViews() throws {
        let file = try open("views.pth")
        func check(_ name: String, _ shape: [Int], _ places: [Int], _ type: ElementType = .float32) throws {
            #expect(file.entries[name] == TensorEntry(type: type, shape: shape), "\(name)")
            #expect(try file.values(name) == CheckpointGolden.values(places, type), "\(name)")
        }
        try check("whole", [4, 6], Array(0..<24))
        try check("transposed", [6, 4], (0..<6).flatMap { i in (0..<4).map { $0 * 6 + i } })
        try check("offset", [2, 6], Array(6..<18))
        try check("strided", [2, 2], [1, 4, 13, 16])
        let permuted = (0..<4).flatMap { k in (0..<2).flatMap { i in (0..<3).map { i * 12 + $0 * 4 + k } } }
        try check("permuted", [4, 2, 3], permuted)
        let half = (0..<3).flatMap { j in (0..<4).flatMap { k in (0..<2).map { $0 * 12 + j * 4 + k } } }
        try check("permuted.f16", [3, 4, 2], half, .float16)
        try check("row", [6], Array(12..<18))
        try check("expanded", [2, 3], Array(repeating: 1, count: 6))
        try check("truth", [4, 2], (0..<4).flatMap { [$0, 4 + $0] }, .bool)
        try check("parameter", [4], [0, 6, 12, 18])
    }

    @Test func takesOffThePrefixOfDataParallel() throws {
        let file = try open("parallel.pth")
        #expect(file.prefix == "module.")
        let names =
            ["weight", "bias"].map { "first." + $0 }
            + ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"].map { "norm." + $0 }
        #expect(Set(file.entries.keys) == Set(names))
        #expect(file.entries["norm.num_batches_tracked"] == TensorEntry(type: .int64, shape: []))
        #expect(try file.values("first.weight") == CheckpointGolden.values(0..<6))
    }

    @Test func findsTheWeightsInATrainingState() throws {
        let file = try open("training.pt")
        #expect(file.place == "state_dict")
        #expect(file.ignored == ["epoch", "dice", "hausdorff", "optimizer", "size", "kind", "done", "seed"])
        #expect(file.entries.count == 7)
        #expect(try file.values("first.bias") == CheckpointGolden.values(0..<2))
        #expect(try file.values("norm.num_batches_tracked") == [-1])
    }

    @Test func becomesTheSafetensorsThatPythonWrites() throws {
        let folder = try TemporaryFolder()
        try Safetensors.write(copyOf: open("types.pth"), to: folder.file("a"))
        let python = CheckpointGolden.file("no-notes.safetensors")
        #expect(try Data(contentsOf: folder.file("a")) == Data(contentsOf: python))
    }

    @Test(arguments: [
        ("command.pth", "it asks for \"posix.system\""), ("numpy-scalar.pth", "it asks for \"numpy"),
        ("whole-module.pth", "it asks for \"torch.nn.modules.linear.Linear\""), ("script.pt", "TorchScript program"),
        ("two-networks.pth", "several dictionaries of tensors; its keys are \"generator\", \"critic\""),
        ("no-tensors.pth", "no dictionary of tensors is in it; its keys are \"epoch\", \"names\""),
        ("legacy.pth", "it is no archive of torch.save"),
    ]) func refuses(name: String, why: String) {
        let sentence = refusal { _ = try open(name) }
        #expect(sentence.contains(why), "\(sentence)")
    }

    @Test func saysThatAFileOrTensorIsMissing() throws {
        #expect(throws: NetworkError.missingFile("/no/such.pth")) {
            try PyTorchCheckpoint(URL(fileURLWithPath: "/no/such.pth"))
        }
        let file = try open("types.pth")
        let nothing = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        #expect(throws: NetworkError.missingWeight(name: "no", similar: [])) { try file.read("no", into: nothing) }
    }
}
