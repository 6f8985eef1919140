import BrainData
import BrainModels
import Evaluation
public import Foundation
import NeuralNet

/// Trains a tumour segmentation network as an experiment states it.
///
/// Every step hangs on the experiment and its own number alone, and checkpoints carry weights, moments and the number: a run
/// that was killed goes on to the very weights that it would have reached (same threads).
public final class SegmentationTrainer {
    /// What a run tells while it goes on.
    public enum Event: Sendable {
        case prepared(training: Int, validation: Int, parameters: Int, from: Int)
        case step(number: Int, of: Int, loss: Double, rate: Double, seconds: Double)
        case validating(name: String)
        case validated(step: Int, scores: [ValidationScore])
        case saved(URL)
    }

    /// The network's scores on one case that it does not train on.
    public struct ValidationScore: Codable, Sendable {
        public let step: Int
        public let name: String
        public let region: String
        public let dice: Double
        public let hd95: Double
    }

    private let experiment: Experiment
    private let folder: RunFolder
    private let training, validation: [PreparedCase]
    private let weights: Weights
    private let network: EoFormer
    private let optimiser: AdamW
    private let report: (Event) -> Void

    /// Loads the data and starts the network afresh, or from the run's checkpoint.
    ///
    /// - Parameters:
    ///   - root: where runs lie; the run's folder is called after the experiment.
    ///   - resumes: goes on from the checkpoint there. Without it a folder that holds a checkpoint is refused.
    public init(_ experiment: Experiment, in root: URL, resumes: Bool, report: @escaping (Event) -> Void) throws {
        self.experiment = experiment
        self.report = report
        folder = try RunFolder(root.appendingPathComponent(experiment.name), experiment, resumes: resumes)
        let cases = try TumourDataset.cases(in: URL(fileURLWithPath: experiment.data.folder))
        let split = try Split(of: cases.map(\.subject), validation: experiment.data.validation)
        let sides = split.sides(of: cases)
        training = try sides.training.map { try PreparedCase($0, for: experiment.data.input) }
        validation = try sides.validation.map { try PreparedCase($0, for: experiment.data.input) }
        let checkpoint = resumes ? try folder.checkpoint() : nil
        if let checkpoint {
            weights = Weights(checkpoint.file, trainable: true)
            network = try EoFormer(weights["model"], experiment.network)
            optimiser = try AdamW(
                weights.parameters, experiment.optimiser.settings, from: Weights(checkpoint.file),
                steps: checkpoint.step)
        } else {
            weights = Weights(seed: experiment.seed, trainable: true)
            network = try EoFormer(weights["model"], experiment.network)
            optimiser = try AdamW(weights.parameters, experiment.optimiser.settings)
        }
        report(
            .prepared(
                training: training.count, validation: validation.count,
                parameters: weights.parameters.reduce(0) { $0 + $1.tensor.count }, from: optimiser.steps))
    }

    /// Trains to the end, validating and saving on the way, and writes the network that comes out.
    public func run() throws { try run(stoppingAfter: .max) }

    /// The same; after the step of that number it stops without saving, as if it had been killed.
    func run(stoppingAfter last: Int) throws {
        let plan = experiment.optimiser
        let schedule = Schedule(peak: plan.learningRate, warmUp: plan.warmUp, steps: plan.steps)
        let sampler = PatchSampler(
            cases: training, sampling: experiment.sampling, augmentation: experiment.augmentation,
            outputs: experiment.network.outputs, seed: experiment.seed)
        let first = optimiser.steps
        try folder.trimLogs(to: first)
        var batches = Prefetcher(from: first) { sampler.batch(at: $0) }
        for step in first..<max(first, plan.steps) {
            let clock = ContinuousClock.now
            let rate = schedule.rate(at: step)
            let loss = try learn(from: batches.next(), at: step, rate: rate)
            guard loss.isFinite else { throw TrainingError.diverged(step: step, rate: rate) }
            let seconds = (ContinuousClock.now - clock) / .seconds(1)
            try folder.log(step: step + 1, loss: loss, rate: rate, seconds: seconds)
            report(.step(number: step + 1, of: plan.steps, loss: loss, rate: rate, seconds: seconds))
            let isLast = step + 1 == plan.steps
            if isLast || (step + 1) % experiment.checkpointEvery == 0 { try save() }
            let every = experiment.validation.every
            if isLast || (every > 0 && (step + 1) % every == 0) { try validate(at: step + 1) }
            if step + 1 == last { return }
        }
        report(.saved(try folder.export(weights.tensors)))
    }

    private func learn(from batch: PatchSampler.Batch, at step: Int, rate: Double) throws -> Double {
        let side = experiment.sampling.patch, count = experiment.sampling.batch
        let loss = experiment.loss
        var random = SplitMix(seed: experiment.seed, name: "depth \(step)")
        return try Engine.training(&random) { () throws(NetworkError) in
            func tensor(_ values: [Float], _ channels: Int) throws(NetworkError) -> Tensor {
                try Tensor(values, shape: [count, channels, side, side, side]).permuted([0, 1, 4, 3, 2]).contiguous()
            }
            let image = try tensor(batch.image, experiment.network.inputs)
            let target = try tensor(batch.target, experiment.network.outputs)
            let value = try loss(network(image), target)
            try value.backward()
            try optimiser.step(rate: rate)
            return Double(try value.floats()[0])
        }
    }

    private func save() throws {
        try folder.save(weights.tensors + optimiser.state, step: optimiser.steps)
        report(.saved(folder.checkpointFile))
    }

    private func validate(at step: Int) throws {
        let segmenter = TumourSegmenter(network, window: experiment.validation.window)
        var scores: [ValidationScore] = []
        for held in validation {
            report(.validating(name: held.name))
            scores += try self.scores(of: held, segmenter, at: step)
        }
        try folder.log(scores)
        report(.validated(step: step, scores: scores))
    }

    private func scores(
        of held: PreparedCase, _ segmenter: TumourSegmenter, at step: Int
    ) throws -> [ValidationScore] {
        let maps = try segmenter.probabilities(held.input)
        return try TumourSegmenter.outputs.enumerated().map { bit, region in
            let found = Mask(grid: held.input.grid, voxels: (maps[region] ?? []).map { $0 >= 0.5 })
            let truth = Mask(grid: held.input.grid, voxels: held.regions.map { $0 & (1 << UInt8(bit)) != 0 })
            let score = RegionScores(
                try MaskPair(prediction: found, truth: truth), metrics: [.dice, .hd95],
                empty: experiment.validation.convention)
            return ValidationScore(
                step: step, name: held.name, region: region.rawValue, dice: score.dice, hd95: score.hd95)
        }
    }
}
