import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

/// The public program's names and numbers.
@Suite struct BrainNetworkTransformerTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    /// Shapes of the published size, and the answers of a run of the public program with made-up weights.
    @Test func thePublishedProgramsNumbers() throws {
        let outline = Weights.outline()
        _ = try BrainNetworkTransformer(outline)
        #expect(outline.tensors.count == 39 && outline.accepted.count == 6)
        let stored = outline.tensors.map { ($0.name, $0.tensor.shape) }
        let weights = Weights(SineFile(stored + Self.again(stored)), type: .float64)
        let network = try BrainNetworkTransformer(weights)
        try weights.finish()
        let values = (0..<80_000).map { n -> Double in
            let k = Double(n)
            return sin(0.011 * k) + 0.5 * cos(0.37 * k)
        }
        let x = try Tensor(.float64, shape: [2, 200, 200]) { bytes in
            values.withUnsafeBytes { bytes.copyMemory(from: $0) }
        }
        let stages = try network.stages(x)
        let layer = try #require(stages.first { $0.name == "layer0" }).map.doubles()
        let mean: Double = layer.reduce(0, +) / Double(layer.count)
        let (meanOff, firstOff): (Double, Double) = (mean + 0.0012599160057, layer[0] + 0.1013755651129)
        #expect(abs(meanOff) < 1e-10)
        #expect(abs(firstOff) < 1e-9)
        let published = [-0.0376981172840, -0.0256359651948, -0.0380396426613, -0.0255539112387]
        for (a, b) in zip(try network(x).doubles(), published) { #expect(abs(a - b) < 1e-9) }
    }

    /// The encoder of a readout, under its second name.
    private static func again(_ stored: [(String, [Int])]) -> [(String, [Int])] {
        stored.filter { $0.0.contains(".encoder.") }.map {
            ($0.0.replacingOccurrences(of: ".encoder.", with: ".dec.encoder."), $0.1)
        }
    }

    @Test func withoutBiasesTwelveTensorsAreFewer() throws {
        func names(_ c: BrainNetworkTransformer.Configuration) throws -> Set<String> {
            let outline = Weights.outline()
            _ = try BrainNetworkTransformer(outline, c)
            return Set(outline.tensors.map(\.name))
        }
        var c = BrainNetworkTransformer.Configuration()
        let all = try names(c)
        c.biases = false
        let missing = try all.subtracting(names(c))
        #expect(missing.count == 12 && missing.allSatisfy { $0.contains("transformer.") && $0.hasSuffix("bias") })
        (c.biases, c.readout) = (true, .paper)
        #expect(try all.subtracting(names(c)).allSatisfy { $0.contains(".1.encoder.") })
        #expect(try names(c).count == 33)
    }

    @Test func centresStartOrthonormalAndStay() throws {
        var c = BrainNetworkTransformer.Configuration()
        (c.regions, c.hidden, c.clusters) = (12, 16, 5)
        for frozen in [true, false] {
            c.frozenCentres = frozen
            let weights = Weights(seed: 3, trainable: true)
            _ = try BrainNetworkTransformer(weights, c)
            let name = "attention_list.1.dec.assignment.cluster_centers"
            #expect(weights.parameters.contains { $0.name == name } == !frozen)
            let centres = try #require(weights.tensors.first { $0.name == name }).tensor.detached()
            let products = try centres.matmul(centres.permuted([1, 0])).doubles()
            for (n, product) in products.enumerated() {
                let expected: Double = n % 6 == 0 ? 1 : 0
                #expect(abs(product - expected) < 1e-6)
            }
        }
    }
}

/// A checkpoint of `0.05 sin(0.7 t + 1.3 k + 1e-5 k²)`, t the sum of the name's bytes, around 1 for the weights of norms.
private struct SineFile: TensorFile {
    let entries: [String: TensorEntry]

    init(_ tensors: [(name: String, shape: [Int])]) {
        entries = Dictionary(
            uniqueKeysWithValues: tensors.map { ($0.name, TensorEntry(type: .float64, shape: $0.shape)) })
    }

    func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        let letters = name.utf8.reduce(0) { (sum: Int, byte: UInt8) -> Int in sum + Int(byte) }
        let start = 0.7 * Double(letters)
        let base: Double = name.contains("norm") && name.hasSuffix("weight") ? 1 : 0
        let numbers = destination.bindMemory(to: Double.self)
        for n in 0..<numbers.count {
            let k = Double(n)
            let angle: Double = start + 1.3 * k + 1e-5 * k * k
            numbers[n] = base + 0.05 * sin(angle)
        }
    }
}
