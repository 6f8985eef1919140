public import BrainData
public import BrainModels
import Foundation
import NeuralNet

/// Trains a network on trials. The same trials, settings, seed and number of threads give the same weights, bit by bit.
public struct TrialTrainer {
    /// What a training looked like.
    public struct Record: Codable, Sendable, Equatable {
        /// Of each round: the mean loss of the steps and, where trials were kept aside, the loss on those.
        public var losses: [Double] = []
        public var validation: [Double] = []
        /// The round whose weights were kept, from 0.
        public var best = 0
    }

    private let settings: TrialTraining
    private let seed: UInt64
    private let trials: Epochs
    private let values: [Float]
    private let labels: [Int]
    private let description: NetworkDecoder.Description
    private let weights: Weights
    private let network: any Layer

    /// Trains on raw trials and gives the decoder.
    ///
    /// - Parameter progress: is told each round's number and loss.
    public static func train(
        _ kind: TrialNetworkKind, on epochs: Epochs, preparation: TrialPreparation.Settings, _ settings: TrialTraining,
        configuration: CardSettings? = nil, seed: UInt64, progress: ((Int, Double) -> Void)? = nil
    ) throws -> (decoder: NetworkDecoder, record: Record) {
        let trainer = try TrialTrainer(kind, epochs, preparation, settings, configuration, seed)
        let (tensors, record) = try trainer.run(progress)
        return (try NetworkDecoder(trainer.description, tensors), record)
    }

    private init(
        _ kind: TrialNetworkKind, _ epochs: Epochs, _ preparation: TrialPreparation.Settings, _ settings: TrialTraining,
        _ configuration: CardSettings?, _ seed: UInt64
    ) throws {
        guard epochs.classes.count > 1 else {
            throw SignalError.mismatch("there is one class of trials: a decoder tells two or more apart")
        }
        guard settings.epochs > 0, settings.batch > 0, settings.rate > 0, (0..<0.9).contains(settings.validation),
            (0..<1).contains(settings.smoothing)
        else {
            throw TrainingError.run("epochs, batch and rate are above zero, validation and smoothing shares below one")
        }
        (self.settings, self.seed) = (settings, seed)
        let prepared = try TrialPreparation(epochs, preparation)
        trials = try prepared(epochs)
        values = trials.values.map { Float($0) }
        let classes = epochs.classes
        labels = epochs.labels.map { label in classes.firstIndex(of: label) ?? 0 }
        description = NetworkDecoder.Description(
            network: kind,
            configuration: try Self.masked(
                configuration
                    ?? kind.configuration(
                        channels: trials.channels.count, samples: trials.count, classes: classes.count,
                        rate: trials.rate), kind, settings),
            classes: classes, preparation: prepared)
        weights = Weights(seed: seed, trainable: true)
        network = try kind.build(weights, description.configuration.json())
    }

    /// The configuration with the mask over later tokens, where it is asked for.
    private static func masked(
        _ configuration: CardSettings, _ kind: TrialNetworkKind, _ settings: TrialTraining
    ) throws(TrainingError) -> CardSettings {
        guard settings.causal else { return configuration }
        guard kind == .s3t || kind == .conformer, case .table(var table) = configuration else {
            throw .run("\(kind.rawValue) has no tokens in the order of time that later ones could be hidden from")
        }
        table["causal"] = .truth(true)
        return .table(table)
    }

