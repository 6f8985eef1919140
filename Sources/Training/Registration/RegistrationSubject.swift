import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet

/// A registration network: trained on pairs of made-up brains, judged on pairs with a brain that it never trained on.
final class RegistrationSubject: TrainingSubject {
    private let experiment: Experiment
    private let source: any PairSource
    private let learner: RegistrationLearner
    private let validation: [RegistrationPair]
    private var foldedShare: Double?

    init(_ experiment: Experiment, from checkpoint: (file: Safetensors, step: Int)?) throws {
        self.experiment = experiment
        let source = try experiment.pairs()
        self.source = source
        validation =
            source.counts.heldOut == 0
            ? [] : try (0..<experiment.registration.pairs.validation).map { try source.validationPair($0) }
        learner = try RegistrationLearner(experiment, from: checkpoint)
    }

    var weights: Weights { learner.weights }
    var optimiser: AdamW { learner.optimiser }
    var cases: (training: Int, validation: Int) { (source.counts.training, validation.count) }
    var scoresAValidation: Int { 2 * validation.count }

    var batches: @Sendable (Int) throws -> RegistrationLearner.Batch {
        let source = source
        return { try RegistrationLearner.Batch(source.pair($0)) }
    }

    func learn(from batch: RegistrationLearner.Batch, at step: Int, rate: Double) throws -> Double {
        try learner.learn(from: batch, at: step, rate: rate)
    }

    func judge(at step: Int, _ report: (TrainingEvent) -> Void) throws -> Judgement {
        var scores: [ValidationScore] = []
        var folded = 0.0
        for (n, pair) in validation.enumerated() {
            let name = "\(n + 1) \(pair.name)"
            report(.validating(name: name))
            let found = try register(pair)
            folded += found.folded / Double(validation.count)
            for (region, dice) in [("before", pair.dice(pair.moving)), ("after", pair.dice(found.warped))] {
                scores.append(ValidationScore(step: step, name: name, region: region, dice: dice, hd95: .nan))
            }
        }
        foldedShare = folded
        report(.note("step \(step): \(String(format: "%.4f", 100 * folded)) % of the voxels fold"))
        return Judgement(scores: scores, pictures: [])
    }

    /// The moving brain's structures on the fixed one, and the share of voxels where the field folds.
    private func register(_ pair: RegistrationPair) throws(NetworkError) -> (warped: [UInt8], folded: Double) {
        try Engine.run { () throws(NetworkError) in
            let shape = [pair.size[2], pair.size[1], pair.size[0]]
            let images = try Tensor(pair.images, shape: [1, 2] + shape).permuted([0, 1, 4, 3, 2]).contiguous()
            let field = try learner.network.field(images)
            let labels = try Tensor(pair.moving.map(Float.init), shape: [1, 1] + shape).permuted([0, 1, 4, 3, 2])
            let warped = try field.warp(labels.contiguous(), .nearest).permuted([0, 1, 4, 3, 2]).floats()
            return (warped.map { UInt8($0) }, try field.foldedShare())
        }
    }

    func page(_ log: RunLog) -> Report {
        RegistrationPage(experiment: experiment, log: log, parameters: parameters, foldedShare: foldedShare).report()
    }
}

extension PairSynthesiser {
    /// Reads the label maps of an experiment and takes those apart that it keeps for validation.
    init(_ experiment: Experiment) throws {
        let files = try experiment.labelMapFiles()
        let maps = try (files.training + files.heldOut).mappedConcurrently { (file) throws(ImagingError) in
            try BrainMap(ImageFile.readLabels(file), path: file.path)
        }
        let training = files.training.count
        self.init(training: Array(maps[..<training]), heldOut: Array(maps[training...]), experiment)
    }
}

extension RegistrationPair {
    /// The mean Dice of the structures that either brain shows.
    func dice(_ moved: [UInt8]) -> Double {
        var (common, sizes) = ([Int](repeating: 0, count: 256), [Int](repeating: 0, count: 256))
        for (a, b) in zip(moved, fixed) {
            sizes[Int(a)] += 1
            sizes[Int(b)] += 1
            if a == b { common[Int(a)] += 1 }
        }
        let scores = (1...structures).filter { sizes[$0] > 0 }.map { 2 * Double(common[$0]) / Double(sizes[$0]) }
        return scores.reduce(0, +) / Double(max(1, scores.count))
    }
}

extension Experiment {
    /// Pairs of the folder's scans where one is given, made-up ones otherwise.
    func pairs() throws -> any PairSource { data.folder.isEmpty ? try PairSynthesiser(self) : try ScanPairs(self) }

    /// How many label maps or scans there are to train on, and the names of those that are held out; no image is opened.
    func namesOfPairs() throws -> (training: Int, heldOut: [String]) {
        if data.folder.isEmpty {
            let files = try labelMapFiles()
            return (files.training.count, files.heldOut.map { BrainMap.name(of: $0.path) })
        }
        let files = try scans()
        return (files.training.count, files.heldOut.map(\.name))
    }

    /// The label maps to make pairs from, and those that are kept for validation.
    func labelMapFiles() throws -> (training: [URL], heldOut: [URL]) {
        let folder = URL(fileURLWithPath: data.synthetic.labelMaps)
        let files = try ImageFile.files(in: folder)
        guard !files.isEmpty else {
            throw ImagingError.layout(
                "expected label maps of brains (.nii, .nii.gz, .nrrd, .mha) in \(folder.path), found none")
        }
        var held: [String] = []
        if case .subjects(let names) = data.validation { held = names }
        if let stranger = held.first(where: { name in !files.contains { BrainMap.name(of: $0.path) == name } }) {
            let known = files.map { BrainMap.name(of: $0.path) }.joined(separator: ", ")
            throw TrainingError.run("data.validation names \(stranger), which is none of the label maps: \(known)")
        }
        let training = files.filter { !held.contains(BrainMap.name(of: $0.path)) }
        guard !training.isEmpty else { throw TrainingError.run("data.validation leaves no label map to train on") }
        return (training, files.filter { held.contains(BrainMap.name(of: $0.path)) })
    }
}
