public import BrainModels
import Foundation
public import NeuralNet

/// Trains a network on slices: classes by cross entropy, ages by their absolute error, or both at once.
///
/// The two losses of a network that answers both are weighed by uncertainties learned beside it: Kendall, Gal & Cipolla,
/// *Multi-Task Learning Using Uncertainty to Weigh Losses*, CVPR 2018, [arXiv:1705.07115](https://arxiv.org/abs/1705.07115),
/// equation 10. The same items, settings, seed and number of threads give the same weights, bit by bit.
public struct SliceTrainer {
    /// What is to be learned.
    public enum Aim: String, Codable, Sendable, CaseIterable {
        case classes, age, both
    }

    private let training: SliceTraining
    private let seed: UInt64
    private let set: SliceSet
    private let settings: SliceModel.Settings
    private let weights: Weights
    private let network: any Layer
    /// The logarithms of both losses' uncertainties, which are no part of the network.
    private let balance: Weights
    private let uncertainties: Tensor?
    private let rarity: [Double]

    /// Trains and gives the network, and its weights by the names of its checkpoints.
    ///
    /// - Parameter progress: is told each round's number and mean loss.
    /// - Throws: ``TrainingError/run(_:)`` for settings that make no sense and items without an age where ages are to be learned.
    public static func train(
        _ aim: Aim, on set: SliceSet, _ training: SliceTraining, seed: UInt64, progress: ((Int, Double) -> Void)? = nil
    ) throws -> (model: SliceModel, tensors: [(name: String, tensor: Tensor)]) {
        let trainer = try SliceTrainer(aim, set, training, seed)
        try trainer.run(progress)
        let model = try SliceModel(
            network: Catalog.entry(named: training.network), trainer.configuration, trainer.settings,
            HeldTensors(trainer.weights.tensors))
        return (model, trainer.weights.tensors)
    }

    /// The card's configuration: what was given, with the views, the side and the answers of these items.
    public static func configuration(_ training: SliceTraining, _ settings: SliceModel.Settings) -> CardSettings {
        guard case .table(var table) = training.configuration else { return training.configuration }
        let side = CardSettings.number(Double(settings.contract.side))
        let answers = CardSettings.number(Double(settings.answers))
        let views = CardSettings.number(Double(settings.contract.views.count))
        table["sides"] = .list([side, side])
        switch training.network {
        case "trans-resnet": (table["views"], table["answers"]) = (views, answers)
        default: (table["inputs"], table["classes"]) = (views, answers)
        }
        return .table(table)
    }

    private var configuration: CardSettings { Self.configuration(training, settings) }

    private init(_ aim: Aim, _ set: SliceSet, _ training: SliceTraining, _ seed: UInt64) throws {
        guard training.epochs > 0, training.batch > 0, training.rate > 0, (0..<1).contains(training.smoothing),
            set.count > 0
        else { throw TrainingError.run("epochs, batch, rate and items are above zero, and smoothing is below one") }
        var scale: AgeScale?
        if aim != .classes {
            let ages = set.ages.compactMap(\.self)
            guard ages.count == set.count, ages.count > 1 else {
                throw TrainingError.run("ages are to be learned, and \(set.count - ages.count) of the items have none")
            }
            let mean = ages.reduce(0, +) / Double(ages.count)
            let spread = ages.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(ages.count)
            guard spread > 0 else { throw TrainingError.run("ages are to be learned, and all items have the same") }
            scale = AgeScale(mean: mean, deviation: spread.squareRoot())
        }
        guard aim == .age || Set(set.labels).count > 1 else {
            throw TrainingError.run("classes are to be learned, and all items are of one")
        }
        (self.set, self.training, self.seed) = (set, training, seed)
        settings = SliceModel.Settings(
            contract: set.contract, classes: aim == .age ? [] : set.classes, age: scale)
        let counts = set.classes.indices.map { label in set.labels.count { $0 == label } }
        rarity = counts.map {
            training.balances && $0 > 0 ? Double(set.count) / Double(counts.count * $0) : 1
        }
        weights = Weights(seed: seed, trainable: true)
        network = try Catalog.entry(named: training.network)
            .build(weights, Self.configuration(training, settings).json())
        balance = Weights(seed: seed, trainable: true)
        uncertainties = aim == .both ? try balance.tensor("uncertainties", shape: [2]) : nil
    }