    private func run(_ progress: ((Int, Double) -> Void)?) throws -> (tensors: HeldTensors, record: Record) {
        var order = SplitMix(seed: seed, name: "order"), changes = SplitMix(seed: seed, name: "augmentation")
        var dropout = SplitMix(seed: seed, name: "dropout"), split = SplitMix(seed: seed, name: "validation")
        let (learned, kept) = parted(&split)
        let optimiser = try AdamW(weights.parameters, settings.optimiser)
        let perRound = (learned.count + settings.batch - 1) / settings.batch
        let steps = settings.epochs * perRound
        let schedule = Schedule(peak: settings.rate, warmUp: steps / 20, steps: steps)
        var (record, best, step) = (Record(), HeldTensors?.none, 0)
        for round in 0..<settings.epochs {
            let shuffled = learned.shuffled(using: &order)
            var sum = 0.0
            for start in stride(from: 0, to: shuffled.count, by: settings.batch) {
                let picked = Array(shuffled[start..<min(start + settings.batch, shuffled.count)])
                let loss = try learn(
                    picked, augmented(picked, among: learned, &changes), optimiser, schedule.rate(at: step), &dropout)
                guard loss.isFinite else { throw TrainingError.diverged(step: step, rate: settings.rate) }
                (sum, step) = (sum + loss * Double(picked.count), step + 1)
            }
            record.losses.append(sum / Double(shuffled.count))
            progress?(round, record.losses[round])
            guard !kept.isEmpty else { continue }
            record.validation.append(try loss(on: kept))
            if record.validation[round] <= record.validation[record.best] || best == nil {
                (record.best, best) = (round, try HeldTensors(weights.tensors))
            } else if round - record.best >= settings.patience {
                break
            }
        }
        if kept.isEmpty { record.best = record.losses.count - 1 }
        return (try best ?? HeldTensors(weights.tensors), record)
    }

    /// The trials to learn from and those kept aside, the same share of every class.
    private func parted(_ random: inout SplitMix) -> (learned: [Int], kept: [Int]) {
        var (learned, kept) = ([Int](), [Int]())
        for label in Set(labels).sorted() {
            let own = labels.indices.filter { labels[$0] == label }.shuffled(using: &random)
            let count = Int((Double(own.count) * settings.validation).rounded())
            kept += own.prefix(count)
            learned += own.dropFirst(count)
        }
        return (learned.sorted(), kept.sorted())
    }

    private var size: Int { trials.channels.count * trials.count }

    private func augmented(_ picked: [Int], among learned: [Int], _ random: inout SplitMix) -> [Float] {
        var batch: [Float] = []
        batch.reserveCapacity(picked.count * size)
        for trial in picked {
            var own = Array(values[trial * size..<(trial + 1) * size])
            let alike = learned.filter { labels[$0] == labels[trial] }
            settings.augmentation.apply(to: &own, channels: trials.channels.count, &random) { random in
                let other = alike[Int(random.uniform() * Double(alike.count))]
                return Array(values[other * size..<(other + 1) * size])
            }
            batch += own
        }
        return batch
    }

    private func learn(
        _ picked: [Int], _ batch: [Float], _ optimiser: AdamW, _ rate: Double, _ random: inout SplitMix
    ) throws(NetworkError) -> Double {
        try Engine.training(&random) { () throws(NetworkError) in
            let value = try crossEntropy(picked, batch, smoothing: settings.smoothing)
            let number = Double(try value.floats()[0])
            guard number.isFinite else { return number }
            try value.backward()
            try optimiser.step(rate: rate)
            return number
        }
    }

    private func loss(on kept: [Int]) throws(NetworkError) -> Double {
        var sum = 0.0
        for start in stride(from: 0, to: kept.count, by: 64) {
            let picked = Array(kept[start..<min(start + 64, kept.count)])
            let batch = picked.flatMap { values[$0 * size..<($0 + 1) * size] }
            let value = try Engine.run { () throws(NetworkError) in
                try crossEntropy(picked, batch, smoothing: 0).floats()
            }
            sum += Double(value[0]) * Double(picked.count)
        }
        return sum / Double(kept.count)
    }

    /// The mean over trials of −log of the true class's probability.
    private func crossEntropy(_ picked: [Int], _ batch: [Float], smoothing: Double) throws(NetworkError) -> Tensor {
        let classes = description.classes.count
        let x = try Tensor(batch, shape: [picked.count, 1, trials.channels.count, trials.count])
        var targets = [Float](repeating: Float(smoothing) / Float(classes), count: picked.count * classes)
        for (row, trial) in picked.enumerated() { targets[row * classes + labels[trial]] += Float(1 - smoothing) }
        let wanted = try Tensor(targets, shape: [picked.count, classes])
        return try (network(x).logSoftmax(along: 1) * wanted).sum().scaled(by: -1 / Double(picked.count))
    }
}
