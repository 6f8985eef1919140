import BrainModels
public import Foundation
import NeuralNet
import Yams

extension Experiment {
    /// Reads an experiment; `settings` such as `optimiser.steps=200` override single values.
    ///
    /// - Throws: ``TrainingError/experiment(file:why:)`` for unknown keys, which are named with those that are known.
    public init(contentsOf file: URL, settings: [String] = []) throws {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw NetworkError.missingFile(file.path)
        }
        try self.init(yaml: text, named: file.lastPathComponent, settings: settings)
        func resolved(_ path: String) -> String {
            path.isEmpty
                ? "" : URL(fileURLWithPath: path, relativeTo: file.deletingLastPathComponent()).standardizedFileURL.path
        }
        data.folder = resolved(data.folder)
        data.synthetic.labelMaps = resolved(data.synthetic.labelMaps)
        start = resolved(start)
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

    /// Keys whose value may be `auto`, which is kept as 0.
    private static let automatic: Set = ["data.input.spacing", "sampling.patch", "sampling.batch", "optimiser.steps"]

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
                merged[key] = automatic.contains(path + key) && value as? String == "auto" ? 0 : value
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
            sampling.patch >= 0 && sampling.patch % 16 == 0, "sampling.patch is \(sampling.patch), no multiple of 16")
        try demand(sampling.batch >= 0, "sampling.batch is \(sampling.batch), below zero")
        try demand(
            (0...1).contains(sampling.foreground), "sampling.foreground is \(sampling.foreground), not from 0 to 1")
        try demand(sampling.pool >= 0, "sampling.pool is \(sampling.pool), below zero")
        try demand(sampling.refresh > 0, "sampling.refresh is \(sampling.refresh), not above zero")
        let synthetic = data.synthetic
        try demand((0...1).contains(synthetic.share), "data.synthetic.share is \(synthetic.share), not from 0 to 1")
        try demand(
            synthetic.pool > 0 && synthetic.refresh > 0, "data.synthetic.pool and .refresh are not both above zero")
        try demand(
            synthetic.share == 0 || !synthetic.labelMaps.isEmpty,
            "data.synthetic.share is \(synthetic.share) and data.synthetic.labelMaps names no folder")
        if let flaw = synthetic.settings.flaw { try demand(false, "data.synthetic.settings.\(flaw)") }
        try demand(optimiser.steps >= 0, "optimiser.steps is \(optimiser.steps), below zero")
        try demand(checkpointEvery > 0, "checkpointEvery is \(checkpointEvery), not above zero")
        try demand(validation.every >= 0, "validation.every is \(validation.every), below zero")
        try validateTask(demand)
        try demand(data.input.spacing >= 0, "data.input.spacing is \(data.input.spacing), below zero")
        try demand(validation.window.patch % 16 == 0, "validation.window.patch is no multiple of 16")
        try demand((0..<1).contains(validation.window.overlap), "validation.window.overlap is not from 0 to below 1")
        try demand(data.folds != 1 && data.folds >= 0, "data.folds is \(data.folds), neither 0 nor above 1")
        try demand(
            data.folds == 0 || (1...data.folds).contains(data.fold),
            "data.fold is \(data.fold), not from 1 to data.folds, \(data.folds)")
        try demand(
            data.folds == 0 || data.validation == [],
            "it gives data.folds and data.validation, which both say who is held out")
        if let flaw = augmentation.flaw { try demand(false, "augmentation.\(flaw)") }
    }

    private func validateTask(_ demand: (_ holds: Bool, _ why: String) throws -> Void) throws {
        switch task {
        case .tumour:
            try demand(
                data.input.contrasts.count == network.inputs,
                "network.inputs differs from the number of data.input.contrasts")
        case .brain:
            try demand(
                network.inputs == 1 && network.outputs == 1,
                "task is brain, and network.inputs and network.outputs are not 1")
            try demand(
                data.synthetic.share == 1 && data.synthetic.settings.wholeHead == 1,
                "task is brain, and data.synthetic.share and data.synthetic.settings.wholeHead are not 1")
            try demand(!data.input.contrasts.isEmpty, "data.input.contrasts names no contrast to make heads up in")
        case .registration:
            if let flaw = registration.flaw { try demand(false, "registration.\(flaw)") }
            try demand(sampling.batch == 1, "task is registration, and sampling.batch is not 1")
            try demand(
                !data.synthetic.labelMaps.isEmpty || !data.folder.isEmpty,
                "task is registration, and neither data.synthetic.labelMaps nor data.folder names a folder")
            try demand(!data.input.contrasts.isEmpty, "data.input.contrasts names no contrast to make brains up in")
        }
    }

    /// The experiment with every value written out, as `brainkit plan` prints it and a run's folder keeps it.
    public func yaml() throws -> String { try YAMLEncoder().encode(self) }
}
