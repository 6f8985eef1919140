import BrainData
import BrainModels
import Foundation
import NeuralNet

/// Trains a network on the functional connectivity, or the time series, of subjects.
///
/// The same subjects, settings, seed and number of threads give the same weights, bit by bit. What balances classes, weights of sampling and
/// the generator, is fitted to the subjects that are given here and nobody else.
public struct ConnectomeTrainer {
    /// A trained network.
    public struct Model {
        let network: any Layer
        let frames, regions: Int

        /// The probability of each class, one row a subject; of time series, the mean over pieces that lie evenly in them.
        public func probabilities(_ items: [FunctionalCollection.Item]) throws -> [[Double]] {
            let input = try ConnectomeInput(items, regions: regions, frames: frames)
            let places = frames > 0 ? [0, 0.5, 1] : [0.0]
            return try items.indices.map { item in
                let rows = try places.map { try probabilities(input.piece(item, at: $0), input.shape) }
                return rows[0].indices.map { label in rows.reduce(0) { $0 + $1[label] } / Double(rows.count) }
            }
        }

        private func probabilities(_ values: [Float], _ shape: [Int]) throws(NetworkError) -> [Double] {
            try Engine.run { () throws(NetworkError) in
                try network(Tensor(values, shape: [1] + shape)).softmax(along: 1).doubles()
            }
        }
    }

    private let training: ConnectomeTraining
    private let seed: UInt64
    private let input: ConnectomeInput
    private let labels: [Int]
    private let classes: Int
    private let weights: Weights
    private let network: any Layer

    /// Trains and gives the network.
    ///
    /// - Parameters:
    ///   - labels: the class of each subject, from 0.
    ///   - progress: is told each round's number and mean loss.
    /// - Throws: ``TrainingError`` for settings that make no sense, and subjects of one class.
    public static func train(
        _ items: [FunctionalCollection.Item], _ labels: [Int], classes: Int, regions: Int,
        _ training: ConnectomeTraining,
        seed: UInt64, progress: (Int, Double) -> Void = { _, _ in }
    ) throws -> Model {
        let trainer = try ConnectomeTrainer(items, labels, classes, regions, training, seed)
        try trainer.run(progress)
        return Model(network: trainer.network, frames: trainer.input.frames, regions: regions)
    }

    /// Frames of a piece: a hundred, or as many as the shortest series has.
    private static func frames(_ items: [FunctionalCollection.Item], _ training: ConnectomeTraining) -> Int {
        training.readsSeries ? min(100, items.map { $0.series?.frames ?? 0 }.min() ?? 0) : 0
    }

    private init(
        _ items: [FunctionalCollection.Item], _ labels: [Int], _ classes: Int, _ regions: Int,
        _ training: ConnectomeTraining, _ seed: UInt64
    ) throws {
        guard training.epochs > 0, training.batch > 0, training.rate > 0, (0..<1).contains(training.smoothing) else {
            throw TrainingError.run("epochs, batch and rate are above zero, and smoothing is below one")
        }
        guard items.count == labels.count, Set(labels).count == classes, classes > 1 else {
            throw TrainingError.run("expected subjects of \(classes) classes, found \(Set(labels).count)")
        }
        let frames = Self.frames(items, training)
        guard frames > 0 || !training.readsSeries else {
            throw TrainingError.run("\(training.network) reads time series, and these subjects have none")
        }
        var (items, labels) = (items, labels)
        if training.balance == .generator {
            guard !training.readsSeries else {
                throw TrainingError.run("the generator makes connectivity, and \(training.network) reads time series")
            }
            let made = try ConnectomeGenerator.balancing(items.map(\.triangle), labels, classes: classes, seed: seed)
            items += made.map { .init(subject: "made up", site: "", label: "", triangle: $0.triangle) }
            labels += made.map(\.label)
        }
        (self.labels, self.classes, self.training, self.seed) = (labels, classes, training, seed)
        input = try ConnectomeInput(items, regions: regions, frames: frames)
        weights = Weights(seed: seed, trainable: true)
        guard case .table(var table) = training.configuration else {
            throw TrainingError.run("a network's configuration is a table")
        }
        (table["regions"], table["classes"]) = (.number(Double(regions)), .number(Double(classes)))
        if frames > 0 { table["frames"] = .number(Double(frames)) }
        network = try Catalog.entry(named: training.network).build(weights, CardSettings.table(table).json())
    }

    private func run(_ progress: (Int, Double) -> Void) throws {
        var order = SplitMix(seed: seed, name: "order"), changes = SplitMix(seed: seed, name: "augmentation")
        var dropout = SplitMix(seed: seed, name: "dropout")
        let optimiser = try AdamW(weights.parameters, training.optimiser)
        let perRound = max(1, labels.count / training.batch), steps = training.epochs * perRound
        let schedule = Schedule(peak: training.rate, warmUp: steps / 20, steps: steps)
        for round in 0..<training.epochs {
            let picked = drawn(&order)
            var sum = 0.0
            for part in 0..<perRound {
                let own = Array(picked[part * training.batch..<min((part + 1) * training.batch, picked.count)])
                let loss = try learn(
                    own, batch(own, &changes), optimiser, schedule.rate(at: round * perRound + part), &dropout)
                guard loss.isFinite else {
                    throw TrainingError.diverged(step: round * perRound + part, rate: training.rate)
                }
                sum += loss
            }
            progress(round, sum / Double(perRound))
        }
    }

    /// As many subjects as there are: each once, or drawn so that every class is as likely as any other.
    private func drawn(_ random: inout SplitMix) -> [Int] {
        guard training.balance == .sampling else { return Array(labels.indices).shuffled(using: &random) }
        let own = (0..<classes).map { label in labels.indices.filter { labels[$0] == label }.shuffled(using: &random) }
        let picked = labels.indices.map { n in own[n % classes][n / classes % own[n % classes].count] }
        return picked.shuffled(using: &random)
    }

    private func batch(_ picked: [Int], _ random: inout SplitMix) -> [Float] {
        var batch: [Float] = []
        batch.reserveCapacity(picked.count * input.size)
        for item in picked {
            let piece = input.piece(item, at: random.uniform())
            batch += training.noise > 0 ? piece.map { $0 + Float(training.noise * random.normal()) } : piece
        }
        return batch
    }

    private func learn(
        _ picked: [Int], _ batch: [Float], _ optimiser: AdamW, _ rate: Double, _ random: inout SplitMix
    ) throws(NetworkError) -> Double {
        try Engine.training(&random) { () throws(NetworkError) in
            let x = try Tensor(batch, shape: [picked.count] + input.shape)
            let value = try crossEntropy(network(x), picked)
            let number = Double(try value.floats()[0])
            guard number.isFinite else { return number }
            try value.backward()
            try optimiser.step(rate: rate)
            return number
        }
    }

    private func crossEntropy(_ logits: Tensor, _ picked: [Int]) throws(NetworkError) -> Tensor {
        var targets = [Float](repeating: Float(training.smoothing) / Float(classes), count: picked.count * classes)
        for (row, item) in picked.enumerated() {
            targets[row * classes + labels[item]] += Float(1 - training.smoothing)
        }
        let wanted = try Tensor(targets, shape: [picked.count, classes])
        return try (logits.logSoftmax(along: 1) * wanted).sum().scaled(by: -1 / Double(picked.count))
    }
}
