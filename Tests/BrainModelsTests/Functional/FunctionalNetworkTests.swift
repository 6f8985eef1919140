import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

/// Networks on functional scans against independent builds in PyTorch; see `scripts/golden/functional.py`.
@Suite struct FunctionalNetworkTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    struct Case: CustomTestStringConvertible, Sendable {
        let network, golden, configuration: String
        let shape: [Int]
        var testDescription: String { golden }
    }

    private static let brain =
        #""regions": 6, "classes": 3, "heads": 2, "hidden": 10, "clusters": 3, "bottleneck": 5, "reduction": 4, "#
        + #""perceptron": [9, 5]"#
    private static let cases = [
        Case(
            network: "brain-network-transformer", golden: "brain-network-transformer-small",
            configuration: "{\(brain)}", shape: [2, 6, 6]),
        Case(
            network: "brain-network-transformer", golden: "brain-network-transformer-pooled-small",
            configuration: "{\(brain), \"identity\": 2, \"firstPools\": true}", shape: [2, 6, 6]),
        Case(
            network: "st-transformer-style", golden: "st-transformer-style-small",
            configuration: #"{"regions": 5, "frames": 7, "classes": 3, "width": 8, "blocks": 2, "heads": 2}"#,
            shape: [2, 7, 5]),
        Case(
            network: "graph-transformer", golden: "graph-transformer-small",
            configuration: #"{"regions": 6, "classes": 3, "width": 8, "blocks": 2, "heads": 2}"#, shape: [2, 6, 6]),
    ]

    private func build(_ one: Case, _ weights: Weights, adding change: String? = nil) throws -> any FunctionalNetwork {
        let json = change.map { one.configuration.dropLast() + ", \($0)}" } ?? one.configuration
        return try #require(
            Catalog.entry(named: one.network).build(weights, Data(json.utf8)) as? any FunctionalNetwork)
    }

    private func input(_ one: Case) throws -> Tensor { try Golden.waves(one.shape, fast: 0.11, slow: 0.37) }

    @Test(arguments: cases) func everyStageAgrees(one: Case) throws {
        let numbers = try Golden.open(one.golden + "-io")
        for (type, most) in [(ElementType.float64, 1e-6), (.float32, 1e-5)] {
            let weights = Weights(try Golden.open(one.golden), type: type)
            let network = try build(one, weights)
            try weights.finish()
            #expect(network.classes == 3)
            #expect(try network(input(one)).relativeDistance(to: numbers.tensor("logits")) < most)
            let stages = try network.stages(input(one))
            #expect(stages.count > 3 && stages.last?.name == "logits")
            for (name, map) in stages {
                let reference = try numbers.tensor(name)
                #expect(map.shape == reference.shape, "\(name)")
                #expect(try map.relativeDistance(to: reference) < most, "\(name)")
            }
        }
    }

    @Test(arguments: cases) func sharesOfAttentionAgree(one: Case) throws {
        let numbers = try Golden.open(one.golden + "-io")
        let network = try build(one, Weights(Golden.open(one.golden)))
        let shares = try network.attention(input(one))
        #expect(shares.regions.shape == [2, one.shape[2]])
        #expect(try shares.regions.relativeDistance(to: numbers.tensor("regions")) < 1e-5)
        #expect((shares.frames == nil) == (one.network != "st-transformer-style"))
        if let frames = shares.frames {
            #expect(frames.shape == [2, one.shape[1]])
            #expect(try frames.relativeDistance(to: numbers.tensor("frames")) < 1e-5)
        }
        for part in [shares.regions, shares.frames].compactMap({ $0 }) {
            for sum in try part.sum(along: [1]).doubles() { #expect(abs(sum - 1) < 1e-5) }
            #expect(try part.floats().allSatisfy { $0 > 0 })
        }
    }

    @Test(arguments: cases) func gradientsAgree(one: Case) throws {
        let numbers = try Golden.open(one.golden + "-io")
        let weights = Weights(try Golden.open(one.golden), type: .float64, trainable: true)
        let network = try build(one, weights)
        try Engine.recordingGradients {
            let logits = try network(input(one))
            let weighting = try Golden.waves(logits.shape, fast: 0.31, slow: 0.83).converted(to: .float64)
            try (logits * weighting).sum().backward()
        }
        let kept = numbers.entries.keys.filter { $0.hasPrefix("gradient.") }
        #expect(kept.count >= 12)
        for name in kept {
            let own = try #require(weights.parameters.first { "gradient." + $0.name == name }, "\(name)")
            let gradient = try #require(try own.tensor.gradient(), "\(name)")
            #expect(try gradient.relativeDistance(to: numbers.tensor(name)) < 1e-5, "\(name)")
        }
    }

    @Test(arguments: [
        (0, "\"readout\": \"paper\"", "paper"), (0, "\"biases\": false", "biasless"),
        (3, "\"neighbours\": 2", "sparse"),
    ])
    func otherFormsGoByTheirNames(number: Int, change: String, name: String) throws {
        let one = Self.cases[number]
        let numbers = try Golden.open(one.golden + "-io")
        let form = try build(one, Weights(Golden.open(one.golden), type: .float64), adding: change)
        let other = try form(input(one))
        #expect(try other.relativeDistance(to: numbers.tensor(name)) < 1e-6)
        #expect(try other.relativeDistance(to: numbers.tensor("logits")) > 1e-2)
        let shares = try form.attention(input(one)).regions
        #expect(try shares.relativeDistance(to: numbers.tensor(name + ".regions")) < 1e-6)
    }

    /// With all neighbours kept the graph network is the one without a limit; an edge of 0 is none, and a region without
    /// any attends to itself.
    @Test func neighboursAreTheStrongest() throws {
        let one = Self.cases[3]
        let all = try build(one, Weights(Golden.open(one.golden), type: .float64))
        let five = try build(one, Weights(Golden.open(one.golden), type: .float64), adding: "\"neighbours\": 5")
        #expect(try five(input(one)).largestDifference(to: all(input(one))) < 1e-12)
        let empty = try Tensor(repeating: 0, shape: [1, 6, 6])
        #expect(try five(empty).doubles().allSatisfy(\.isFinite))
        // Region 0 is the one neighbour of all others: it receives what they do not keep.
        let spokes = (0..<36).map { (n: Int) -> Float in n % 6 == 0 ? -0.5 : 0 }
        let star = try Tensor(spokes, shape: [1, 6, 6])
        let shares = try five.attention(star).regions.doubles()
        #expect(shares.dropFirst().allSatisfy { $0 < 1.0 / 6 } && shares[0] > 1.0 / 6)
    }

    @Test(arguments: [
        ("brain-network-transformer", "{\"heads\": 3}"), ("brain-network-transformer", "{\"clusters\": 201}"),
        ("brain-network-transformer", "{\"perceptron\": [4]}"), ("brain-network-transformer", "{\"regions\": 1}"),
        ("brain-network-transformer", "{\"identity\": -1}"), ("brain-network-transformer", "{\"reduction\": 0}"),
        ("brain-network-transformer", "{\"readout\": \"mean\"}"), ("brain-network-transformer", "{\"dropout\": 1}"),
        ("st-transformer-style", "{\"frames\": 1}"), ("st-transformer-style", "{\"width\": 66}"),
        ("st-transformer-style", "{\"blocks\": 0}"), ("st-transformer-style", "{\"regions\": 100000}"),
        ("st-transformer-style", "{\"classes\": 1}"), ("graph-transformer", "{\"neighbours\": 200}"),
        ("graph-transformer", "{\"neighbours\": -1}"), ("graph-transformer", "{\"heads\": 0}"),
        ("graph-transformer", "{\"dropout\": -0.1}"),
    ])
    func sizesThatDoNotFitAreRefused(name: String, json: String) throws {
        #expect { try Catalog.entry(named: name).build(Weights.outline(), Data(json.utf8)) } throws: { error in
            if case NetworkError.configuration = error { true } else { false }
        }
    }

    @Test(arguments: cases) func otherInputsAreRefused(one: Case) throws {
        let network = try build(one, Weights(Golden.open(one.golden)))
        let (rows, columns) = (one.shape[1], one.shape[2])
        for shape in [[1, rows + 1, columns], [1, rows, columns + 1], [rows, columns], [1, 1, rows, columns]] {
            let x = try Tensor(repeating: 0, shape: shape)
            for answer in [{ _ = try network(x) }, { _ = try network.attention(x) }] as [() throws -> Void] {
                #expect { try answer() } throws: { error in
                    if case NetworkError.input = error { true } else { false }
                }
            }
        }
    }
}
