public import Foundation
public import NeuralNet

/// What a shipped network is, what it learned from, and how well it does: the `card.json` beside its weights.
public struct ModelCard: Codable, Sendable {
    /// How well the network did on data that it never saw.
    public struct Evaluation: Codable, Sendable {
        public var data: String
        public var subjects: Int
        /// One row a region or output: the mean and the 95 % bootstrap interval of the metric.
        public var results: [Result]

        public struct Result: Codable, Sendable {
            public var region: String
            public var metric: String
            public var mean: Double
            public var low: Double
            public var high: Double
        }
    }

    /// What a network is for.
    public enum Use: String, Codable, Sendable, CaseIterable {
        /// The regions of a tumour.
        case tumour
        /// The brain in a head, in any one contrast.
        case brain
        /// Where each place of one scan lies in another.
        case registration
        case diagnosis, age, eeg, fmri
        /// What is out of the ordinary.
        case detect

        /// What runs such a network.
        public var command: String {
            switch self {
            case .tumour: "brainkit segment"
            case .brain: "brainkit extract"
            case .registration: "brainkit register"
            case .diagnosis: "brainkit diagnose"
            case .age, .eeg, .fmri, .detect: "brainkit \(rawValue)"
            }
        }
    }

    public var name: String
    public var use: Use
    /// The catalog's name of the network.
    public var network: String
    /// The sizes that differ from the published ones, as the network names them: ``configuration(as:)``.
    public var configuration: CardSettings
    public var task: String
    /// What the network expects, as its command names it: ``input(as:)``.
    public var input: CardSettings
    /// How windows are laid over a scan; nil for a network that sees all of it at once.
    public var window: SlidingWindow?
    /// The label scheme that results use where the input suggests none; nil for a network that gives no labels.
    public var scheme: String?
    /// Whether no honest evaluation on real data that it never saw speaks for it.
    public var experimental: Bool
    /// Data, licences and what they allow.
    public var trainingData: String
    /// The command, and the seed in its file.
    public var training: String
    public var evaluation: [Evaluation]
    public var limits: [String]
    public var citation: String
    public var licence: String

    /// A card that says nothing of how well the network does, for one that was just trained.
    public init(
        untested name: String, use: Use, network: String, configuration: CardSettings, task: String,
        input: CardSettings, trainingData: String, training: String, citation: String
    ) {
        (self.name, self.use, self.network, self.configuration) = (name, use, network, configuration)
        (self.task, self.input, self.trainingData, self.training) = (task, input, trainingData, training)
        (experimental, evaluation, limits) = (true, [], ["not evaluated yet"])
        (self.citation, licence) = (citation, "unstated")
    }

    /// The sizes of the network.
    ///
    /// - Throws: ``NetworkError/configuration(_:)`` where the card's do not fit the type.
    public func configuration<Value: Decodable>(as type: Value.Type) throws(NetworkError) -> Value {
        try configuration.read(as: type)
    }

    /// What the network expects of its input.
    ///
    /// - Throws: ``NetworkError/configuration(_:)`` where the card's does not fit the type.
    public func input<Value: Decodable>(as type: Value.Type) throws(NetworkError) -> Value {
        try input.read(as: type)
    }
}

/// A network with the weights and the card that it ships with.
public struct ShippedModel: Sendable {
    public let card: ModelCard
    public let folder: URL
    public var weights: URL { folder.appendingPathComponent("model.safetensors") }

    /// Reads the card of a model's folder.
    ///
    /// - Throws: ``NetworkError`` where there is no card or it does not parse.
    public init(folder: URL) throws(NetworkError) {
        let file = folder.appendingPathComponent("card.json")
        guard let data = try? Data(contentsOf: file) else { throw .missingFile(file.path) }
        do { card = try JSONDecoder().decode(ModelCard.self, from: data) } catch {
            throw .malformed(file: file.path, why: "it is no model card: \(error)")
        }
        self.folder = folder
    }

    /// The card of a model that finds this.
    ///
    /// - Throws: ``NetworkError/configuration(_:)`` where it finds something else.
    public func card(for use: ModelCard.Use) throws(NetworkError) -> ModelCard {
        guard card.use == use else {
            throw .configuration("\(card.name) is for \(card.use.command)")
        }
        return card
    }

    /// All models in the folders that hold some, by name.
    public static func all(in roots: [URL]) -> [ShippedModel] {
        var found: [String: ShippedModel] = [:]
        for root in roots {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
            for name in names.sorted() where found[name] == nil {
                if let model = try? ShippedModel(folder: root.appendingPathComponent(name)) { found[name] = model }
            }
        }
        return found.values.sorted { $0.card.name < $1.card.name }
    }
}
