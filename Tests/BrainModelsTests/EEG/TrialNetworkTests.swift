import BrainModels
import Foundation
import NeuralNet
import Testing

/// Networks on trials against independent builds in PyTorch; see `scripts/golden/trials.py`.
@Suite struct TrialNetworkTests {
    init() { Engine.setThreads(1) }

    struct Case: CustomTestStringConvertible, Sendable {
        let network, golden, configuration: String
        let shape: [Int]
        var testDescription: String { golden }
    }

    private static let cases = [
        Case(
            network: "s3t", golden: "s3t-small",
            configuration:
                #"{"channels": 5, "samples": 120, "classes": 3, "width": 6, "blocks": 2, "heads": 3, "pooling": 20}"#,
            shape: [2, 1, 5, 120]),
        Case(
            network: "eeg-conformer", golden: "eeg-conformer-small",
            configuration:
                #"{"channels": 4, "samples": 90, "classes": 3, "width": 8, "blocks": 2, "heads": 2, "filter": 9, "#
                + #""pooling": 20, "stride": 7, "hidden": [12, 6]}"#,
            shape: [2, 1, 4, 90]),
        Case(
            network: "eegnet", golden: "eegnet-small",
            configuration:
                #"{"channels": 4, "samples": 101, "classes": 3, "filters": 3, "kernel": 10, "separable": 5, "#
                + #""pooling": [4, 3]}"#,
            shape: [2, 1, 4, 101]),
        Case(
            network: "eegformer", golden: "eegformer-small",
            configuration:
                #"{"channels": 3, "samples": 50, "classes": 3, "maps": 5, "kernel": 4, "width": 12, "blocks": 2, "#
                + #""heads": [3, 2, 4], "groups": 4}"#,
            shape: [2, 1, 3, 50]),
        Case(
            network: "eegformer", golden: "eegformer-port-small",
            configuration:
                #"{"channels": 2, "samples": 12, "classes": 2, "maps": 3, "kernel": 3, "width": 6, "blocks": 1, "#
                + #""heads": [3, 2, 4], "groups": 3, "attention": "port", "regions": "maps", "activation": "relu", "#
                + #""lastNorm": true}"#,
            shape: [2, 1, 2, 12]),
    ]

    private func build(_ one: Case, _ weights: Weights, adding change: String? = nil) throws -> any Layer {
        let json = change.map { one.configuration.dropLast() + ", \($0)}" } ?? one.configuration
        let network = try Catalog.entry(named: one.network).build(weights, Data(json.utf8))
        try weights.finish()
        return network
    }

    @Test(arguments: cases) func everyStageAgrees(one: Case) throws {
        let numbers = try Golden.open(one.golden + "-io")
        let x = try Golden.waves(one.shape, fast: 0.11, slow: 0.37)
        for (type, most) in [(ElementType.float64, 1e-6), (.float32, 1e-5)] {
            let network = try build(one, Weights(Golden.open(one.golden), type: type))
            #expect(try network(x).relativeDistance(to: numbers.tensor("logits")) < most)
            guard let staged = network as? any StagedNetwork else { continue }
            for (name, map) in try staged.stages(x) {
                #expect(try map.relativeDistance(to: numbers.tensor(name)) < most, "\(name)")
            }
        }
    }

    @Test(arguments: cases) func gradientsAgree(one: Case) throws {
        let numbers = try Golden.open(one.golden + "-io")
        let weights = Weights(try Golden.open(one.golden), type: .float64, trainable: true)
        let network = try build(one, weights)
        let x = try Golden.waves(one.shape, fast: 0.11, slow: 0.37)
        try Engine.recordingGradients {
            let logits = try network(x)
            let weighting = try Golden.waves(logits.shape, fast: 0.31, slow: 0.83).converted(to: .float64)
            try (logits * weighting).sum().backward()
        }
        let kept = numbers.entries.keys.filter { $0.hasPrefix("gradient.") }
        #expect(kept.count >= 8)
        for name in kept {
            let own = try #require(weights.parameters.first { "gradient." + $0.name == name }, "\(name)")
            let gradient = try #require(try own.tensor.gradient(), "\(name)")
            // A gradient that is zero but for rounding (a bias before a norm) has no direction to compare.
            let reference = try numbers.tensor(name)
            if try reference.norm() < 1e-9 { continue }
            #expect(try gradient.relativeDistance(to: reference) < 1e-5, "\(name)")
        }
    }

    @Test(arguments: [(0, "\"mixing\": \"shipped\"", "shipped"), (3, "\"attention\": \"port\"", "port")])
    func otherFormsGoByTheirNames(number: Int, change: String, name: String) throws {
        let one = Self.cases[number]
        let numbers = try Golden.open(one.golden + "-io")
        let x = try Golden.waves(one.shape, fast: 0.11, slow: 0.37)
        let form = try build(one, Weights(Golden.open(one.golden), type: .float64), adding: change)
        let other = try form(x)
        #expect(try other.relativeDistance(to: numbers.tensor(name)) < 1e-6)
        #expect(try other.relativeDistance(to: numbers.tensor("logits")) > 1e-3)
    }

