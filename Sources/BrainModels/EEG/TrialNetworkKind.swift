public import Foundation
public import NeuralNet

/// The networks that tell trials apart, by the catalog's names.
public enum TrialNetworkKind: String, Codable, Sendable, CaseIterable {
    case s3t, eegformer
    case conformer = "eeg-conformer"
    case eegnet

    /// Builds the network of a configuration in JSON.
    public func build(_ weights: Weights, _ configuration: Data) throws(NetworkError) -> any Layer {
        do {
            return try Catalog.entry(named: rawValue).build(weights, configuration)
        } catch let error as NetworkError {
            throw error
        } catch {
            throw .configuration("\(error)")
        }
    }

    /// The published sizes, with spans of time brought to the trials' rate; EEGformer is made smaller, as a few hundred trials
    /// ask for.
    ///
    /// - Parameter rate: samples a second.
    public func configuration(channels: Int, samples: Int, classes: Int, rate: Double) -> CardSettings {
        func span(_ seconds: Double) -> CardSettings { .number(max(1, (seconds * rate).rounded())) }
        var table: [String: CardSettings] = [
            "channels": .number(Double(channels)), "samples": .number(Double(samples)),
            "classes": .number(Double(classes)),
        ]
        switch self {
        case .s3t:
            table["pooling"] = span(0.12)
        case .conformer:
            (table["filter"], table["pooling"], table["stride"]) = (span(0.1), span(0.3), span(0.06))
        case .eegnet:
            table["kernel"] = span(0.5)
            table["separable"] = span(0.125)
            table["pooling"] = .list([span(1 / 32), .number(8)])
        case .eegformer:
            table["kernel"] = span(0.16)
            (table["maps"], table["width"], table["blocks"]) = (.number(15), .number(64), .number(2))
            (table["groups"], table["heads"]) = (.number(8), .list([.number(8), .number(8), .number(8)]))
        }
        return .table(table)
    }
}
