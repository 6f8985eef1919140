import BrainData
import Foundation
import NeuralNet

/// What a training run leaves on disk: the experiment as it ran, a checkpoint, two logs, and the network at the end.
struct RunFolder {
    let url: URL
    var checkpointFile: URL { url.appendingPathComponent("checkpoint.safetensors") }
    private var steps: URL { url.appendingPathComponent("steps.csv") }
    private var scores: URL { url.appendingPathComponent("validation.csv") }

    init(_ url: URL, _ experiment: Experiment, resumes: Bool) throws {
        self.url = url
        let exists = FileManager.default.fileExists(atPath: checkpointFile.path)
        guard resumes || !exists else {
            throw TrainingError.run(
                "\(url.path) holds a training already: resume it with --resume, or give the experiment another name")
        }
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try AtomicFile.write(Data(experiment.yaml().utf8), to: url.appendingPathComponent("experiment.yaml"))
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

    func save(_ tensors: [(name: String, tensor: Tensor)], step: Int) throws {
        try Safetensors.write(tensors, metadata: ["step": String(step)], to: checkpointFile)
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

    func log(step: Int, loss: Double, rate: Double, seconds: Double) throws {
        try append("\(step),\(loss),\(rate),\(seconds)\n", to: steps, header: "step,loss,rate,seconds\n")
    }

    func log(_ rows: [SegmentationTrainer.ValidationScore]) throws {
        let text = rows.map { "\($0.step),\($0.name),\($0.region),\($0.dice),\($0.hd95)\n" }.joined()
        try append(text, to: scores, header: "step,case,region,dice,hd95\n")
    }

    /// Drops log lines of steps that the checkpoint has not seen.
    func trimLogs(to step: Int) throws {
        for file in [steps, scores] {
            guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
            let lines = text.split(separator: "\n").enumerated().filter { number, line in
                number == 0 || (Int(line.prefix { $0 != "," }) ?? .max) <= step
            }
            try AtomicFile.write(Data(lines.map { "\($0.element)\n" }.joined().utf8), to: file)
        }
    }

    private func append(_ text: String, to file: URL, header: String) throws {
        if !FileManager.default.fileExists(atPath: file.path) { try AtomicFile.write(Data(header.utf8), to: file) }
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
    }
}
