import BrainData
public import BrainModels
import Evaluation
public import Foundation
import NeuralNet

/// Trains a tumour segmentation network as an experiment states it.
///
/// Every step hangs on the experiment and its own number alone, and checkpoints carry weights, moments and the number: a run
/// that was killed goes on to the very weights that it would have reached (same threads).
public final class SegmentationTrainer {
    private let experiment: Experiment
    private let folder: RunFolder
    private let source: any CaseSource
    private let validator: SegmentationValidator
    private let learner: SegmentationLearner
    private let report: (TrainingEvent) -> Void
    private var log: RunLog
    private let events: EventFile
    private var examples: [SegmentationValidator.Example] = []
    private var secondsAValidation = 0.0

    /// Loads the data and starts the network afresh, or from the run's checkpoint.
    ///
    /// - Parameters:
    ///   - extractor: finds brains where skulls were not taken off; a classical method does without it.
    ///   - root: where runs lie; the run's folder is called after the experiment.
    ///   - resumes: goes on from the checkpoint there. Without it a folder that holds a checkpoint is refused.
    public init(
        _ experiment: Experiment, extractor: BrainExtractor? = nil, in root: URL, resumes: Bool,
        report: @escaping (TrainingEvent) -> Void
    ) throws {
        self.experiment = experiment
        self.report = report
        folder = RunFolder(root.appendingPathComponent(experiment.runName))
        try experiment.demandChoices()
        let former = resumes ? try folder.experiment() : nil
        try folder.open(experiment, resumes: resumes)
        let sides = try experiment.sides()
        let contract = experiment.data.input
        source = try Self.source(of: sides.training, experiment, extractor)
        validator = SegmentationValidator(
            cases: try sides.validation.map { try PreparedCase($0, for: contract, extractor: extractor) },
            settings: experiment.validation,
            contrasts: contract.contrasts)
        let checkpoint = resumes ? try folder.checkpoint() : nil
        learner = try SegmentationLearner(experiment, from: checkpoint)
        log = try RunLog(in: folder.url, through: learner.optimiser.steps)
        events = try EventFile(folder.events, through: learner.optimiser.steps)
        report(
            .prepared(
                training: sides.training.count, validation: sides.validation.count, parameters: learner.parameters,
                from: learner.optimiser.steps))
        if let checkpoint { warn(checkpoint.file.metadata, former) }
    }

    /// Real cases, made-up ones, or both.
    private static func source(
        of cases: [TumourCase], _ experiment: Experiment, _ extractor: BrainExtractor?
    ) throws -> any CaseSource {
        let share = experiment.data.synthetic.share
        if share == 1 { return try CasePool.synthesising(experiment) }
        let real: any CaseSource =
            if (1..<cases.count).contains(experiment.sampling.pool) {
                CasePool.reading(cases, experiment, extractor)
            } else {
                FixedCases(try cases.map { try PreparedCase($0, for: experiment.data.input, extractor: extractor) })
            }
        return share == 0 ? real : MixedCases(real, with: share, of: try CasePool.synthesising(experiment))
    }

    /// The experiment as a run's folder keeps it, every choice made; nil where there was no run.
    public static func experiment(of experiment: Experiment, in root: URL) throws -> Experiment? {
        try RunFolder(root.appendingPathComponent(experiment.runName)).experiment()
    }

    /// Says what keeps a resumed run from ending in the very weights of an uninterrupted one.
    private func warn(_ metadata: [String: String], _ former: Experiment?) {
        if let threads = metadata["threads"], threads != String(Engine.threads) {
            report(
                .warning(
                    "the checkpoint was made with \(threads) threads and the training goes on with \(Engine.threads): "
                        + "weights may differ in their last digits from those of an uninterrupted run"))
        }
        if let former, former != experiment {
            report(.warning("the experiment is not the one that the run began with; it goes on under the new one"))
        }
    }

    /// Trains to the end, validating and saving on the way, and writes the network that comes out.
    public func run() throws { try run(stoppingAfter: .max) }

