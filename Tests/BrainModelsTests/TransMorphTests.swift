import Foundation
import NeuralNet
import Testing

@testable import BrainModels

/// A checkpoint without a file: tensor t, element k is `sin(0.7 t + 0.013 k)` times the amplitude, around 1 for the
/// weights of norms, as the golden maker fills the reference.
struct SineWeights: TensorFile {
    let entries: [String: TensorEntry]
    private let order: [String: Int]
    private let amplitude: Double

    init(_ tensors: [(name: String, shape: [Int])], amplitude: Double = 0.05) {
        entries = Dictionary(
            tensors.map { ($0.name, TensorEntry(type: .float64, shape: $0.shape)) }, uniquingKeysWith: { a, _ in a })
        order = Dictionary(tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { a, _ in a })
        self.amplitude = amplitude
    }

    func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        let t = order[name] ?? 0
        let isNorm = entries[name]?.shape.count == 1 && name.contains("norm") && name.hasSuffix("weight")
        let numbers = destination.bindMemory(to: Double.self)
        for k in numbers.indices {
            numbers[k] = (isNorm ? 1 : 0) + amplitude * sin(0.7 * Double(t) + 0.013 * Double(k))
        }
    }
}

/// TransMorph against numbers of an independent implementation and against those measured with the published code.
@Suite struct TransMorphTests {
    static func small() -> TransMorph.Configuration {
        var c = TransMorph.Configuration()
        (c.embedding, c.heads, c.depths) = (4, [1, 2, 2, 4], [2, 2, 1, 1])
        (c.window, c.headChannels, c.positionSide) = ([3, 2, 2], 4, 5)
        return c
    }

    private let numbers: Safetensors
    private let input: Tensor

    init() throws {
        Engine.setThreads(2)
        numbers = try Golden.open("transmorph-small-io")
        input = try Golden.waves([1, 2, 32, 64, 32], fast: 0.11, slow: 0.37)
    }

    private static func scale(_ x: Tensor) throws -> Double { max(1, try x.doubles().map(abs).max() ?? 1) }

    /// Every third voxel of what the golden file keeps thinned.
    private static func thinned(_ map: Tensor, _ steps: [Int]) throws -> Tensor {
        var map = map
        for (axis, step) in zip(2..., steps) {
            map = try map.taking(Array(stride(from: 0, to: map.shape[axis], by: step)), along: axis)
        }
        return map
    }

