import BrainData
import BrainModels
import Evaluation
import NeuralNet

/// A network that outlines regions: trained on patches of cases, judged on whole ones.
final class SegmentationSubject: TrainingSubject {
    let cases: (training: Int, validation: Int)
    private let experiment: Experiment
    private let source: any CaseSource
    private let validator: SegmentationValidator
    private let learner: SegmentationLearner
    private var examples: [SegmentationValidator.Example] = []

    init(
        _ experiment: Experiment, _ extractor: BrainExtractor?, from checkpoint: (file: Safetensors, step: Int)?
    ) throws {
        self.experiment = experiment
        let sides = try experiment.sides()
        let contract = experiment.data.input
        source = try Self.source(of: sides.training, experiment, extractor)
        validator = SegmentationValidator(
            cases: try sides.validation.map { try PreparedCase($0, for: contract, extractor: extractor) },
            settings: experiment.validation,
            contrasts: contract.contrasts)
        cases = (sides.training.count, sides.validation.count)
        learner = try SegmentationLearner(experiment, from: checkpoint)
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

    var weights: Weights { learner.weights }
    var optimiser: AdamW { learner.optimiser }
    var scoresAValidation: Int { validator.cases.count * TumourSegmenter.outputs.count }

    var batches: @Sendable (Int) throws -> PatchSampler.Batch {
        let sampler = PatchSampler(source, experiment)
        return { try sampler.batch(at: $0) }
    }

    func learn(from batch: PatchSampler.Batch, at step: Int, rate: Double) throws -> Double {
        try learner.learn(from: batch, at: step, rate: rate)
    }

    func judge(at step: Int, _ report: (TrainingEvent) -> Void) throws -> Judgement {
        let result = try validator.judge(learner.network, at: step, keeping: 3) { report(.validating(name: $0)) }
        examples = result.examples
        let pictures = try examples.map { example in
            let picture = try SlicePicture(
                example.image, tint: example.prediction, outline: example.truth, colours: RunPage.colours)
            return (name: example.name, picture: picture)
        }
        return Judgement(scores: result.scores, pictures: pictures)
    }

    func page(_ log: RunLog) -> Report {
        RunPage(experiment: experiment, log: log, examples: examples, parameters: parameters).report()
    }
}
