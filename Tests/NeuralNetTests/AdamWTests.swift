import NeuralNet
import Testing

@Suite struct AdamWTests {
    /// Loshchilov & Hutter's algorithm 2, line by line, for one number.
    private struct Reference {
        var value: Double, mean = 0.0, square = 0.0, steps = 0
        let settings: AdamW.Settings

        mutating func step(_ gradient: Double, rate: Double) {
            steps += 1
            value *= 1 - rate * settings.weightDecay
            mean = settings.beta1 * mean + (1 - settings.beta1) * gradient
            square = settings.beta2 * square + (1 - settings.beta2) * gradient * gradient
            func power(_ base: Double) -> Double { (0..<steps).reduce(1.0) { product, _ in product * base } }
            let m = mean / (1 - power(settings.beta1)), v = square / (1 - power(settings.beta2))
            value -= rate * m / (v.squareRoot() + settings.epsilon)
        }
    }

    private var settings: AdamW.Settings {
        var settings = AdamW.Settings()
        (settings.weightDecay, settings.beta2) = (0.1, 0.99)
        return settings
    }

    /// The gradient of `Σ a x² + x` is `2 a x + 1`.
    private func descend(_ x: Tensor, _ a: Tensor) throws {
        try Engine.recordingGradients { try (a * x.squared() + x).sum().backward() }
    }

    @Test func everyStepIsTheMethods() throws {
        let weights = Weights(seed: 1, trainable: true)
        let start: [Float] = [1, -2, 0.5, 3], curve: [Float] = [1, 0.1, -2, 0]
        let x = try weights.tensor("x", shape: [4], start: .values(start)), a = try Tensor(curve, shape: [4])
        let optimiser = try AdamW(weights.parameters, settings)
        var references = start.map { Reference(value: Double($0), settings: settings) }
        for (step, rate) in [0.1, 0.1, 0.05, 0.02, 0.01].enumerated() {
            try descend(x, a)
            try optimiser.step(rate: rate)
            for n in references.indices {
                references[n].step(2 * Double(curve[n]) * references[n].value + 1, rate: rate)
            }
            #expect(agree(try x.floats(), references.map { Float($0.value) }, within: 2e-6), "step \(step)")
            #expect(try x.gradient()?.floats().allSatisfy { $0 == 0 } ?? true, "gradients are cleared")
        }
        #expect(optimiser.steps == 5)
    }

    @Test func itGoesOnFromItsStateAsIfNothingHadHappened() throws {
        func parameters(_ values: [Float]) throws -> (Weights, Tensor) {
            let weights = Weights(seed: 1, trainable: true)
            return (weights, try weights["layer"].tensor("x", shape: [2], start: .values(values)))
        }
        let a = try Tensor([1, 0.5], shape: [2])
        let (first, x) = try parameters([1, -2])
        let whole = try AdamW(first.parameters, settings)
        for _ in 0..<3 {
            try descend(x, a)
            try whole.step(rate: 0.1)
        }
        #expect(whole.state.map(\.name) == ["mean.layer.x", "square.layer.x"])
        let state = MemoryFile(Dictionary(uniqueKeysWithValues: whole.state.map { ($0.name, $0.tensor) }))
        let (second, y) = try parameters(x.floats())
        let resumed = try AdamW(second.parameters, settings, from: Weights(state), steps: whole.steps)
        for (tensor, optimiser) in [(x, whole), (y, resumed)] {
            try descend(tensor, a)
            try optimiser.step(rate: 0.1)
        }
        #expect(try x.floats() == y.floats())
        #expect(resumed.steps == 4)
    }

    @Test func aStateOfAnotherNetworkIsRefused() throws {
        let weights = Weights(seed: 1, trainable: true)
        _ = try weights.tensor("x", shape: [2])
        let state = Weights(MemoryFile(["mean.y": try wavy([2]), "square.y": try wavy([2])]))
        #expect(throws: NetworkError.self) { try AdamW(weights.parameters, settings, from: state, steps: 1) }
    }

    @Test func aParameterWithoutAGradientStaysWhereItIs() throws {
        let weights = Weights(seed: 1, trainable: true)
        let used = try weights.tensor("used", shape: [1], start: .ones)
        let idle = try weights.tensor("idle", shape: [1], start: .ones)
        let optimiser = try AdamW(weights.parameters, AdamW.Settings())
        try Engine.recordingGradients { try used.sum().backward() }
        try optimiser.step(rate: 0.1)
        #expect(try idle.floats() == [1])
        #expect(try used.floats()[0] < 1)
    }
}
