import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct ForwardTests {
    private let folder: TemporaryFolder
    private let numbers: Safetensors

    init() throws {
        folder = try TemporaryFolder()
        numbers = try Safetensors(Command.golden.appendingPathComponent("eoformer-small-io.safetensors"))
        let input = try tensor("input")
        try NumPyArray(input).write(to: folder.file("x.npy"))
        try NumPyArray(input.selecting(0, along: 0)).write(to: folder.file("x4.npy"))
        try NumPyArray(tensor("target"), as: .uint8).write(to: folder.file("t.npy"))
        let configuration = "{\"channels\": [4, 4, 4, 6], \"headWidth\": 2, \"blocks\": [1, 1, 1, 1]}"
        _ = try folder.write(Data(configuration.utf8), to: "c.json")
    }

    private func tensor(_ name: String) throws -> Tensor {
        let entry = try #require(numbers.entries[name])
        return try Tensor(entry.type, shape: entry.shape) { bytes throws(NetworkError) in
            try numbers.read(name, into: bytes)
        }
    }

    private func arguments(_ more: String..., model: String = "eoformer", input: String = "x.npy") -> [String] {
        [
            "forward", "--model", model, "--config", folder.file("c.json").path, "--weights",
            Command.golden.appendingPathComponent("eoformer-small.safetensors").path, "--input",
            folder.file(input).path,
            "-o", folder.file("y.npy").path, "--threads", "1", "--device", "cpu",
        ] + more
    }

    private func distance(_ file: String, to name: String) throws -> Double {
        let found = try Tensor(NumPyArray(folder.file(file))), expected = try tensor(name)
        #expect(found.shape == expected.shape && found.type == .float32)
        return try zip(found.doubles(), expected.doubles()).map { abs($0 - $1) }.max() ?? .infinity
    }

    @Test(arguments: ["folded", "branches"])
    func theAnswerIsTheReferences(form: String) throws {
        let run = try Command(arguments("--form", form))
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.isEmpty)
        #expect(try distance("y.npy", to: "logits") < 1e-5)
    }

    @Test func everyStageIsWritten() throws {
        let run = try Command(arguments("--all-outputs", folder.file("maps/all").path))
        #expect(run.status == 0, "\(run.errors)")
        for name in ["S0", "S1", "S2", "bottleneck", "decoder", "logits"] {
            #expect(try distance("maps/all/\(name).npy", to: name) < 1e-5)
        }
    }

    @Test func theGradientOfEveryParameterIsWritten() throws {
        let run = try Command(
            arguments("--target", folder.file("t.npy").path, "--gradients", folder.file("g.safetensors").path))
        #expect(run.status == 0, "\(run.errors)")
        let loss = try tensor("loss.corrected").doubles()[0]
        #expect(try abs(#require(Double(run.output.split(separator: " ").last?.dropLast() ?? "")) - loss) < 1e-5)
        let found = try Safetensors(folder.file("g.safetensors")).entries
        let expected = numbers.entries.filter { $0.key.hasPrefix("gradient.") }
        #expect(found.count == 189 && expected.count == 189)
        for (name, entry) in expected {
            #expect(found[String(name.dropFirst("gradient.".count))]?.shape == entry.shape, "\(name)")
        }
    }

    @Test func fourAxesGetABatchAxisAndJSONIsOneObject() throws {
        let run = try Command(arguments("--json", input: "x4.npy"))
        #expect(run.status == 0)
        #expect(run.errors.contains("batch of one"))
        let object = try run.object()
        #expect(object["input"] as? [Int] == [1, 4, 16, 16, 16])
        #expect(object["output"] as? [Int] == [1, 3, 16, 16, 16])
        #expect(object["precision"] as? String == "float32" && object["device"] as? String == "cpu")
        #expect(try distance("y.npy", to: "logits") < 1e-5)
    }

    @Test(arguments: [("bfloat16", 0.1), ("float64", 1e-6)])
    func otherPrecisionsAnswerInFloat32(precision: String, tolerance: Double) throws {
        let run = try Command(arguments("--precision", precision))
        #expect(run.status == 0, "\(run.errors)")
        #expect(try distance("y.npy", to: "logits") < tolerance * 10)
    }

    @Test func aNamedInputIsTakenAndTwoAreRefused() throws {
        let named = arguments().map { $0.hasSuffix("x.npy") ? "scan=" + $0 : $0 }
        #expect(try Command(named).status == 0)
        let two = try Command(arguments("--input", "second=" + folder.file("x.npy").path))
        #expect(two.status == 64 && two.isOneSentence)
        #expect(two.errors.contains("one input") && two.errors.contains("second"))
    }

    @Test func weightsOfAnotherSizeAreNamed() throws {
        let full = arguments().filter { $0 != "--config" && !$0.hasSuffix("c.json") }
        let run = try Command(full)
        #expect(run.status == 65 && run.isOneSentence)
        #expect(run.errors.contains("should have shape"))
        #expect(try Samples.strangers(in: folder, besides: ["x.npy", "x4.npy", "t.npy", "c.json"]).isEmpty)
    }

    @Test func mistakesHaveTheirCodes() throws {
        func status(_ arguments: [String]) throws -> Int32 {
            let run = try Command(arguments)
            #expect(!run.errors.isEmpty && run.output.isEmpty)
            return run.status
        }
        func replaced(_ ending: String, _ other: String) -> [String] {
            arguments().map { $0.hasSuffix(ending) ? other : $0 }
        }
        #expect(try status(["forward"]) == 64)
        #expect(try status(arguments("--form", "square")) == 64)
        #expect(try status(arguments("--loss", "l2")) == 64)
        #expect(try status(arguments("--gradients", "g")) == 64, "--gradients wants --target")
        #expect(try status(arguments("--precision", "int8")) == 64)
        #expect(try status(replaced("x.npy", folder.file("absent.npy").path)) == 66)
        #expect(try status(replaced("x.npy", folder.file("c.json").path)) == 65)
        #expect(try status(replaced("small.safetensors", folder.file("absent.pth").path)) == 66)
        #expect(try status(replaced("small.safetensors", folder.file("x.npy").path)) == 65)
        #expect(try status(replaced("c.json", folder.file("absent.json").path)) == 66)
        #expect(try status(replaced("c.json", folder.file("x.npy").path)) == 65)
        #expect(try status(replaced("cpu", "cuda:77")) == 69)
        #expect(try status(replaced("cpu", "abacus")) == 69)
        #expect(try status(replaced("y.npy", folder.file("no/such/y.npy").path)) == 73)
        #expect(try status(replaced("y.npy", folder.url.path)) == 73)
        #expect(try status(arguments(model: "unet")) == 66)
        #expect(try status(arguments("--max-memory", "1")) == 75)
        #expect(try Samples.strangers(in: folder, besides: ["x.npy", "x4.npy", "t.npy", "c.json"]).isEmpty)
    }

    @Test func anInputOrTargetOfAnotherShapeIsRefused() throws {
        try NumPyArray(Tensor(repeating: 1, shape: [1, 3, 16, 16, 16])).write(to: folder.file("three.npy"))
        let input = try Command(arguments(input: "three.npy"))
        #expect(input.status == 65 && input.isOneSentence && input.errors.contains("[batch, 4, i, j, k]"))
        let target = try Command(
            arguments("--target", folder.file("x.npy").path, "--gradients", folder.file("g.safetensors").path))
        #expect(target.status == 65 && target.isOneSentence && target.errors.contains("[1, 3, 16, 16, 16]"))
    }
}
