import BrainData
import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

/// Decoders on recordings and streams, and on disk.
@Suite struct RecordingDecoderTests {
    init() { Engine.setThreads(1) }

    private static let trials = ToyTrials.make(trials: 24)

    private static func settings(_ band: [Double]? = nil) -> RecordingDecoder.Settings {
        RecordingDecoder.Settings(
            channels: trials.channels.map(\.name), rate: 64, start: 0, samples: 128,
            labels: ["T1": "left", "T2": "right"],
            causalBand: band)
    }

    /// A network that was not trained, whose answers nevertheless hang on every sample.
    private static func network() throws -> TrainedDecoder {
        let kind = TrialNetworkKind.eegnet
        let configuration = kind.configuration(channels: 3, samples: 128, classes: 2, rate: 64)
        let weights = Weights(seed: 3)
        _ = try kind.build(weights, configuration.json())
        var settings = TrialPreparation.Settings()
        settings.band = [4, 28]
        let description = NetworkDecoder.Description(
            network: kind, configuration: configuration, classes: trials.classes,
            preparation: try TrialPreparation(trials, settings))
        return .network(try NetworkDecoder(description, HeldTensors(weights.tensors)))
    }

    private static func all() throws -> [TrainedDecoder] {
        [
            .bandPower(try BandPowerDecoder(training: trials)),
            .spatialPatterns(try SpatialPatternDecoder(training: trials, filters: 2)),
            .riemannian(try RiemannianDecoder(training: trials)), try network(),
        ]
    }

    @Test func eventsAreDecodedAsTrialsAre() throws {
        let recording = ToyTrials.recording(Self.trials)
        for one in try Self.all() {
            let decoder = try RecordingDecoder(Self.settings(), one)
            let decisions = try decoder.decisions(of: recording)
            let expected = try one.probabilities(Self.trials)
            #expect(decisions.count == 24)
            for (decision, row) in zip(decisions, expected) {
                #expect(zip(decision.probabilities, row).allSatisfy { abs($0 - $1) < 1e-6 })
                #expect(decision.label == one.classes[row[0] > row[1] ? 0 : 1])
            }
            #expect(decisions.map(\.event) == recording.events.map(\.label))
        }
    }

    @Test(arguments: [nil, [6.0, 20.0]]) func aStreamDecidesAsOfflineWhateverThePieces(band: [Double]?) throws {
        let recording = ToyTrials.recording(Self.trials.picking([0, 1, 2, 3]))
        let signal = try recording.signal()
        for one in try Self.all() {
            let decoder = try RecordingDecoder(Self.settings(band), one)
            let offline = try decoder.decisions(of: recording, every: 10)
            #expect(offline.count == (512 - 130) / 10 + 1 && offline[0].onset == 130.0 / 64)
            for piece in [1, 7, 64, 512] {
                var (stream, found) = (try StreamDecoder(decoder, every: 10), [RecordingDecoder.Decision]())
                for start in stride(from: 0, to: signal.count, by: piece) {
                    let end = min(start + piece, signal.count)
                    found += try stream.next((0..<3).map { Array(signal.row($0)[start..<end]) })
                }
                #expect(found == offline, "pieces of \(piece)")
                #expect(stream.count == 512)
            }
        }
    }

    @Test func theFilterOfRecordingsRunsForwards() throws {
        let recording = ToyTrials.recording(Self.trials.picking([0, 1, 2, 3]))
        var cut = TrialCollection.Cutting(labels: ["T1": "left", "T2": "right"], window: 0...2, causalBand: 6...20)
        let filtered = try TrialCollection.trials(of: recording, cut)
        cut.causalBand = nil
        let raw = try TrialCollection.trials(of: recording, cut)
        #expect(raw.labels == ["left", "right", "left", "right"] && raw.values.count == filtered.values.count)
        let filter = try IIRFilter.butterworth(order: 4, .bandpass(6, 20), rate: 64)
        #expect(filtered.signal(1).row(2) == Array(filter.causal(try recording.signal().row(2))[128..<256]))
        #expect(raw.values != filtered.values)
    }

    @Test func aDecoderComesBackFromItsFolder() throws {
        for one in try Self.all() {
            let folder = try TemporaryFolder()
            let decoder = try RecordingDecoder(Self.settings([6, 20]), one)
            try DecoderFolder(folder.url).write(decoder)
            let copy = try DecoderFolder(folder.url).read()
            #expect(copy.settings == decoder.settings && copy.classes == decoder.classes)
            #expect(try copy.decoder.probabilities(Self.trials) == one.probabilities(Self.trials))
        }
    }

