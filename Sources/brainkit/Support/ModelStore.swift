import BrainModels
import Foundation
import NeuralNet

/// Where shipped models lie: `BRAINKIT_MODELS` if it is set, else `Models` beside the command or above it, as in a
/// checkout.
enum ModelStore {
    static var roots: [URL] {
        if let named = ProcessInfo.processInfo.environment["BRAINKIT_MODELS"] { return [URL(fileURLWithPath: named)] }
        var folder = (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0]))
            .resolvingSymlinksInPath().deletingLastPathComponent()
        var roots: [URL] = []
        while folder.path != "/" {
            roots.append(folder.appendingPathComponent("Models"))
            folder.deleteLastPathComponent()
        }
        roots.append(URL(fileURLWithPath: "/usr/local/share/brainkit/Models"))
        return roots.filter { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// The shipped network that finds brains.
    static let extraction = "brain-extraction"
    /// The shipped network that aligns brains.
    static let registration = "transmorph-synth"

    /// What finds brains in scans that show a whole head; nil where no such network is shipped.
    ///
    /// - Parameter isAlone: whether a quick answer of the network alone will do.
    static func extractor(_ engine: EngineOptions.Settings, isAlone: Bool = false) throws -> BrainExtractor? {
        guard let model = models.first(where: { $0.card.name == extraction }) else { return nil }
        return try BrainExtractor(model, isAlone: isAlone, precision: engine.type, device: engine.device)
    }

    static var models: [ShippedModel] { ShippedModel.all(in: roots) }

    /// The model of this name, or in the folder of this path.
    static func model(named name: String) throws -> ShippedModel {
        if name.contains("/") || FileManager.default.fileExists(atPath: name + "/card.json") {
            return try ShippedModel(folder: URL(fileURLWithPath: name))
        }
        let models = models
        guard let model = models.first(where: { $0.card.name == name }) else {
            let known = models.map(\.card.name).joined(separator: ", ")
            throw Failure(.missing, "no model is called \"\(name)\"; shipped are \(known.isEmpty ? "none" : known)")
        }
        return model
    }
}