    private func run(_ progress: ((Int, Double) -> Void)?) throws {
        var order = SplitMix(seed: seed, name: "order"), changes = SplitMix(seed: seed, name: "augmentation")
        var depth = SplitMix(seed: seed, name: "depth")
        let optimiser = try AdamW(weights.parameters + balance.parameters, training.optimiser)
        // A round's last items that fill no batch wait for the next round: batch norms want company.
        let perRound = max(1, set.count / training.batch), steps = training.epochs * perRound
        let schedule = Schedule(peak: training.rate, warmUp: steps / 20, steps: steps)
        for round in 0..<training.epochs {
            let shuffled = Array(set.values.indices).shuffled(using: &order)
            var sum = 0.0
            for part in 0..<perRound {
                let picked = Array(shuffled[part * training.batch..<min((part + 1) * training.batch, set.count)])
                let batch = augmented(picked, &changes), step = round * perRound + part
                let loss = try learn(picked, batch, optimiser, schedule.rate(at: step), &depth)
                guard loss.isFinite else { throw TrainingError.diverged(step: step, rate: training.rate) }
                sum += loss
            }
            progress?(round, sum / Double(perRound))
        }
    }

    /// The picked items, each view changed for itself.
    private func augmented(_ picked: [Int], _ random: inout SplitMix) -> [Float] {
        let side = set.contract.side, size = side * side, views = set.contract.views.count
        var batch: [Float] = []
        batch.reserveCapacity(picked.count * views * size)
        for item in picked {
            for view in 0..<views {
                let picture = set.values[item][view * size..<(view + 1) * size]
                batch += training.augmentation.changed(picture, side: side, &random)
            }
        }
        return batch
    }

    private func learn(
        _ picked: [Int], _ batch: [Float], _ optimiser: AdamW, _ rate: Double, _ random: inout SplitMix
    ) throws(NetworkError) -> Double {
        let side = set.contract.side
        return try Engine.training(&random) { () throws(NetworkError) in
            let x = try Tensor(batch, shape: [picked.count, set.contract.views.count, side, side])
            let value = try loss(of: network(x), picked)
            let number = Double(try value.floats()[0])
            guard number.isFinite else { return number }
            try value.backward()
            try optimiser.step(rate: rate)
            return number
        }
    }

    private func loss(of answers: Tensor, _ picked: [Int]) throws(NetworkError) -> Tensor {
        guard let scale = settings.age else { return try crossEntropy(answers, picked) }
        let classes = settings.classes.count
        let wanted = picked.map { Float(scale.number(of: set.ages[$0] ?? scale.mean)) }
        let missed = try answers.narrowed(1, from: classes, length: 1) - Tensor(wanted, shape: [picked.count, 1])
        let ages = try (missed.relu() + missed.scaled(by: -1).relu()).sum().scaled(by: 1 / Double(picked.count))
        guard let uncertainties else { return ages }
        let logits = try answers.narrowed(1, from: 0, length: classes)
        let losses = try crossEntropy(logits, picked).reshaped([1]).appending(ages.reshaped([1]), along: 0)
        return try (losses * uncertainties.scaled(by: -1).exp() + uncertainties.scaled(by: 0.5)).sum()
    }

    /// The mean over items of −log of the true class's probability, rare classes counting more.
    private func crossEntropy(_ logits: Tensor, _ picked: [Int]) throws(NetworkError) -> Tensor {
        let classes = settings.classes.count
        var targets = [Float](repeating: 0, count: picked.count * classes)
        for (row, item) in picked.enumerated() {
            let weight = rarity[set.labels[item]]
            for label in 0..<classes {
                let share =
                    training.smoothing / Double(classes) + (label == set.labels[item] ? 1 - training.smoothing : 0)
                targets[row * classes + label] = Float(weight * share)
            }
        }
        let wanted = try Tensor(targets, shape: [picked.count, classes])
        return try (logits.logSoftmax(along: 1) * wanted).sum().scaled(by: -1 / Double(picked.count))
    }
}
