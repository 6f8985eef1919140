import BrainModels
import NeuralNet
import Testing

/// EoFormer against numbers of an independent implementation: every stage, every gradient, four steps of training.
@Suite struct EoFormerTests {
    static func configuration(_ form: EoFormer.Form = .folded) -> EoFormer.Configuration {
        var configuration = EoFormer.Configuration()
        (configuration.channels, configuration.blocks) = ([4, 4, 4, 6], [1, 1, 1, 1])
        (configuration.headWidth, configuration.form) = (2, form)
        return configuration
    }

    private let numbers: Safetensors
    private let input, target: Tensor

    init() throws {
        Engine.setThreads(1)
        numbers = try Golden.open("eoformer-small-io")
        input = try numbers.tensor("input").converted(to: .float32)
        target = try numbers.tensor("target").converted(to: .float32)
    }

    private func network(
        _ form: EoFormer.Form, type: ElementType = .float32, trainable: Bool = false
    ) throws -> (network: EoFormer, weights: Weights) {
        let weights = Weights(try Golden.open("eoformer-small"), type: type, trainable: trainable)
        let network = try EoFormer(weights, Self.configuration(form))
        try weights.finish()
        return (network, weights)
    }

    @Test(arguments: EoFormer.Form.allCases)
    func givesEveryStageOfTheReference(form: EoFormer.Form) throws {
        let stages = try network(form).network.stages(input)
        #expect(stages.map(\.name) == ["S0", "S1", "S2", "bottleneck", "decoder", "logits"])
        for (name, map) in stages {
            let reference = try numbers.tensor(name)
            #expect(map.shape == reference.shape, "\(name)")
            #expect(try map.largestDifference(to: reference) < 1e-5, "\(name)")
        }
    }

    @Test(arguments: EoFormer.Form.allCases)
    func doublePrecisionComesCloser(form: EoFormer.Form) throws {
        let logits = try network(form, type: .float64).network(input.converted(to: .float64))
        // The golden file keeps float32 numbers.
        #expect(try logits.largestDifference(to: numbers.tensor("logits")) < 5e-7)
    }

    @Test func bfloat16StaysNear() throws {
        var configuration = Self.configuration()
        (configuration.channels, configuration.headWidth) = ([16, 16, 32, 32], 16)
        let exact = try EoFormer(Weights(seed: 4), configuration)(input)
        let logits = try EoFormer(Weights(seed: 4, type: .bfloat16), configuration)(input.converted(to: .bfloat16))
        #expect(logits.type == .float32, "kernels round what they multiply and keep the rest")
        let distance = try logits.relativeDistance(to: exact)
        #expect(distance < 0.02 && distance > 1e-5)
    }

    @Test func whereNoKernelServesBFloat16IsFloat32() throws {
        let logits = try network(.folded, type: .bfloat16).network(input.converted(to: .bfloat16))
        #expect(logits.type == .float32)
        #expect(try logits.relativeDistance(to: numbers.tensor("logits")) < 0.02, "the input alone is rounded")
    }

    @Test(arguments: EoFormer.Form.allCases)
    func givesTheGradientOfEveryParameter(form: EoFormer.Form) throws {
        let (network, weights) = try network(form, trainable: true)
        let loss = try Engine.recordingGradients {
            let loss = try SegmentationLoss.diceAndBinaryCrossEntropy(network(input), target)
            try loss.backward()
            return loss
        }
        #expect(try loss.largestDifference(to: numbers.tensor("loss.corrected")) < 1e-5)

        let zero = try Golden.Settings(numbers).zeroGradients
        #expect(weights.parameters.count == 189)
        var largest = 0.0
        for name in weights.parameters.map(\.name) {
            largest = max(largest, try numbers.tensor("gradient." + name).norm())
        }
        for (name, parameter) in weights.parameters {
            let reference = try numbers.tensor("gradient." + name)
            let found = try parameter.gradient()
            if zero.contains(name) {
                #expect(try (found?.norm() ?? 0) < 1e-6 * largest, "\(name) is zero in exact arithmetic")
            } else {
                let distance = try #require(try found?.relativeDistance(to: reference), "\(name) has no gradient")
                #expect(distance < 1e-4, "\(name)")
            }
        }
    }

    @Test func thePublishedLossIsTheReferences() throws {
        let logits = try numbers.tensor("logits")
        let loss = try SegmentationLoss.published(logits, target)
        #expect(try loss.largestDifference(to: numbers.tensor("loss.published")) < 1e-5)
    }