    /// S3T as its authors shipped it, with the weights and the answers of a run of their program.
    @Test func thePublishedProgramsNumbers() throws {
        let outline = Weights.outline()
        var c = S3T.Configuration()
        c.mixing = .shipped
        _ = try S3T(outline, c)
        let file = SineFile(outline.tensors.map { ($0.name, $0.tensor.shape) })
        #expect(file.entries.count == 75)
        let network = try S3T(Weights(file, type: .float64), c)
        let values = (0..<32_000).map { sin(0.011 * Double($0)) + 0.5 * cos(0.37 * Double($0)) }
        let x = try Tensor(.float64, shape: [2, 1, 16, 1000]) { bytes in
            values.withUnsafeBytes { bytes.copyMemory(from: $0) }
        }
        let tokens = try network.tokens(x).doubles()
        #expect(abs(tokens.reduce(0, +) / Double(tokens.count) - 0.0917269674) < 1e-9)
        #expect(abs(tokens[0] + 0.932148826) < 1e-8)
        let logits = try network(x).doubles()
        let published = [0.0554290662, 0.0555342673, 0.0555373946, 0.0554385777]
        for (a, b) in zip(logits, published) { #expect(abs(a - b) < 1e-9) }
        let mixing = try S3T(Weights(file, type: .float64))
        #expect(try mixing(x).largestDifference(to: network(x)) > 1e-12)
    }

    @Test(arguments: [
        ("s3t", "{\"heads\": 3}"), ("s3t", "{\"samples\": 40}"), ("s3t", "{\"pooling\": 0}"),
        ("eeg-conformer", "{\"samples\": 60}"), ("eeg-conformer", "{\"hidden\": [4]}"),
        ("eeg-conformer", "{\"dropout\": 1}"), ("eegnet", "{\"pooling\": [4]}"), ("eegnet", "{\"samples\": 7}"),
        ("eegformer", "{\"groups\": 7}"), ("eegformer", "{\"heads\": [6, 6]}"), ("eegformer", "{\"samples\": 27}"),
        ("eegnet", "{\"classes\": -1}"), ("eegformer", "{\"maps\": 0}"),
    ])
    func sizesThatDoNotFitAreRefused(name: String, json: String) throws {
        #expect { try Catalog.entry(named: name).build(Weights.outline(), Data(json.utf8)) } throws: { error in
            if case NetworkError.configuration = error { true } else { false }
        }
    }

    @Test(arguments: cases) func otherInputsAreRefused(one: Case) throws {
        let network = try build(one, Weights(Golden.open(one.golden)))
        for shape in [
            [1, 1, one.shape[2] + 1, one.shape[3]], [1, 2, one.shape[2], one.shape[3]], one.shape.dropLast(),
        ] {
            #expect { try network(Tensor(repeating: 0, shape: Array(shape))) } throws: { error in
                if case NetworkError.input = error { true } else { false }
            }
        }
    }

    /// Trained in batches, a network answers otherwise than in inference, and the same way for the same seed.
    @Test(arguments: cases.prefix(3)) func trainingDropsAndMovesMoments(one: Case) throws {
        let x = try Golden.waves(one.shape, fast: 0.11, slow: 0.37)
        func trained() throws -> (answer: [Float], moments: [Float]) {
            let weights = Weights(try Golden.open(one.golden), trainable: true)
            let network = try build(one, weights)
            var random = SplitMix(seed: 3)
            let answer = try Engine.training(&random) { try network(x).detached() }
            let moments = try #require(weights.tensors.first { $0.name.hasSuffix("running_mean") }?.tensor)
            return (try answer.floats(), try moments.floats())
        }
        let first = try trained(), second = try trained()
        #expect(first.answer == second.answer && first.moments == second.moments)
        let network = try build(one, Weights(Golden.open(one.golden)))
        #expect(try network(x).floats() != first.answer)
        let file = try Golden.open(one.golden)
        let name = try #require(file.entries.keys.filter { $0.hasSuffix("running_mean") }.sorted().first)
        #expect(try file.tensor(name).floats() != first.moments)
    }
}

/// A checkpoint whose tensor number t holds `0.05 sin(0.7 t + 0.013 k)`, around 1 for 1-D weights and variances.
private struct SineFile: TensorFile {
    let entries: [String: TensorEntry]
    private let numbers: [String: Int]

    init(_ tensors: [(name: String, shape: [Int])]) {
        // The order of a state dict: a module's own tensors, then its modules'.
        let order = tensors.sorted { Self.key($0.name).lexicographicallyPrecedes(Self.key($1.name)) }
        entries = Dictionary(
            uniqueKeysWithValues: order.map { ($0.name, TensorEntry(type: .float64, shape: $0.shape)) })
        numbers = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1.name, $0) })
    }

    private static func key(_ name: String) -> [Int] {
        let places = [
            "cls_token": -1, "query": 0, "key": 1, "projection": 5, "keys": 2, "queries": 3, "values": 4, "weight": 0,
            "bias": 1, "running_mean": 2, "running_var": 3,
        ]
        return name.split(separator: ".").map { Int($0) ?? places[String($0)] ?? 0 }
    }

    func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        guard let entry = entries[name], let t = numbers[name] else { return }
        let isOne = entry.shape.count == 1 && name.hasSuffix("weight") || name.hasSuffix("running_var")
        for k in 0..<entry.shape.reduce(1, *) {
            let value = (isOne ? 1 : 0) + 0.05 * sin(0.7 * Double(t) + 0.013 * Double(k))
            destination.storeBytes(of: value, toByteOffset: 8 * k, as: Double.self)
        }
    }
}
