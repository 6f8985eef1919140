import BrainData
import Foundation
import NeuralNet

/// What a training run leaves on disk: the experiment as it ran, a checkpoint, logs, a page, and the network at the end.
struct RunFolder {
    let url: URL
    var checkpointFile: URL { url.appendingPathComponent("checkpoint.safetensors") }
    var page: URL { url.appendingPathComponent("report.html") }
    var events: URL { url.appendingPathComponent("events.out.tfevents.brainkit") }
    private var experimentFile: URL { url.appendingPathComponent("experiment.yaml") }

    init(_ url: URL) { self.url = url }

    /// Makes the folder ready.
    ///
    /// - Throws: ``TrainingError/run(_:)`` where it holds a checkpoint that nobody asked to go on from.
    func open(_ experiment: Experiment, resumes: Bool) throws {
        let exists = FileManager.default.fileExists(atPath: checkpointFile.path)
        guard resumes || !exists else {
            throw TrainingError.run(
                "\(url.path) holds a training already: resume it with --resume, or give the experiment another name")
        }
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        clean()
        try AtomicFile.write(Data(experiment.yaml().utf8), to: experimentFile)
    }

    /// The experiment that the folder was made for; nil where there is none.
    func experiment() throws -> Experiment? {
        guard let text = try? String(contentsOf: experimentFile, encoding: .utf8) else { return nil }
        return try Experiment(yaml: text, named: experimentFile.path)
    }

    /// Removes what a killed run left half written under its temporary name.
    private func clean() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        for name in names where name.hasPrefix(".") && (name.hasSuffix(".partial") || name.hasSuffix(".part")) {
            try? FileManager.default.removeItem(at: url.appendingPathComponent(name))
        }
    }

    /// The last checkpoint, or nil where none was written yet.
    func checkpoint() throws -> (file: Safetensors, step: Int)? {
        guard FileManager.default.fileExists(atPath: checkpointFile.path) else { return nil }
        let file = try Safetensors(checkpointFile)
        guard let step = file.metadata["step"].flatMap({ Int($0) }) else {
            throw TrainingError.run("\(checkpointFile.path) is no checkpoint of a training: it carries no step")
        }
        return (file, step)
    }

    /// Weights, moments and the step, which is the place in the schedule, in the data and in all random draws.
    func save(_ tensors: [(name: String, tensor: Tensor)], step: Int) throws {
        try Safetensors.write(
            tensors, metadata: ["step": String(step), "threads": String(Engine.threads)], to: checkpointFile)
    }

    /// Writes the network alone, in half precision, under the names of the published state dict.
    func export(_ tensors: [(name: String, tensor: Tensor)]) throws -> URL {
        let file = url.appendingPathComponent("model.safetensors")
        let halves = try tensors.map {
            (name: String($0.name.dropFirst("model.".count)), tensor: try $0.tensor.converted(to: .float16))
        }
        try Safetensors.write(halves, metadata: ["format": "pt"], to: file)
        return file
    }
}
