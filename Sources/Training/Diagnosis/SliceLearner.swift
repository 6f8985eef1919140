import BrainModels
import NeuralNet

/// One network that learns from slices, until its rounds are over or subjects kept aside say that it learns nothing more.
struct SliceLearner {
    let settings: SliceModel.Settings
    private let training: SliceTraining
    private let seed: UInt64
    /// What is learned from, and what only tells when to stop.
    private let set, aside: SliceSet
    private let weights: Weights
    private let network: any Layer
    private let loss: SliceLoss
    /// What is learned without labels, and what is learned beside the network for it.
    private let masked: MaskedViews?
    private let beside: Weights

    /// - Throws: ``TrainingError/run(_:)`` for settings and items from which nothing can be learned.
    init(
        _ aim: SliceTrainer.Aim, _ all: SliceSet, _ training: SliceTraining, _ seed: UInt64,
        from start: (any TensorFile)? = nil
    ) throws {
        guard training.epochs > 0, training.batch > 0, training.rate > 0, (0..<1).contains(training.smoothing),
            (0..<1).contains(training.validation), training.patience > 0, all.count > 0
        else {
            throw TrainingError.run(
                "epochs, batch, rate, patience and items are above zero, smoothing and validation are below one")
        }
        guard start != nil || training.adaptation == .all else {
            throw TrainingError.run(
                "\(training.adaptation.rawValue) adapts a trained network, and none was given to start from")
        }
        let parts = all.apart(aim == .maskedViews ? 0 : training.validation, seed: seed)
        (set, aside) = (all[parts.kept], all[parts.aside])
        guard !aim.hasClasses || Set(set.labels).count > 1 else {
            throw TrainingError.run("classes are to be learned, and all items are of one")
        }
        (self.training, self.seed) = (training, seed)
        settings = SliceModel.Settings(
            contract: all.contract, classes: aim.hasClasses ? all.classes : [],
            age: aim.hasAges ? try Self.scale(all) : nil)
        let adaptation = training.adaptation.parts(rank: training.rank, seed: seed)
        weights =
            start.map { Weights(startingFrom: $0, drawing: SliceAdaptation.drawn, seed: seed, adapting: adaptation) }
            ?? Weights(seed: seed, trainable: true)
        network = try Catalog.entry(named: training.network)
            .build(weights, SliceTrainer.configuration(training, settings).json())
        try weights.finish()
        loss = try SliceLoss(settings, training, labels: set.labels, seed: seed)
        beside = Weights(seed: seed, trainable: true)
        masked = try aim == .maskedViews ? Self.masked(network, beside, training) : nil
        if training.adaptation == .lora, !weights.tensors.contains(where: { $0.name.hasSuffix("lora_A") }) {
            throw TrainingError.run(
                "\(training.network) has no linear maps beside its head that factors could stand beside")
        }
    }

    private static func masked(
        _ network: any Layer, _ weights: Weights, _ training: SliceTraining
    ) throws -> MaskedViews {
        guard let network = network as? TransResNet else {
            throw TrainingError.run("hidden views are learned by trans-resnet, not by \(training.network)")
        }
        return try MaskedViews(network, weights)
    }

    /// How many numbers of the network are trained.
    var trained: Int { weights.parameters.reduce(0) { $0 + $1.tensor.count } }

    private static func scale(_ set: SliceSet) throws -> AgeScale {
        let ages = set.ages.compactMap(\.self)
        guard ages.count == set.count, ages.count > 1 else {
            throw TrainingError.run("ages are to be learned, and \(set.count - ages.count) of the items have none")
        }
        let mean = ages.reduce(0, +) / Double(ages.count)
        let spread = ages.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(ages.count)
        guard spread > 0 else { throw TrainingError.run("ages are to be learned, and all items have the same") }
        return AgeScale(mean: mean, deviation: spread.squareRoot())
    }

    /// Learns, and gives the weights: those that did best on what is kept aside, or the last ones.
    ///
    /// - Parameter progress: is told each round's number and mean loss, and how wrong it is on what is kept aside.
    func run(_ progress: (Int, Double, Double?) -> Void) throws -> [(name: String, tensor: Tensor)] {
        var order = SplitMix(seed: seed, name: "order"), changes = SplitMix(seed: seed, name: "augmentation")
        var depth = SplitMix(seed: seed, name: "depth"), hiding = SplitMix(seed: seed, name: "hidden")
        let optimiser = try AdamW(weights.parameters + loss.parameters + beside.parameters, training.optimiser)
        // A round's last items that fill no batch wait for the next round: batch norms want company.
        let perRound = max(1, set.count / training.batch), steps = training.epochs * perRound
        let schedule = Schedule(peak: training.rate, warmUp: steps / 20, steps: steps)
        var best: (round: Int, missed: Double, tensors: HeldTensors)?
        for round in 0..<training.epochs {
            let shuffled = Array(set.values.indices).shuffled(using: &order)
            var sum = 0.0
            for part in 0..<perRound {
                let picked = Array(shuffled[part * training.batch..<min((part + 1) * training.batch, set.count)])
                let batch = augmented(picked, &changes), step = round * perRound + part
                let value = try learn(picked, batch, optimiser, schedule.rate(at: step), &depth, &hiding)
                guard value.isFinite else { throw TrainingError.diverged(step: step, rate: training.rate) }
                sum += value
            }
            let missed = try missedAside()
            progress(round, sum / Double(perRound), missed)
            guard let missed else { continue }
            if missed < best?.missed ?? .infinity { best = (round, missed, try HeldTensors(weights.merged())) }
            if round - (best?.round ?? round) >= training.patience { break }
        }
        let last = try weights.merged()
        guard let best else { return last }
        let kept = Weights(best.tensors)
        return try last.map { (name: $0.name, tensor: try kept.tensor($0.name, shape: $0.tensor.shape)) }
    }

    private func missedAside() throws(NetworkError) -> Double? {
        guard aside.count > 0 else { return nil }
        let answers = try SliceModel([network], settings).answers(aside.values)
        return loss.missed(answers, labels: aside.labels, ages: aside.ages)
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
        _ picked: [Int], _ batch: [Float], _ optimiser: AdamW, _ rate: Double, _ random: inout SplitMix,
        _ hiding: inout SplitMix
    ) throws(NetworkError) -> Double {
        let side = set.contract.side
        let hidden = try masked.map { (masked) throws(NetworkError) in try masked.hidden(items: picked.count, &hiding) }
        return try Engine.training(&random) { () throws(NetworkError) in
            let x = try Tensor(batch, shape: [picked.count, set.contract.views.count, side, side])
            let value =
                if let masked, let hidden {
                    try masked.loss(x, hidden: hidden)
                } else {
                    try loss(network(x), labels: picked.map { set.labels[$0] }, ages: picked.map { set.ages[$0] })
                }
            let number = Double(try value.floats()[0])
            guard number.isFinite else { return number }
            try value.backward()
            try optimiser.step(rate: rate)
            return number
        }
    }
}