    @Test(arguments: EoFormer.Form.allCases)
    func fourStepsOfAdamWFollowTheReference(form: EoFormer.Form) throws {
        let (network, weights) = try network(form, trainable: true)
        let optimiser = try AdamW(weights.parameters, AdamW.Settings())
        let reference = try numbers.tensor("steps.losses").floats()
        func loss() throws(NetworkError) -> Tensor {
            try SegmentationLoss.diceAndBinaryCrossEntropy(network(input), target)
        }
        for step in 0..<4 {
            let value = try Engine.recordingGradients { () throws(NetworkError) -> Tensor in
                let value = try loss()
                try value.backward()
                return value
            }
            try optimiser.step(rate: 1e-3)
            #expect(try abs(value.floats()[0] - reference[step]) < 1e-5, "step \(step)")
        }
        #expect(try abs(loss().floats()[0] - reference[4]) < 1e-5)
        #expect(optimiser.steps == 4)
        let kept = numbers.entries.keys.filter { $0.hasPrefix("steps.") && $0 != "steps.losses" }
        #expect(kept.count == 7)
        for name in kept {
            let own = try #require(weights.parameters.first { "steps." + $0.name == name }, "\(name)").tensor
            #expect(try own.largestDifference(to: numbers.tensor(name)) < 1e-5, "\(name)")
        }
    }

    @Test(arguments: [[1, 4, 16, 16, 16], [1, 4, 13, 17, 20], [2, 4, 1, 16, 31]])
    func sidesOfAnyLengthArePaddedAndCropped(shape: [Int]) throws {
        let network = try network(.folded).network
        let x = try Golden.waves(shape, fast: 0.7, slow: 1.9)
        let logits = try network(x)
        #expect(logits.shape == [shape[0], 3] + shape.suffix(3))
        let margins = shape.suffix(3).map { (before: 0, after: ($0 + 15) / 16 * 16 - $0) }
        var whole = try network(x.padded(margins))
        for axis in 2...4 { whole = try whole.narrowed(axis, from: 0, length: shape[axis]) }
        #expect(try logits.largestDifference(to: whole) < 1e-6)
    }

    @Test func samplesOfABatchDoNotMix() throws {
        let network = try network(.folded).network
        let both = try Golden.waves([2, 4, 16, 16, 16], fast: 0.7, slow: 1.9)
        let second = try network(both.narrowed(0, from: 1, length: 1))
        #expect(try network(both).narrowed(0, from: 1, length: 1).largestDifference(to: second) < 1e-5)
    }

    @Test(arguments: [[4, 16, 16, 16], [1, 3, 16, 16, 16], [1, 4, 0, 16, 16]])
    func anInputOfAnotherShapeIsRefused(shape: [Int]) throws {
        let network = try network(.folded).network
        #expect(throws: NetworkError.input(expected: "[batch, 4, i, j, k]", found: shape)) {
            try network(Tensor(repeating: 1, shape: shape))
        }
    }

    @Test func thePublishedSizeHasThePublishedNumberOfParameters() throws {
        let weights = Weights(seed: 1, trainable: true)
        _ = try EoFormer(weights)
        #expect(weights.tensors.count == 255)
        #expect(weights.tensors.reduce(0) { $0 + $1.tensor.count } == 6_401_783)
        #expect(weights.parameters.reduce(0) { $0 + $1.tensor.count } == 6_377_591)
        let masks = weights.tensors.filter { $0.name.hasSuffix(".mask") }
        #expect(masks.count == 12)
        #expect(masks.reduce(0) { $0 + $1.tensor.count } == 24192)
    }

    @Test(arguments: [
        (\EoFormer.Configuration.channels, [4, 4, 4]), (\.channels, [4, 4, 5, 6]), (\.channels, [3, 4, 4, 6]),
        (\.channels, [0, 4, 4, 6]), (\.blocks, [1, 1]), (\.blocks, [1, 1, -1, 1]),
    ])
    func sizesThatDoNotFitAreRefused(field: WritableKeyPath<EoFormer.Configuration, [Int]> & Sendable, value: [Int]) {
        var configuration = Self.configuration()
        configuration[keyPath: field] = value
        #expect { try EoFormer(Weights(seed: 1), configuration) } throws: { error in
            if case NetworkError.configuration = error { true } else { false }
        }
    }

    @Test func aCheckpointOfAnotherNetworkIsNamed() throws {
        let weights = Weights(try Golden.open("eoformer-layers"))
        #expect { try EoFormer(weights, Self.configuration()) } throws: { error in
            guard case NetworkError.missingWeight(let name, _) = error else { return false }
            return name.hasPrefix("encoder.")
        }
        let other = Weights(try Golden.open("eoformer-small"))
        #expect { try EoFormer(other) } throws: { error in
            guard case NetworkError.weightShape(_, let declared, let found) = error else { return false }
            return declared != found
        }
    }
}
