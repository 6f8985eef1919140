import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct WeightsTests {
    private func checkpoint() throws -> MemoryFile {
        MemoryFile([
            "head.weight": try wavy([2, 3]), "head.bias": try wavy([2]), "blocks.0.norm.weight": try wavy([3]),
            "blocks.1.norm.weight": try wavy([3], shift: 1),
        ])
    }

    @Test func thePathIsTheName() throws {
        let weights = Weights(try checkpoint())
        #expect(try weights["head"].tensor("weight", shape: [2, 3]).floats() == waves([2, 3]))
        #expect(try weights["blocks"][1]["norm"].tensor("weight", shape: [3]).floats() == waves([3], shift: 1))
        #expect(try weights.tensor("blocks.0.norm.weight", shape: [3]).floats() == waves([3]))
        #expect(weights.tensors.map(\.name) == ["head.weight", "blocks.1.norm.weight", "blocks.0.norm.weight"])
    }

    @Test func aMissingTensorIsNamedWithItsNeighbours() throws {
        let weights = Weights(try checkpoint())
        let expected = NetworkError.missingWeight(
            name: "block.0.norm.weight", similar: ["blocks.0.norm.weight", "blocks.1.norm.weight"])
        #expect(throws: expected) { try weights["block"][0]["norm"].tensor("weight", shape: [3]) }
        #expect("\(expected)".contains("block.0.norm.weight") && "\(expected)".contains("blocks.1.norm.weight"))
    }

    @Test func anotherShapeShowsBoth() throws {
        let weights = Weights(try checkpoint())
        #expect(throws: NetworkError.weightShape(name: "head.weight", declared: [3, 2], found: [2, 3])) {
            try weights["head"].tensor("weight", shape: [3, 2])
        }
    }

    @Test func whatNobodyAskedForIsNamed() throws {
        let weights = Weights(try checkpoint())
        _ = try Linear(weights["head"], from: 3, to: 2)
        let left = ["blocks.0.norm.weight", "blocks.1.norm.weight"]
        #expect(throws: NetworkError.unusedWeights(left)) { try weights.finish() }
        #expect("\(NetworkError.unusedWeights(left))".contains("2 of the checkpoint's tensors"))
        try weights.finish(ignoring: ["blocks."])
        for n in 0..<2 { _ = try weights["blocks"][n]["norm"].tensor("weight", shape: [3]) }
        try weights.finish()
    }

    @Test func manyUnusedNamesAreShortened() {
        let sentence = "\(NetworkError.unusedWeights((0..<20).map { "layer\($0)" }))"
        #expect(sentence.contains("20 of") && sentence.contains("…") && !sentence.contains("layer7"))
    }

    @Test func theSameSeedAndNameGiveTheSameNumbers() throws {
        func draw(_ seed: UInt64, _ name: String) throws -> [Float] {
            try Weights(seed: seed)[name].tensor("weight", shape: [50], start: .uniform(bound: 1)).floats()
        }
        #expect(try draw(1, "a") == draw(1, "a"))
        #expect(try draw(1, "a") != draw(1, "b"))
        #expect(try draw(1, "a") != draw(2, "a"))
        // What else a network has does not shift them.
        let weights = Weights(seed: 1)
        _ = try weights["before"].tensor("weight", shape: [9], start: .normal(deviation: 1))
        #expect(try weights["a"].tensor("weight", shape: [50], start: .uniform(bound: 1)).floats() == draw(1, "a"))
    }

    @Test func everyStartDrawsWhatItSays() throws {
        let weights = Weights(seed: 3)
        func draw(_ start: Weights.Start, _ count: Int = 4) throws -> [Float] {
            try weights.tensor("\(start)", shape: [count], start: start).floats()
        }
        #expect(try draw(.zeros) == [0, 0, 0, 0])
        #expect(try draw(.ones) == [1, 1, 1, 1])
        #expect(try draw(.constant(0.25)) == [0.25, 0.25, 0.25, 0.25])
        #expect(try draw(.values([1, 2, 3, 4])) == [1, 2, 3, 4])
        let even = try draw(.uniform(bound: 2), 10_000)
        #expect(even.allSatisfy { (-2...2).contains($0) })
        #expect(abs(Self.mean(even)) < 0.06)
        #expect(abs(Self.mean(even.map { $0 * $0 }) - 1.333) < 0.06)
        let normal = try draw(.normal(deviation: 3), 10_000)
        #expect(abs(Self.mean(normal)) < 0.15)
        #expect(abs(Self.mean(normal.map { $0 * $0 }) - 9) < 0.5)
        #expect(normal.contains { $0 > 6 } && normal.contains { $0 < -6 })
    }

    @Test func orthonormalRowsAreAtRightAngles() throws {
        func draw(_ seed: UInt64) throws -> Tensor {
            try Weights(seed: seed).tensor("rows", shape: [7, 9], start: .orthonormal)
        }
        let rows = try draw(3)
        for (n, product) in try rows.matmul(rows.permuted([1, 0])).doubles().enumerated() {
            let expected: Double = n % 8 == 0 ? 1 : 0
            #expect(abs(product - expected) < 1e-6)
        }
        #expect(try rows.floats() == draw(3).floats())
        #expect(try rows.floats() != draw(4).floats())
    }

    private static func mean(_ values: [Float]) -> Float { values.reduce(0, +) / Float(values.count) }

    @Test func aDrawnNetworkHasNothingUnused() throws {
        let weights = Weights(seed: 1)
        _ = try Linear(weights, from: 3, to: 2)
        try weights.finish()
    }

    @Test func fixedTensorsAreNotTrained() throws {
        let weights = Weights(seed: 1, trainable: true)
        #expect(weights.areTrainable)
        let mask = try weights.tensor("mask", shape: [2], start: .ones, fixed: true)
        let weight = try weights.tensor("weight", shape: [2], start: .ones)
        #expect(weights.tensors.map(\.name) == ["mask", "weight"])
        #expect(weights.parameters.map(\.name) == ["weight"])
        try Engine.recordingGradients { try (mask * weight).sum().backward() }
        #expect(try weight.gradient()?.floats() == [1, 1])
        #expect(try mask.gradient() == nil)
    }

    @Test(arguments: [ElementType.float64, .bfloat16, .float16])
    func tensorsAreConvertedOnTheWayIn(type: ElementType) throws {
        let tensor = try Weights(checkpoint(), type: type)["head"].tensor("bias", shape: [2])
        #expect(tensor.type == type)
        #expect(agree(try tensor.floats(), waves([2]), within: 0.01))
    }

    @Test func aNetworkGoesThroughAFileUnchanged() throws {
        let folder = try TemporaryFolder()
        let drawn = Weights(seed: 7)
        let x = try wavy([2, 3])
        let before = try Linear(drawn["head"], from: 3, to: 4)(x).floats()
        try Safetensors.write(drawn.tensors, metadata: ["seed": "7"], to: folder.file("net.safetensors"))
        let file = try Safetensors(folder.file("net.safetensors"))
        #expect(file.metadata == ["seed": "7"])
        let loaded = Weights(file)
        #expect(try Linear(loaded["head"], from: 3, to: 4)(x).floats() == before)
        try loaded.finish()
    }

    @Test func errorsAreSentences() {
        let errors: [NetworkError] = [
            .engine(operation: "matmul", message: "shapes"), .device("no device"),
            .missingWeight(name: "a", similar: []), .weightShape(name: "a", declared: [1], found: [2]),
            .unusedWeights(["a"]), .configuration("sizes"), .input(expected: "[1]", found: [2]),
            .malformed(file: "f", why: "short"), .missingFile("f"), .unwritable(file: "f", why: "full"),
        ]
        for error in errors { #expect(!"\(error)".isEmpty && !"\(error)".contains("NetworkError")) }
    }
}