    /// The same; after the step of that number it stops without saving, as if it had been killed.
    func run(stoppingAfter last: Int) throws {
        let plan = experiment.optimiser
        let schedule = Schedule(peak: plan.learningRate, warmUp: plan.warmUp, steps: plan.steps)
        let sampler = PatchSampler(source, experiment)
        let first = learner.optimiser.steps
        try catchUp(at: first)
        let batches = Prefetcher(from: first) { try sampler.batch(at: $0) }
        var clock = ContinuousClock.now
        for step in first..<max(first, plan.steps) {
            let batch = try batches.next()
            let (start, rate) = (ContinuousClock.now, schedule.rate(at: step))
            let loss = try learner.learn(from: batch, at: step, rate: rate)
            let end = ContinuousClock.now
            guard loss.isFinite else { throw TrainingError.diverged(step: step, rate: rate) }
            try note(
                RunLog.Step(
                    step: step + 1, loss: loss, rate: rate, seconds: (end - clock) / .seconds(1),
                    engineSeconds: (end - start) / .seconds(1)))
            clock = end
            report(.step(progress(rate)))
            if step + 1 == plan.steps || (step + 1) % experiment.checkpointEvery == 0 { try save(rate) }
            if isValidated(after: step + 1) {
                try validate(at: step + 1)
                clock = .now
            }
            if step + 1 == last { return }
        }
        report(.saved(try folder.export(learner.weights.tensors).path))
    }

    private func note(_ step: RunLog.Step) throws {
        try log.add(step)
        let values = [
            ("train/loss", step.loss), ("train/learning_rate", step.rate),
            ("speed/engine_share", step.engineSeconds / max(step.seconds, 1e-9)),
            ("speed/patches_per_second", Double(experiment.sampling.batch) / max(step.seconds, 1e-9)),
        ]
        try events.add(.scalars(values, step: step.step, at: EventFile.now))
    }

    private func isValidated(after step: Int) -> Bool {
        let every = experiment.validation.every
        return !validator.cases.isEmpty
            && (step == experiment.optimiser.steps || (every > 0 && step > 0 && step % every == 0))
    }

    /// Makes up for a validation that a killed run owes for the step of its checkpoint.
    private func catchUp(at step: Int) throws {
        let scores = log.scores.filter { $0.step == step }.count
        guard isValidated(after: step), scores != validator.cases.count * TumourSegmenter.outputs.count else { return }
        try log.dropScores(of: step)
        try validate(at: step)
    }

    private func progress(_ rate: Double) -> TrainingProgress {
        let (step, steps) = (log.steps.last?.step ?? 0, experiment.optimiser.steps)
        let seconds = log.secondsAStep()
        let every = experiment.validation.every
        let validations = every > 0 ? steps / every - step / every : 1
        return TrainingProgress(
            step: step, steps: steps, loss: log.runningLoss(), learningRate: rate,
            patchesPerSecond: Double(experiment.sampling.batch) / max(1e-9, seconds),
            engineShare: log.engineShare(over: 100), dice: log.lastDice,
            secondsLeft: Double(steps - step) * seconds + Double(validations) * secondsAValidation)
    }

    private func save(_ rate: Double) throws {
        let step = learner.optimiser.steps
        guard try learner.isFinite() else { throw TrainingError.diverged(step: step, rate: rate) }
        try folder.save(learner.weights.tensors + learner.optimiser.state, step: step)
        report(.saved(folder.checkpointFile.path))
        try writePage()
    }

    private func validate(at step: Int) throws {
        let start = ContinuousClock.now
        let result = try validator.judge(learner.network, at: step, keeping: 3) { report(.validating(name: $0)) }
        examples = result.examples
        try log.add(result.scores)
        let dice = log.lastDice.map { ("validation/dice_\($0.region)", $0.dice) }
        try events.add(.scalars(dice, step: step, at: EventFile.now))
        try addPictures(at: step)
        try writePage()
        secondsAValidation = (ContinuousClock.now - start) / .seconds(1)
        report(.validated(step: step, scores: result.scores))
    }

    private func addPictures(at step: Int) throws {
        for example in examples {
            let picture = try SlicePicture(
                example.image, tint: example.prediction, outline: example.truth, colours: RunPage.colours)
            try events.add(
                .image(
                    "validation/\(example.name)", png: try picture.png(), width: picture.width, height: picture.height,
                    step: step, at: EventFile.now))
        }
    }

    private func writePage() throws {
        let page = RunPage(experiment: experiment, log: log, examples: examples, parameters: learner.parameters)
        try AtomicFile.write(Data(page.report().html().utf8), to: folder.page)
    }
}
