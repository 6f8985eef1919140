import BrainData
public import BrainModels
import Foundation
import NeuralNet

/// An experiment with every `auto` replaced by a value, and the reasons for all that hangs on the data and the machine.
public struct TrainingPlan: Encodable, Sendable {
    /// One thing that is settled, and why.
    public struct Choice: Encodable, Sendable {
        public let name, value, reason: String
    }

    /// The experiment as it can be trained.
    public private(set) var experiment: Experiment
    public private(set) var choices: [Choice] = []
    /// The names of the cases that are not trained on, to validate by.
    public let heldOut: [String]
    public private(set) var measurement: StepMeasurement?

    /// Looks at the data and chooses.
    ///
    /// - Parameters:
    ///   - extractor: finds brains where skulls were not taken off.
    ///   - memory: bytes that may be used.
    ///   - measures: takes a few steps to see how long they last and what they take.
    public init(
        _ experiment: Experiment, extractor: BrainExtractor? = nil, memory: Int, measures: Bool = false
    ) throws {
        self.experiment = experiment
        if experiment.task == .registration {
            let names = try experiment.namesOfPairs()
            heldOut = names.heldOut
            try planRegistration(training: names.training, measures: measures)
            return
        }
        let sides = try experiment.sides()
        heldOut = sides.validation.map(\.name)
        var survey = try DataSurvey(sides)
        choose(sidesOf: survey)
        chooseSpacing(survey)
        try survey.prepareSamples(for: self.experiment, extractor)
        let step = try StepMemory(experiment.network)
        choosePatch(survey, step, memory: memory)
        chooseBatch(step, memory: memory)
        choosePool(survey, memory: memory - step.bytes(patch: sampling.patch, batch: sampling.batch))
        chooseSteps(survey)
        if measures { try measure(sides.training, extractor) }
        chooseThreads()
    }

    private var sampling: Experiment.Sampling { experiment.sampling }

    private mutating func note(_ name: String, _ value: String, _ reason: String) {
        choices.append(Choice(name: name, value: value, reason: reason))
    }

    private mutating func choose(sidesOf survey: DataSurvey) {
        let data = experiment.data
        let reason =
            switch (data.synthetic.share, data.folds, data.validation) {
            case (1, _, _): "all that is trained on is made up"
            case (_, 1..., _): "part \(data.fold) of \(data.folds) is held out, by subject"
            case (_, _, .nobody): "nobody is held out"
            default: "the subjects named in data.validation are held out"
            }
        note("cases", "\(survey.training) to train on, \(survey.validation) to validate", reason)
    }

    private mutating func chooseSpacing(_ survey: DataSurvey) {
        let s = survey.spacing
        let found =
            survey.training == 0
            ? "there are no images to go by"
            : "the images' median is \(Self.short(s.x)) × \(Self.short(s.y)) × \(Self.short(s.z)) mm"
        if experiment.data.input.spacing == 0 {
            experiment.data.input.spacing = max(0.1, (pow(s.x * s.y * s.z, 1.0 / 3) * 10).rounded() / 10)
            note("spacing", "\(Self.short(experiment.data.input.spacing)) mm", "auto: \(found), as cubes, to 0.1 mm")
        } else {
            note("spacing", "\(Self.short(experiment.data.input.spacing)) mm", "given; \(found)")
        }
    }

    /// The largest patch up to the published 128³ that the smallest side of the median brain fills and that memory allows.
    private mutating func choosePatch(_ survey: DataSurvey, _ step: StepMemory, memory: Int) {
        let box = "the median case fills \(survey.box.x) × \(survey.box.y) × \(survey.box.z) voxels"
        guard sampling.patch == 0 else { return note("patch", "\(sampling.patch)³", "given; \(box)") }
        let sides = stride(from: 128, to: 16, by: -16)
        let brain = (survey.box.min() + 15) / 16 * 16
        experiment.sampling.patch = sides.first { $0 <= brain && step.bytes(patch: $0, batch: 1) <= memory / 2 } ?? 16
        note("patch", "\(sampling.patch)³", "auto: \(box), and a step may take half of \(Self.giga(memory))")
    }

    /// As many patches as half the memory holds, four at most, as published.
    private mutating func chooseBatch(_ step: StepMemory, memory: Int) {
        let isAuto = sampling.batch == 0
        if isAuto {
            let fits = (1...4).last { step.bytes(patch: sampling.patch, batch: $0) <= memory / 2 }
            experiment.sampling.batch = fits ?? 1
        }
        let bytes = step.bytes(patch: sampling.patch, batch: sampling.batch)
        let need = "a step takes about \(Self.giga(bytes)) of \(Self.giga(memory)) that are free"
        note("batch", "\(sampling.batch)", isAuto ? "auto, four at most: \(need)" : "given; \(need)")
        if bytes > memory { note("warning", "memory", "the step does not fit: take a smaller patch or batch") }
    }

