import BrainData
public import BrainModels
import Evaluation
public import Foundation
import NeuralNet

/// Trains a network as an experiment states it.
///
/// Every step hangs on the experiment and its own number alone, and checkpoints carry weights, moments and the number: a run
/// that was killed goes on to the very weights that it would have reached (same threads).
public final class Trainer {
    private let experiment: Experiment
    private let folder: RunFolder
    private let subject: any TrainingSubject
    private let report: (TrainingEvent) -> Void
    private var log: RunLog
    private let events: EventFile
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
        let checkpoint = resumes ? try folder.checkpoint() : nil
        subject =
            switch experiment.task {
            case .tumour, .brain: try SegmentationSubject(experiment, extractor, from: checkpoint)
            case .registration: try RegistrationSubject(experiment, from: checkpoint)
            }
        log = try RunLog(in: folder.url, through: subject.optimiser.steps)
        events = try EventFile(folder.events, through: subject.optimiser.steps)
        report(
            .prepared(
                training: subject.cases.training, validation: subject.cases.validation, parameters: subject.parameters,
                from: subject.optimiser.steps))
        if let checkpoint { warn(checkpoint.file.metadata, former) }
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
    func run(stoppingAfter last: Int) throws { try run(subject, stoppingAfter: last) }

    private func run<Subject: TrainingSubject>(_ subject: Subject, stoppingAfter last: Int) throws {
        let plan = experiment.optimiser
        let schedule = Schedule(peak: plan.learningRate, warmUp: plan.warmUp, steps: plan.steps)
        let first = subject.optimiser.steps
        try catchUp(at: first)
        let batches = Prefetcher(from: first, subject.batches)
        var clock = ContinuousClock.now
        for step in first..<max(first, plan.steps) {
            let batch = try batches.next()
            let (start, rate) = (ContinuousClock.now, schedule.rate(at: step))
            let loss = try subject.learn(from: batch, at: step, rate: rate)
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
        report(.saved(try folder.export(subject.weights.tensors).path))
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
        return subject.scoresAValidation > 0
            && (step == experiment.optimiser.steps || (every > 0 && step > 0 && step % every == 0))
    }

    /// Makes up for a validation that a killed run owes for the step of its checkpoint.
    private func catchUp(at step: Int) throws {
        let scores = log.scores.filter { $0.step == step }.count
        guard isValidated(after: step), scores != subject.scoresAValidation else { return }
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
        let step = subject.optimiser.steps
        guard try subject.isFinite() else { throw TrainingError.diverged(step: step, rate: rate) }
        try folder.save(subject.weights.tensors + subject.optimiser.state, step: step)
        report(.saved(folder.checkpointFile.path))
        try writePage()
    }

    private func validate(at step: Int) throws {
        let start = ContinuousClock.now
        let result = try subject.judge(at: step, report)
        try log.add(result.scores)
        let dice = log.lastDice.map { ("validation/dice_\($0.region)", $0.dice) }
        try events.add(.scalars(dice, step: step, at: EventFile.now))
        for (name, picture) in result.pictures {
            try events.add(
                .image(
                    "validation/\(name)", png: try picture.png(), width: picture.width, height: picture.height,
                    step: step, at: EventFile.now))
        }
        try writePage()
        secondsAValidation = (ContinuousClock.now - start) / .seconds(1)
        report(.validated(step: step, scores: result.scores))
    }

    private func writePage() throws {
        try AtomicFile.write(Data(subject.page(log).html().utf8), to: folder.page)
    }
}
