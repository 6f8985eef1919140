import BrainData
import BrainModels
import Foundation
import TestSupport
import Testing

/// The classical decoders against SciPy and scikit-learn; see `scripts/golden/decoders.py`.
@Suite struct TrialDecoderTests {
    struct Golden: Decodable {
        let classes, training: Int
        let x: [Double]
        let labels: [Int]
        let bandPower, riemannian: [[Double]]
        let spatial: [[Double]]?

        static func load() throws -> [Golden] {
            let file = try #require(
                Bundle.module.url(forResource: "decoders", withExtension: "json", subdirectory: "Golden"))
            return try JSONDecoder().decode([Golden].self, from: Data(contentsOf: file))
        }

        var trials: (train: Epochs, test: Epochs) {
            let names = ["a", "b", "c"]
            let epochs = Epochs(
                channels: ["C3", "Cz", "C4"].map { Channel(name: $0, rate: 128) }, rate: 128, start: 0, count: 60,
                labels: labels.map { names[$0] }, values: x)
            return (
                epochs.picking(Array(0..<training)), epochs.picking(Array(training..<labels.count))
            )
        }
    }

    func expectNear(_ ours: [[Double]], _ theirs: [[Double]], at place: SourceLocation = #_sourceLocation) {
        #expect(ours.count == theirs.count, sourceLocation: place)
        for (a, b) in zip(ours, theirs) {
            #expect(
                a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 }, "\(a) \(b)", sourceLocation: place)
        }
    }

    @Test func probabilitiesAreThoseOfTheReference() throws {
        let cases = try Golden.load()
        #expect(cases.map(\.classes) == [2, 3])
        for golden in cases {
            let (train, test) = golden.trials
            expectNear(try BandPowerDecoder(training: train).probabilities(test), golden.bandPower)
            expectNear(try RiemannianDecoder(training: train).probabilities(test), golden.riemannian)
            if let spatial = golden.spatial {
                expectNear(try SpatialPatternDecoder(training: train, filters: 2).probabilities(test), spatial)
            } else {
                let rows = try SpatialPatternDecoder(training: train, filters: 2).probabilities(test)
                #expect(rows.allSatisfy { $0.count == 3 && abs($0.reduce(0, +) - 1) < 1e-12 })
            }
        }
    }

    /// Channels that repeat others add features and no knowledge: more features than trials give the same answer.
    @Test func moreFeaturesThanTrialsChangeNothing() throws {
        let (train, test) = try #require(try Golden.load().first).trials
        func widened(_ epochs: Epochs) throws -> Epochs {
            try epochs.mapping { signal throws(SignalError) in
                let extra = (0..<4).flatMap { n in
                    signal.row(0).enumerated().map { t, v in v * 0.01 + sin(Double(t * (n + 2))) }
                }
                let names = (0..<4).map { Channel(name: "extra \($0)", rate: signal.rate) }
                return Signal(
                    channels: signal.channels + names, rate: signal.rate, count: signal.count,
                    values: signal.values + extra)
            }
        }
        let wide = try RiemannianDecoder(training: widened(train))  // 28 features from 12 trials
        let twelve = try wide.probabilities(widened(train))
        #expect(twelve.allSatisfy { abs($0[0] + $0[1] - 1) < 1e-12 })
        #expect(try wide.accuracy(widened(train)) >= 0.9)
        #expect(try wide.probabilities(widened(test)).count == test.trials)
    }

    @Test func labelsAreTheMostProbableClasses() throws {
        let (train, test) = try #require(try Golden.load().first).trials
        let decoder = try BandPowerDecoder(training: train)
        #expect(decoder.classes == ["a", "b"])
        let expected = try decoder.probabilities(test).map { $0[0] > $0[1] ? "a" : "b" }
        #expect(try decoder.labels(test) == expected)
        let right = zip(expected, test.labels).count { $0 == $1 }
        #expect(try decoder.accuracy(test) == Double(right) / Double(test.trials))
    }

    @Test func trialsThatTeachNothingAreRefused() throws {
        let (train, _) = try #require(try Golden.load().first).trials
        var silent = train
        silent.values = silent.values.map { _ in 0 }
        #expect(throws: SignalError.self) { try RiemannianDecoder(training: silent) }
        #expect(throws: SignalError.self) { try SpatialPatternDecoder(training: silent) }
        #expect(throws: SignalError.self) { try BandPowerDecoder(training: train, bands: [(40, 90)]) }
        #expect(throws: SignalError.self) { try BandPowerDecoder(training: train.picking([])) }
        #expect(throws: SignalError.self) { try RiemannianDecoder(training: train.picking([0, 2])) }
    }

    @Test(.enabled(if: SharedData.holds("eeg/bci-iv-2b"))) func handsAreToldApart() throws {
        let folder = SharedData.file("eeg/bci-iv-2b")
        let train = try MotorImagerySession.sessions([1, 2, 3], subject: 4, in: folder)
        let test = try MotorImagerySession.sessions([4, 5], subject: 4, in: folder)
        #expect(train.trials == 360 && test.trials == 240 && train.classes == ["left", "right"])
        #expect(try BandPowerDecoder(training: train).accuracy(test) > 0.93)
        #expect(throws: SignalError.self) { try MotorImagerySession.sessions([1], subject: 9, in: folder) }
    }
}