    @Test(arguments: ["", "{}", "[1]", "{\"version\": 2, \"settings\": {}}"])
    func whatIsNoDecoderIsRefused(text: String) throws {
        let folder = try TemporaryFolder()
        try Data(text.utf8).write(to: folder.url.appendingPathComponent("decoder.json"))
        #expect(throws: SignalError.self) { try DecoderFolder(folder.url).read() }
    }

    @Test func numbersThatDoNotFitAreRefused() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("decoder.json")
        for one in try Self.all() {
            try DecoderFolder(folder.url).write(RecordingDecoder(Self.settings(), one))
            let text = try String(contentsOf: file, encoding: .utf8)
            for (from, to) in [
                ("\"C3\",", ""), ("\"samples\" : 128", "\"samples\" : -4"), ("\"rate\" : 64", "\"rate\" : 0"),
            ] {
                let changed = text.replacing(from, with: to, maxReplacements: 1)
                #expect(changed != text)
                try Data(changed.utf8).write(to: file)
                #expect {
                    let decoder = try DecoderFolder(folder.url).read()
                    _ = try decoder.decisions(of: ToyTrials.recording(Self.trials))
                } throws: { $0 is SignalError || $0 is NetworkError }
            }
        }
    }

    @Test func otherRecordingsAreRefused() throws {
        let decoder = try RecordingDecoder(Self.settings(), try Self.all()[0])
        let fast = ToyTrials.recording(ToyTrials.make(trials: 2, rate: 100))
        let few = ToyTrials.recording(ToyTrials.make(trials: 2, channels: ["C3", "Cz"]))
        for recording in [fast, few] { #expect(throws: SignalError.self) { try decoder.decisions(of: recording) } }
        #expect(throws: SignalError.self) { try decoder.decisions(of: ToyTrials.recording(Self.trials), every: 0) }
        #expect(throws: SignalError.self) { try StreamDecoder(decoder, every: 0) }
        var stream = try StreamDecoder(decoder, every: 5)
        #expect(throws: SignalError.self) { try stream.next([[1], [2]]) }
        #expect(throws: SignalError.self) { try stream.next([[1], [2], [3, 4]]) }
        for one in try Self.all() {
            #expect(throws: SignalError.self) {
                try one.probabilities(ToyTrials.make(trials: 2, channels: ["C3", "C4"]))
            }
        }
    }
}

@Suite struct TrialPreparationTests {
    private static let trials = ToyTrials.make(trials: 12)

    private func prepared(_ change: (inout TrialPreparation.Settings) -> Void) throws -> Epochs {
        var settings = TrialPreparation.Settings()
        settings.band = [4, 28]
        change(&settings)
        return try TrialPreparation(Self.trials, settings)(Self.trials)
    }

    @Test func scalesAreAsTheirNamesSay() throws {
        let each = try prepared { $0.scaling = .trial }
        for start in stride(from: 0, to: each.values.count, by: 128) {
            let row = each.values[start..<start + 128]
            #expect(abs(row.reduce(0, +)) < 1e-9 && abs(row.reduce(0) { $0 + $1 * $1 } - 128) < 1e-6)
        }
        let whole = try prepared { $0.scaling = .training }.values
        #expect(abs(whole.reduce(0, +)) < 1e-6)
        #expect(abs(whole.reduce(0) { $0 + $1 * $1 } / Double(whole.count) - 1) < 1e-9)
        let running = try prepared { $0.scaling = .running }
        #expect(running.values.allSatisfy { abs($0) < 20 } && running.values != whole)
    }

    @Test func ratesAndPatternsChangeTheShape() throws {
        let slow = try prepared { ($0.rate, $0.band) = (32, [4, 14]) }
        #expect(slow.rate == 32 && slow.count == 64 && slow.channels.count == 3)
        let mixed = try prepared { $0.patterns = 2 }
        #expect(mixed.channels.map(\.name) == ["CSP1", "CSP2"])
        let raw = try prepared { ($0.band, $0.scaling) = (nil, .training) }
        #expect(raw.channels.map(\.name) == ["C3", "Cz", "C4"] && raw.count == 128)
    }

    @Test func settingsThatCannotBeAreRefused() {
        #expect(throws: SignalError.self) { try prepared { $0.band = [4] } }
        #expect(throws: SignalError.self) { try prepared { $0.band = [4, 40] } }
        #expect(throws: SignalError.self) { try prepared { $0.rate = -1 } }
    }
}
