import NeuralNet
import Testing

@testable import BrainModels

/// EoFormer's own layers, each against an independent implementation, gradients included.
@Suite struct EoFormerLayerTests {
    private let numbers: Safetensors

    init() throws {
        Engine.setThreads(1)
        numbers = try Golden.open("eoformer-layers")
    }

    /// The input on the way into a layer and the answer on the way out of it: channels last, channels first.
    private typealias Apply = (any Layer, Tensor) throws -> Tensor

    private func compare(
        _ name: String, _ build: (Weights) throws -> any Layer, gradients: Int,
        apply: Apply = { try $0($1.channelsToEnd()).channelsToFront() }
    ) throws {
        let weights = Weights(numbers, trainable: true)
        let layer = try build(weights[name]["weights"])
        let parameters = weights.parameters
        let x = try weights[name].tensor("input", shape: numbers.tensor(name + ".input").shape)
        let y = try Engine.recordingGradients {
            let y = try apply(layer, x)
            try (y * Golden.waves(y.shape, fast: 0.31, slow: 0.83)).sum().backward()
            return y
        }
        let expected = try numbers.tensor(name + ".output")
        #expect(y.shape == expected.shape)
        #expect(try y.largestDifference(to: expected) < 1e-5)
        #expect(parameters.count == gradients)

        let prefix = name + ".weights."
        for (path, parameter) in parameters + [(prefix + "input", x)] {
            let short = String(path.dropFirst(prefix.count))
            let reference = try numbers.tensor("\(name).gradient.\(short)")
            let found = try parameter.gradient() ?? Tensor(repeating: 0, shape: parameter.shape)
            let scale = max(1, try reference.norm())
            #expect(try found.largestDifference(to: reference) < 2e-5 * scale, "the gradient of \(short)")
        }
    }

    @Test func starReLU() throws {
        try compare("star_relu", { try StarReLU($0) }, gradients: 2, apply: { try $0($1) })
    }

    @Test func efficientAttention() throws {
        try compare("attention", { try EfficientAttention($0, channels: 4, heads: 2) }, gradients: 8)
    }

    @Test(arguments: EoFormer.Form.allCases)
    func sobelConvolution(form: EoFormer.Form) throws {
        try compare("eos", { try EdgeConvolution($0, channels: 3, filters: .sobel, form: form) }, gradients: 15)
    }

    @Test(arguments: EoFormer.Form.allCases)
    func laplacianConvolution(form: EoFormer.Form) throws {
        try compare("eol", { try EdgeConvolution($0, channels: 3, filters: .laplacian, form: form) }, gradients: 7)
    }

    @Test(arguments: [(EdgeConvolution.Filters.sobel, "eos"), (.laplacian, "eol")])
    func aFreshNetworkDrawsTheReferencesMasks(filters: EdgeConvolution.Filters, name: String) throws {
        let weights = Weights(seed: 3, trainable: true)
        _ = try EdgeConvolution(weights, channels: 3, filters: filters, form: .folded)
        for (name, mask) in filters.branches.map({ ("\(name).weights.\($0.name).mask", $0.mask) }) {
            #expect(try numbers.tensor(name).floats() == mask + mask + mask)
            #expect(abs(mask.reduce(0, +)) == 0, "an edge filter is blind to a constant")
        }
        #expect(!weights.parameters.contains { $0.name.hasSuffix("mask") })
    }

    @Test func foldingOnceEqualsFoldingAtEveryStep() throws {
        let x = try numbers.tensor("eos.input").channelsToEnd()
        let answers = try [false, true].map { trainable in
            let weights = Weights(numbers, trainable: trainable)["eos"]["weights"]
            return try EdgeConvolution(weights, channels: 3, filters: .sobel, form: .folded)(x)
        }
        #expect(try answers[0].largestDifference(to: answers[1]) < 1e-6)
    }

    @Test func attentionKeepsItsPlaceUnderAPermutationOfVoxels() throws {
        // Keys are normalised over all voxels: turning the volume turns the answer.
        let layer = try EfficientAttention(Weights(numbers)["attention"]["weights"], channels: 4, heads: 2)
        let x = try numbers.tensor("attention.input").channelsToEnd()
        let turned = try layer(x.flipped([1, 2, 3])).flipped([1, 2, 3])
        #expect(try layer(x).largestDifference(to: turned) < 1e-6)
    }

    @Test func theSeparableMixerSeesOneVoxelFar() throws {
        let weights = Weights(seed: 5)
        let mixer = try SeparableMixer(weights, channels: 2)
        #expect(
            weights.tensors.map(\.name) == [
                "pwconv1.weight", "act1.scale", "act1.bias", "dwconv.weight", "pwconv2.weight",
            ])
        let flat = try Tensor(repeating: 0.5, shape: [1, 5, 5, 5, 2])
        var values = try flat.floats()
        values[2 * (0 + 5 * (0 + 5 * 0))] = 3  // the first voxel
        let changed = try mixer(Tensor(values, shape: flat.shape)) - mixer(flat)
        let near = try changed.narrowed(1, from: 0, length: 2).narrowed(2, from: 0, length: 2)
            .narrowed(3, from: 0, length: 2).floats()
        #expect(near.contains { abs($0) > 1e-4 })
        #expect(try changed.narrowed(1, from: 2, length: 3).floats().allSatisfy { abs($0) < 1e-6 })
    }
}
