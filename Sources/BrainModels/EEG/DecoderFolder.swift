import BrainData
public import Foundation
internal import NeuralNet

/// A decoder on disk: `decoder.json`, and for networks `model.safetensors`.
public struct DecoderFolder: Sendable {
    public let url: URL

    public init(_ url: URL) { self.url = url }

    private struct Content: Codable {
        /// Of this layout.
        var version = 1
        let settings: RecordingDecoder.Settings
        var bandPower: BandPowerDecoder?
        var spatialPatterns: SpatialPatternDecoder?
        var riemannian: RiemannianDecoder?
        var network: NetworkDecoder.Description?
    }

    private var json: URL { url.appendingPathComponent("decoder.json") }
    private var weights: URL { url.appendingPathComponent("model.safetensors") }

    /// Writes the decoder; the folder has to be there.
    public func write(_ decoder: RecordingDecoder) throws {
        var content = Content(settings: decoder.settings)
        switch decoder.decoder {
        case .bandPower(let one): content.bandPower = one
        case .spatialPatterns(let one): content.spatialPatterns = one
        case .riemannian(let one): content.riemannian = one
        case .network(let one):
            content.network = one.description
            try Safetensors.write(copyOf: one.tensors, to: weights)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(content), to: json)
    }

    /// Reads a decoder.
    ///
    /// - Throws: ``SignalError`` or ``NetworkError`` for what is no decoder.
    public func read() throws -> RecordingDecoder {
        guard let data = try? Data(contentsOf: json) else { throw SignalError.missing(path: json.path) }
        let content: Content
        do {
            content = try JSONDecoder().decode(Content.self, from: data)
        } catch let error as DecodingError {
            throw SignalError.malformed(path: json.path, expected: "a decoder", found: CardSettings.sentence(error))
        }
        guard content.version == 1 else {
            throw SignalError.unsupported(
                path: json.path, what: "its layout is number \(content.version), and 1 is known")
        }
        let channels = content.settings.channels.count
        let decoder: TrainedDecoder
        switch (content.bandPower, content.spatialPatterns, content.riemannian, content.network) {
        case (let one?, nil, nil, nil): (decoder, _) = (.bandPower(one), try one.check(channels: channels))
        case (nil, let one?, nil, nil): (decoder, _) = (.spatialPatterns(one), try one.check(channels: channels))
        case (nil, nil, let one?, nil): (decoder, _) = (.riemannian(one), try one.check(channels: channels))
        case (nil, nil, nil, let one?): decoder = .network(try NetworkDecoder(one, Safetensors(weights)))
        default:
            throw SignalError.malformed(path: json.path, expected: "one decoder", found: "none or several")
        }
        return try RecordingDecoder(content.settings, decoder)
    }
}
