public import Foundation
public import NeuralNet

/// The networks that BrainKit knows, each built from one line here.
public struct Catalog: Sendable {
    /// What is said of a network, whatever weights it gets.
    public struct Entry: Sendable {
        /// What commands call it.
        public let name: String
        /// What it is for, in one line.
        public let task: String
        /// The published work.
        public let citation: String
        /// Parameters of the published size, fixed masks included.
        public let parameters: Int
        /// Golden files that its tests compare with.
        public let golden: String
        /// Under what terms this implementation stands.
        public let licence: String
        /// Builds the network. `configuration` is JSON; what it leaves out is as published.
        public let build: @Sendable (Weights, _ configuration: Data?) throws -> any Layer
    }

    /// All networks, in the order of their tasks.
    public static let entries: [Entry] = [
        Entry(
            name: "eoformer", task: "segmentation of brain tumours in four MR contrasts",
            citation: "She et al., EoFormer: Edge-Oriented Transformer for Brain Tumor Segmentation, MICCAI 2023, "
                + "LNCS 14223, 333–343, doi:10.1007/978-3-031-43901-8_32",
            parameters: 6_401_783, golden: "eoformer-small", licence: "Apache-2.0",
            build: { weights, json in try EoFormer(weights, configuration(json, standard: EoFormer.Configuration())) })
    ]

    /// The entry of this name.
    ///
    /// - Throws: ``NetworkError/configuration(_:)`` that names the known ones.
    public static func entry(named name: String) throws(NetworkError) -> Entry {
        guard let entry = entries.first(where: { $0.name == name }) else {
            let known = entries.map(\.name).joined(separator: ", ")
            throw .configuration("no network is called \"\(name)\"; known are \(known)")
        }
        return entry
    }

    private static func configuration<Configuration: Decodable>(
        _ json: Data?, standard: Configuration
    ) throws -> Configuration {
        guard let json else { return standard }
        do {
            return try JSONDecoder().decode(Configuration.self, from: json)
        } catch {
            throw NetworkError.configuration("its JSON does not parse: \(error)")
        }
    }
}
