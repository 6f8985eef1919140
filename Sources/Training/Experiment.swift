import BrainData
public import BrainModels
public import Evaluation
public import Foundation
public import NeuralNet
import Yams

/// Everything that makes one training run, as one readable file states it. What a file leaves out has the value below.
public struct Experiment: Codable, Sendable, Equatable {
    /// The run's folder under `runs/` and the name of the network that comes out.
    public var name = "eoformer"
    public var network = EoFormer.Configuration()
    public var data = DataSettings()
    public var sampling = Sampling()
    public var augmentation = Augmentation()
    public var loss = SegmentationLoss.diceAndBinaryCrossEntropy
    public var optimiser = Optimiser()
    public var validation = Validation()
    /// Steps between checkpoints.
    public var checkpointEvery = 250
    /// Draws the first weights, the patches and the augmentation.
    public var seed: UInt64 = 1

    public init() {}

    public struct DataSettings: Codable, Sendable, Equatable {
        /// A folder of cases in any layout that `brainkit segment` reads, with experts' labels.
        public var folder = ""
        /// Subjects that are never trained on.
        public var validation: [String] = []
        public var input = TumourInput.Contract()
    }

    public struct Sampling: Codable, Sendable, Equatable {
        /// Voxels along each side of a patch, a multiple of 16.
        public var patch = 128
        /// Patches of one step.
        public var batch = 1
        /// The share of patches whose middle is a tumour voxel; the rest lie anywhere in the brain's box.
        public var foreground = 0.0
    }

    public struct Optimiser: Codable, Sendable, Equatable {
        /// Steps in all.
        public var steps = 1000
        /// Steps of linear warm-up.
        public var warmUp = 100
        /// The highest learning rate.
        public var learningRate = 2e-4
        public var settings = AdamW.Settings()
    }

    public struct Validation: Codable, Sendable, Equatable {
        /// Steps between validations; 0 for none but the last.
        public var every = 0
        public var window = SlidingWindow()
        /// How empty regions are scored: `brats`, or `authors` as EoFormer's published script does.
        public var convention = EmptyRegions.brats
    }
}

/// What is wrong with an experiment's file or run.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file is no experiment.
    case experiment(file: String, why: String)
    /// A loss that is no number.
    case diverged(step: Int, rate: Double)
    /// A run's folder cannot be used.
    case run(String)

    public var description: String {
        switch self {
        case .experiment(let file, let why): "\(file) describes no experiment: \(why)"
        case .diverged(let step, let rate):
            "the loss is no number at step \(step): with a learning rate of \(rate) the training diverged; lower "
                + "optimiser.learningRate or raise optimiser.warmUp and resume from the last checkpoint"
        case .run(let why): why
        }
    }
}

extension Experiment {
    /// Reads an experiment; `settings` such as `optimiser.steps=200` override single values.
    ///
    /// - Throws: ``TrainingError/experiment(file:why:)`` for unknown keys, which are named with those that are known.
    public init(contentsOf file: URL, settings: [String] = []) throws {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw NetworkError.missingFile(file.path)
        }
        try self.init(yaml: text, named: file.lastPathComponent, settings: settings)
        data.folder =
            data.folder.isEmpty
            ? ""
            : URL(fileURLWithPath: data.folder, relativeTo: file.deletingLastPathComponent()).standardizedFileURL.path
    }

    init(yaml text: String, named file: String, settings: [String] = []) throws {
        do {
            let standard = try Yams.load(yaml: YAMLEncoder().encode(Experiment())) as? [String: Any] ?? [:]
            guard let given = try Yams.load(yaml: text) as? [String: Any] else {
                throw TrainingError.experiment(file: file, why: "expected keys and values, found something else")
            }
            var merged = try Self.merged(standard, with: given, at: "", in: file)
            for setting in settings { merged = try Self.applying(setting, to: merged, in: file) }
            self = try YAMLDecoder().decode(Experiment.self, from: Yams.dump(object: merged))
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError.experiment(file: file, why: "\(error)".replacing("\n", with: " "))
        }
        try validate(file)
    }

    private static func merged(
        _ standard: [String: Any], with given: [String: Any], at path: String, in file: String
    ) throws -> [String: Any] {
        var merged = standard
        for (key, value) in given {
            guard let old = standard[key] else {
                let known = standard.keys.sorted().joined(separator: ", ")
                throw TrainingError.experiment(file: file, why: "unknown key \"\(path)\(key)\"; known there: \(known)")
            }
            if let old = old as? [String: Any], let value = value as? [String: Any] {
                merged[key] = try Self.merged(old, with: value, at: "\(path)\(key).", in: file)
            } else {
                merged[key] = value
            }
        }
        return merged
    }

    private static func applying(_ setting: String, to values: [String: Any], in file: String) throws -> [String: Any] {
        guard let equals = setting.firstIndex(of: "=") else {
            throw TrainingError.experiment(file: file, why: "expected --set key=value, found \(setting)")
        }
        let value = try Yams.load(yaml: String(setting[setting.index(after: equals)...])) ?? ""
        let keys = setting[..<equals].split(separator: ".").map(String.init)
        let nested = keys.reversed().reduce(value) { [$1: $0] }
        return try merged(values, with: nested as? [String: Any] ?? [:], at: "", in: file)
    }

    private func validate(_ file: String) throws {
        func demand(_ holds: Bool, _ why: String) throws {
            guard holds else { throw TrainingError.experiment(file: file, why: why) }
        }
        try demand(
            sampling.patch > 0 && sampling.patch % 16 == 0, "sampling.patch is \(sampling.patch), no multiple of 16")
        try demand(sampling.batch > 0, "sampling.batch is \(sampling.batch), not above zero")
        try demand(
            (0...1).contains(sampling.foreground), "sampling.foreground is \(sampling.foreground), not from 0 to 1")
        try demand(optimiser.steps > 0, "optimiser.steps is \(optimiser.steps), not above zero")
        try demand(checkpointEvery > 0, "checkpointEvery is \(checkpointEvery), not above zero")
        try demand(
            data.input.contrasts.count == network.inputs,
            "network.inputs differs from the number of data.input.contrasts")
        try demand(validation.window.patch % 16 == 0, "validation.window.patch is no multiple of 16")
        try demand((0..<1).contains(validation.window.overlap), "validation.window.overlap is not from 0 to below 1")
    }

    /// The experiment with every value written out, as `brainkit plan` prints it and a run's folder keeps it.
    public func yaml() throws -> String { try YAMLEncoder().encode(self) }
}