    private mutating func choosePool(_ survey: DataSurvey, memory: Int) {
        guard survey.training > 0 else {
            let pool = experiment.data.synthetic
            let held = "\(Self.giga(survey.caseBytes)) each, and \(Self.short(survey.caseSeconds)) s to make"
            return note("cases in memory", "\(pool.pool)", "\(held); one is exchanged every \(pool.refresh) steps")
        }
        let all = survey.caseBytes * (survey.training + survey.validation)
        let held = "a case takes \(Self.giga(survey.caseBytes))"
        if sampling.pool == 0, all > memory {
            let left = max(0, memory - survey.caseBytes * survey.validation) / max(1, survey.caseBytes)
            experiment.sampling.pool = min(max(2, left * 3 / 4), survey.training)
        }
        let pool = sampling.pool == 0 ? survey.training : sampling.pool
        note(
            "cases in memory", "\(pool)",
            pool >= survey.training
                ? "all: \(held)"
                : "\(held), and \(Self.short(survey.caseSeconds)) s to read; one is exchanged every "
                    + "\(sampling.refresh) steps")
    }

    /// Three hundred passes over the cases, as published, and 4000 steps at least.
    private mutating func chooseSteps(_ survey: DataSurvey) {
        let isAuto = experiment.optimiser.steps == 0
        if isAuto { experiment.optimiser.steps = max(4000, 300 * survey.training / sampling.batch) }
        let reason = isAuto ? "auto: 300 passes, 4000 steps at least" : "given"
        let patches = Double(experiment.optimiser.steps * sampling.batch)
        let passes = survey.training > 0 ? "; \(Self.short(patches / Double(survey.training))) patches a case" : ""
        note("steps", "\(experiment.optimiser.steps)", reason + passes)
    }

    private mutating func measure(_ cases: [TumourCase], _ extractor: BrainExtractor?) throws {
        let source = FixedCases(try experiment.samples(1, of: cases, extractor))
        let learner = try SegmentationLearner(experiment)
        let sampler = PatchSampler(source, experiment)
        note(
            try StepMeasurement(
                { try sampler.batch(at: $0) }, { _ = try learner.learn(from: $0, at: $1, rate: 0) }))
    }

    private mutating func note(_ found: StepMeasurement) {
        measurement = found
        let seconds = max(found.stepSeconds, found.batchSeconds)
        let hours = seconds * Double(experiment.optimiser.steps) / 3600
        note("a step", "\(Self.short(found.stepSeconds)) s", "measured; tensors take \(Self.giga(found.peakBytes))")
        note(
            "a batch", "\(Self.short(found.batchSeconds)) s",
            "measured, of one core beside the engine: \(Self.short(100 * found.batchSeconds / found.stepSeconds)) % of a step"
        )
        note("time", "\(Self.short(hours)) h", "the steps alone, without validation")
    }

    /// Nothing hangs on the data: the plan says what there is, and how long it takes.
    private mutating func planRegistration(training: Int, measures: Bool) throws {
        let settings = experiment.registration
        note(
            experiment.data.folder.isEmpty ? "label maps" : "scans",
            "\(training) to train on, \(heldOut.count) to validate",
            "those named in data.validation are held out")
        let size = settings.size.map(String.init).joined(separator: " × ")
        note("input", "\(size) voxels", "given; cubes of \(Self.short(experiment.data.input.spacing)) mm")
        let weights = Weights.outline()
        _ = try RegistrationNetwork(weights, settings)
        note("parameters", "\(weights.tensors.reduce(0) { $0 + $1.tensor.count })", settings.model.rawValue)
        note("steps", "\(experiment.optimiser.steps)", "given; one pair each")
        if measures {
            let learner = try RegistrationLearner(experiment), pairs = try experiment.pairs()
            note(
                try StepMeasurement(
                    { try RegistrationLearner.Batch(pairs.pair($0)) },
                    { _ = try learner.learn(from: $0, at: $1, rate: 0) }))
        }
        chooseThreads()
    }

    private mutating func chooseThreads() {
        note(
            "threads", "\(Engine.threads) for the engine, 1 for patches",
            "weights are bit-equal for the same number of threads alone")
    }

    /// The choices as comments above the experiment: the whole can be trained as it is.
    public func text() throws -> String {
        let width = choices.map(\.name.count).max() ?? 0
        let held = heldOut.isEmpty ? "" : "# held out: \(heldOut.joined(separator: ", "))\n"
        let lines = choices.map { choice in
            "# \(choice.name.padding(toLength: width, withPad: " ", startingAt: 0))  \(choice.value): \(choice.reason)\n"
        }
        return "# Plan of \(experiment.runName)\n" + lines.joined() + held + (try experiment.yaml())
    }

    private static func short(_ number: Double) -> String { String(format: "%.3g", number) }
    private static func giga(_ bytes: Int) -> String { String(format: "%.2f GB", Double(bytes) / 1e9) }
}

extension Experiment {
    /// The experiment with the values that an earlier part of the run chose, so that a resumed one chooses no others.
    public func resolved(like run: Experiment) -> Experiment {
        var own = self
        if own.data.input.spacing == 0 { own.data.input.spacing = run.data.input.spacing }
        if own.sampling.patch == 0 { own.sampling.patch = run.sampling.patch }
        if own.sampling.batch == 0 { own.sampling.batch = run.sampling.batch }
        if own.sampling.pool == 0 { own.sampling.pool = run.sampling.pool }
        if own.optimiser.steps == 0 { own.optimiser.steps = run.optimiser.steps }
        return own
    }
}
