import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import BrainModels

/// TransMorph against numbers of an independent implementation and against those measured with the published code.
@Suite struct TransMorphTests {
    private let golden: TransMorphGolden

    init() throws { golden = try TransMorphGolden() }

    /// The golden file keeps float32 numbers, displacements of up to 14 voxels among them.
    @Test(arguments: [(ElementType.float32, 1e-5), (.float64, 1e-6)])
    func givesEveryStageOfTheReference(type: ElementType, tolerance: Double) throws {
        let weights = Weights(try Golden.open("transmorph-small"), type: type)
        let network = try TransMorph(weights, TransMorphGolden.small())
        try weights.finish()
        let stages = try network.stages(golden.input)
        #expect(stages.map(\.name) == ["feat0", "feat1", "feat2", "feat3", "warped", "flow"])
        for (name, map) in stages {
            let reference = try golden.numbers.tensor(name)
            let found = try map.thinnedAsGolden()
            #expect(found.shape == reference.shape, "\(name)")
            // A warped image inherits the field's rounding.
            let scale = name == "warped" ? 14 : try reference.scale()
            #expect(try found.largestDifference(to: reference) < tolerance * scale, "\(name)")
        }
    }

    @Test func givesGradientsOfTheReference() throws {
        let weights = Weights(try Golden.open("transmorph-small"), trainable: true)
        let network = try TransMorph(weights, TransMorphGolden.small())
        try Engine.recordingGradients {
            let warped = try network.features(golden.input).warped
            try (warped * Golden.waves(warped.shape, fast: 0.31, slow: 0.83)).sum().backward()
        }
        let kept = golden.numbers.entries.keys.filter { $0.hasPrefix("gradient.") }
        #expect(kept.count == 8)
        for name in kept {
            let own = try #require(weights.parameters.first { "gradient." + $0.name == name }, "\(name)")
            let gradient = try own.tensor.gradient()
            let found = try #require(gradient, "\(name)")
            #expect(try found.relativeDistance(to: golden.numbers.tensor(name)) < 1e-3, "\(name)")
        }
    }

    @Test(arguments: ["sin", "lrn", "norelative", "noconv", "notrans"])
    func everySwitchIsTheReferences(label: String) throws {
        var c = TransMorphGolden.small()
        switch label {
        case "sin": c.positions = .sines
        case "lrn": c.positions = .learned
        case "norelative": c.relativePositions = false
        case "noconv": c.skipsConvolutions = false
        default: c.skipsStages = false
        }
        let weights = Weights(try golden.weights(label), type: .float64)
        let network = try TransMorph(weights, c)
        try weights.finish()
        let flow = try network(golden.input).thinned([4, 8, 4]), reference = try golden.numbers.tensor(label + ".flow")
        #expect(try flow.largestDifference(to: reference) < 1e-6 * reference.scale())
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
        let network = try TransMorph(weights, TransMorphGolden.small())
        try weights.finish()
        let same = try TransMorph(Weights(try Golden.open("transmorph-small")), TransMorphGolden.small())
        #expect(try network(golden.input).floats() == same(golden.input).floats())
        var other = TransMorphGolden.small()
        other.positions = .learned
        #expect { try TransMorph(Weights(file), other) } throws: { error in
            guard case NetworkError.missingWeight(let name, _) = error else { return false }
            return name == "transformer.absolute_pos_embed"
        }
    }

    /// As training leaves it, `dsc0.753.pth.tar` with epoch, state_dict, best_dsc and optimizer; then as safetensors.
    @Test func anOfficialCheckpointGoesThereAndBack() throws {
        let folder = try TemporaryFolder()
        let official = folder.file("dsc0.753.pth.tar"), own = folder.file("own.safetensors")
        try FileManager.default.copyItem(
            at: Bundle.module.bundleURL.appendingPathComponent("Golden/transmorph-official.pth"), to: official)
        let read = Weights(try TensorFiles.open(official))
        let network = try TransMorph(read, TransMorphGolden.small())
        try read.finish()
        try Safetensors.write(read.tensors, metadata: ["format": "pt"], to: own)
        let again = Weights(try TensorFiles.open(own))
        let same = try TransMorph(again, TransMorphGolden.small())
        try again.finish()
        #expect(again.tensors.map(\.name) == read.tensors.map(\.name))
        #expect(try network(golden.input).floats() == same(golden.input).floats())
        // The state dict of the displacement model is none of the others'.
        var diffeomorphic = TransMorphDiff.Configuration()
        diffeomorphic.network = TransMorphGolden.small()
        #expect(throws: NetworkError.self) { try TransMorphDiff(Weights(Safetensors(own)), diffeomorphic) }
        let shared = Weights(try Safetensors(own))
        _ = try? TransMorphDiff(shared, diffeomorphic)
        #expect(throws: NetworkError.self) { try shared.finish() }
    }
}