    private func weights(_ label: String) throws -> SineWeights {
        struct Entry: Decodable {
            let name: String, shape: [Int]
            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                (name, shape) = (try list.decode(String.self), try list.decode([Int].self))
            }
        }
        let text = try #require(numbers.metadata["settings"])
        let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let all = try #require(parsed as? [String: Any])
        let own = try #require(all[label], "the golden file has no weights of \(label)")
        let list = try JSONSerialization.data(withJSONObject: own)
        return SineWeights(try JSONDecoder().decode([Entry].self, from: list).map { ($0.name, $0.shape) })
    }

    /// The golden file keeps float32 numbers, displacements of up to 14 voxels among them.
    @Test(arguments: [(ElementType.float32, 1e-5), (.float64, 1e-6)])
    func givesEveryStageOfTheReference(type: ElementType, tolerance: Double) throws {
        let weights = Weights(try Golden.open("transmorph-small"), type: type)
        let network = try TransMorph(weights, Self.small())
        try weights.finish()
        let stages = try network.stages(input)
        #expect(stages.map(\.name) == ["feat0", "feat1", "feat2", "feat3", "warped", "flow"])
        for (name, map) in stages {
            let reference = try numbers.tensor(name)
            let found = map.count > 20_000 ? try Self.thinned(map, [3, 3, 3]) : map
            #expect(found.shape == reference.shape, "\(name)")
            // A warped image inherits the field's rounding.
            let scale = name == "warped" ? 14 : try Self.scale(reference)
            #expect(try found.largestDifference(to: reference) < tolerance * scale, "\(name)")
        }
    }

    @Test func givesGradientsOfTheReference() throws {
        let weights = Weights(try Golden.open("transmorph-small"), trainable: true)
        let network = try TransMorph(weights, Self.small())
        try Engine.recordingGradients {
            let warped = try network.features(input).warped
            try (warped * Golden.waves(warped.shape, fast: 0.31, slow: 0.83)).sum().backward()
        }
        let kept = numbers.entries.keys.filter { $0.hasPrefix("gradient.") }
        #expect(kept.count == 8)
        for name in kept {
            let own = try #require(weights.parameters.first { "gradient." + $0.name == name }, "\(name)")
            let gradient = try own.tensor.gradient()
            let found = try #require(gradient, "\(name)")
            #expect(try found.relativeDistance(to: numbers.tensor(name)) < 1e-3, "\(name)")
        }
    }

    @Test(arguments: ["sin", "lrn", "norelative", "noconv", "notrans"])
    func everySwitchIsTheReferences(label: String) throws {
        var c = Self.small()
        switch label {
        case "sin": c.positions = .sines
        case "lrn": c.positions = .learned
        case "norelative": c.relativePositions = false
        case "noconv": c.skipsConvolutions = false
        default: c.skipsStages = false
        }
        let weights = Weights(try weights(label), type: .float64)
        let network = try TransMorph(weights, c)
        try weights.finish()
        let flow = try Self.thinned(network(input), [4, 8, 4]), reference = try numbers.tensor(label + ".flow")
        #expect(try flow.largestDifference(to: reference) < 1e-6 * Self.scale(reference))
    }

    /// Mean, population deviation and first element that the published code gave in float64, and the flow at the
    /// centre.
    @Test func thePublishedCodesNumbers() throws {
        var c = TransMorph.Configuration()
        (c.embedding, c.heads, c.window) = (24, [2, 2, 4, 4], [4, 4, 4])
        let outline = Weights.outline()
        _ = try TransMorph(outline, c)
        #expect(outline.tensors.reduce(0) { $0 + $1.tensor.count } == 2_960_147)
        #expect(outline.tensors.count == 155)
        let names = Self.inPublishedOrder(outline.tensors.map { ($0.name, $0.tensor.shape) })
        let weights = Weights(SineWeights(names), type: .float64)
        let network = try TransMorph(weights, c)
        let stages = try network.stages(
            Tensor(.float64, shape: [1, 2, 64, 64, 64]) { bytes in
                let x = bytes.bindMemory(to: Double.self)
                for k in x.indices { x[k] = sin(0.011 * Double(k)) + 0.5 * cos(0.37 * Double(k)) }
            })
        let expected: [String: [Double]] = [
            "feat0": [-0.0146244198, 0.9582096711, 0.436834562], "feat1": [0.0468462348, 1.0257966086, 1.200932722],
            "feat2": [0.0079873902, 1.0362421086, 1.472277604], "feat3": [-0.0368512959, 0.9660108647, 1.287551323],
            "flow": [0.4883945560, 1.4987951197, 0.115118068], "warped": [0.0143903603, 0.6700262260],
        ]
        for (name, map) in stages {
            let values = try map.doubles()
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            let numbers = try #require(expected[name])
            for (found, number) in zip([mean, variance.squareRoot(), values[0]], numbers) {
                #expect(abs(found - number) < 2e-9, "\(name)")
            }
        }
        let last = try #require(stages.last)
        let flow = try last.map.doubles(), centre = (32 * 64 + 32) * 64 + 32
        for (axis, number) in [-1.270566377, -0.033828659, 1.235440577].enumerated() {
            #expect(abs(flow[axis << 18 + centre] - number) < 2e-9)
        }
    }

    /// The order of the authors' state dict: within an attention the table, then `qkv`; merging before the norms.
    static func inPublishedOrder(_ tensors: [(name: String, shape: [Int])]) -> [(name: String, shape: [Int])] {
        let all = Dictionary(tensors.map { ($0.name, $0.shape) }, uniquingKeysWith: { a, _ in a })
        var left = tensors.map(\.name)
        var order: [String] = []
        func move(_ prefix: String) {
            order += left.filter { $0.hasPrefix(prefix) }
            left.removeAll { $0.hasPrefix(prefix) }
        }
        move("transformer.patch_embed")
        for layer in 0..<4 { move("transformer.layers.\(layer).") }
        for prefix in ["transformer.norm", "up0", "up1", "up2", "up3", "up4", "c1", "c2"] { move(prefix) }
        order += left
        return order.map { ($0, all[$0] ?? []) }
    }

    @Test(arguments: [
        (TransMorph.Preset.standard, 46_771_251), (.tiny, 244_527), (.small, 11_757_195), (.large, 108_343_907),
        (.learnedPositions, 63_630_387), (.sinePositions, 46_771_251), (.noConvolutionSkips, 46_702_131),
        (.noStageSkips, 41_545_779), (.noSkips, 41_476_659), (.noRelativePositions, 46_771_251),
    ])
    func everyPresetHasThePublishedNumberOfParameters(preset: TransMorph.Preset, count: Int) throws {
        let weights = Weights.outline()
        _ = try TransMorph(weights, preset.configuration)
        #expect(weights.tensors.reduce(0) { $0 + $1.tensor.count } == count)
    }

    @Test func anOfficialCheckpointLoadsStrictly() throws {
        let file = try TensorFiles.open(
            Bundle.module.bundleURL.appendingPathComponent("Golden/transmorph-official.pth"))
        let checkpoint = try #require(file as? PyTorchCheckpoint)
        #expect(checkpoint.place == "state_dict")
        let buffers = file.entries.keys.filter { $0.hasSuffix("relative_position_index") || $0 == "spatial_trans.grid" }
        #expect(buffers.count == 7)
        let weights = Weights(file)
        let network = try TransMorph(weights, Self.small())
        try weights.finish()
        let same = try TransMorph(Weights(try Golden.open("transmorph-small")), Self.small())
        #expect(try network(input).floats() == same(input).floats())
        var other = Self.small()
        other.positions = .learned
        #expect { try TransMorph(Weights(file), other) } throws: { error in
            guard case NetworkError.missingWeight(let name, _) = error else { return false }
            return name == "transformer.absolute_pos_embed"
        }
    }

    @Test(arguments: [[1, 2, 30, 64, 17], [2, 2, 32, 32, 32], [1, 2, 1, 5, 40]])
    func sidesOfAnyLengthArePaddedAndCropped(shape: [Int]) throws {
        let network = try TransMorph(Weights(seed: 2), Self.small())
        let x = try Golden.waves(shape, fast: 0.11, slow: 0.37)
        let flow = try network(x)
        #expect(flow.shape == [shape[0], 3] + shape.suffix(3))
        let margins = shape.suffix(3).map { (before: 0, after: ($0 + 31) / 32 * 32 - $0) }
        var whole = try network(x.padded(margins))
        for axis in 2...4 { whole = try whole.narrowed(axis, from: 0, length: shape[axis]) }
        #expect(try flow.largestDifference(to: whole) < 1e-6)
    }

    @Test func aFreshNetworkMovesNothing() throws {
        let network = try TransMorph(Weights(seed: 2), Self.small())
        let features = try network.features(input)
        #expect(try features.displacements.norm() / Double(features.displacements.count).squareRoot() < 1e-3)
        #expect(try features.warped.largestDifference(to: input.narrowed(1, from: 0, length: 1)) < 1e-2)
    }

    @Test(arguments: [[2, 32, 32, 32], [1, 3, 32, 32, 32], [1, 2, 0, 32, 32]])
    func anInputOfAnotherShapeIsRefused(shape: [Int]) throws {
        let network = try TransMorph(Weights(seed: 2), Self.small())
        #expect(throws: NetworkError.input(expected: "[batch, 2, i, j, k]", found: shape)) {
            try network(Tensor(repeating: 1, shape: shape))
        }
    }

    @Test(arguments: [
        "{\"depths\": [2, 2]}", "{\"heads\": [5, 4, 8, 8]}", "{\"window\": [1, 2, 2]}", "{\"window\": [5, 6]}",
        "{\"embedding\": 7, \"heads\": [7, 7, 7, 7]}", "{\"stochasticDepth\": 1}", "{\"positionSide\": 0}",
        "{\"positions\": \"here\"}",
    ])
    func sizesThatDoNotFitAreRefused(json: String) throws {
        let entry = try Catalog.entry(named: "transmorph")
        #expect { try entry.build(Weights.outline(), Data(json.utf8)) } throws: { error in
            if case NetworkError.configuration = error { true } else { false }
        }
    }

    @Test(arguments: TransMorphDiff.Form.allCases)
    func theDiffeomorphicNetworkIsTheReferences(form: TransMorphDiff.Form) throws {
        var c = TransMorphDiff.Configuration()
        (c.network, c.form) = (Self.small(), form)
        let weights = Weights(try weights("diff"), type: .float64)
        let network = try TransMorphDiff(weights, c)
        try weights.finish()
        let label = form == .published ? "shipped" : "diff"
        for (name, map) in try network.stages(input) {
            let reference = try numbers.tensor("\(label).\(name)")
            let found = map.count > 20_000 ? try Self.thinned(map, [3, 3, 3]) : map
            #expect(try found.largestDifference(to: reference) < 1e-6 * Self.scale(reference), "\(name)")
        }
    }

    @Test func aVelocityIsDrawnInTraining() throws {
        var c = TransMorphDiff.Configuration()
        c.network = Self.small()
        let network = try TransMorphDiff(Weights(seed: 3), c)
        let still = try network.features(input)
        let drawn = try network.features(input, noise: Tensor(repeating: 1, shape: still.velocity.shape))
        // The variance starts at exp(-10).
        let shift = try (drawn.integrated - still.integrated).narrowed(2, from: 4, length: 8)
            .narrowed(3, from: 4, length: 8).narrowed(4, from: 4, length: 8).floats()
        #expect(shift.allSatisfy { abs($0 - Float(exp(-5.0))) < 1e-3 })
        #expect(try network(input).floats() == still.displacements.floats())
    }

    @Test func theAffineNetworkIsTheReferences() throws {
        var c = TransMorph.Configuration()
        (c.embedding, c.heads, c.depths) = (4, [1, 2, 2, 4], [2, 1, 1, 1])
        (c.window, c.headChannels) = ([2, 2, 3], 4)
        let weights = Weights(try weights("affine"))
        let network = try TransMorphAffine(weights, c)
        try weights.finish()
        let x = try Golden.waves([1, 2, 64, 64, 96], fast: 0.011, slow: 0.37)
        let map = try network.map(x)
        #expect(try map.matrix.largestDifference(to: numbers.tensor("affine.matrix")) < 1e-5)
        let inverse = try map.inverse().matrix.narrowed(2, from: 0, length: 3)
        let reference = try numbers.tensor("affine.inverse")
        #expect(try inverse.relativeDistance(to: reference) < 1e-4)
        let warped = try Self.thinned(map.warp(x.narrowed(1, from: 0, length: 1)), [6, 6, 6])
        #expect(try warped.largestDifference(to: numbers.tensor("affine.warped")) < 1e-4)
        #expect(throws: NetworkError.input(expected: "[batch, 2, 64, 64, 96]", found: [1, 2, 32, 32, 32])) {
            try network(Tensor(repeating: 1, shape: [1, 2, 32, 32, 32]))
        }
    }

    @Test func theOtherNetworksHaveThePublishedNumberOfParameters() throws {
        let diff = Weights.outline(), affine = Weights.outline()
        _ = try TransMorphDiff(diff)
        _ = try TransMorphAffine(affine)
        #expect(diff.tensors.reduce(0) { $0 + $1.tensor.count } == 46_557_414)
        #expect(affine.tensors.reduce(0) { $0 + $1.tensor.count } == 90_095_131)
    }
}
