import BrainModels
import Foundation
import NeuralNet

/// A network as flags name it: one of the catalog, or a shipped model with its configuration and weights.
struct NetworkChoice {
    let entry: Catalog.Entry
    /// JSON; nil for the published sizes.
    let configuration: Data?
    /// The shipped weights.
    let weights: URL?

    /// - Parameters:
    ///   - file: JSON with the sizes that differ from the published ones; takes the place of a shipped model's.
    ///   - form: one of the network's forms, whatever the configuration says.
    init(named name: String, configuration file: String? = nil, form: String? = nil) throws {
        var configuration: Data?
        if let entry = Catalog.entries.first(where: { $0.name == name }) {
            (self.entry, weights) = (entry, nil)
        } else {
            let model = try Self.shipped(name)
            entry = try Catalog.entry(named: model.card.network)
            weights = model.weights
            configuration = try model.card.configuration.json()
        }
        if let file {
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: file)) else {
                throw Failure(.missing, "expected a configuration at \(file), found none")
            }
            configuration = data
        }
        if let form { configuration = try Self.setting(form, of: entry, in: configuration) }
        self.configuration = configuration
    }

    /// Builds the network from exactly these weights.
    ///
    /// - Throws: ``NetworkError`` where a tensor is missing, of another shape, or asked for by no module.
    func network(_ weights: Weights) throws -> any Layer {
        let network = try entry.build(weights, configuration)
        try weights.finish()
        return network
    }

    private static func shipped(_ name: String) throws -> ShippedModel {
        do {
            return try ModelStore.model(named: name)
        } catch let failure as Failure {
            let known = Catalog.entries.map(\.name).joined(separator: ", ")
            throw Failure(failure.code, failure.sentence + ", and the catalog's networks are \(known)")
        }
    }

    private static func setting(_ form: String, of entry: Catalog.Entry, in json: Data?) throws -> Data {
        guard entry.forms.contains(form) else {
            let known =
                entry.forms.isEmpty ? "it has none to choose from" : "it has " + entry.forms.joined(separator: ", ")
            throw Failure(.usage, "\(entry.name) has no form \"\(form)\": \(known)")
        }
        let parsed = try? json.map { try JSONSerialization.jsonObject(with: $0) }
        guard var object = json == nil ? [:] : parsed as? [String: Any] else {
            throw NetworkError.configuration("it is no JSON object")
        }
        object["form"] = form
        return try JSONSerialization.data(withJSONObject: object)
    }
}
