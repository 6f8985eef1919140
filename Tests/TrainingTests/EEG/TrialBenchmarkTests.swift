import BrainData
import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite struct TrialBenchmarkTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private static func collection(_ contrast: Double = 0.8) -> TrialCollection {
        TrialCollection(
            ["02", "01"].flatMap { subject in
                ["01T", "02T", "04E"].enumerated().map { n, name in
                    TrialCollection.Session(
                        subject: subject, name: name,
                        epochs: ToyTrials.make(
                            trials: 20 + 2 * n, contrast: contrast, seed: UInt64(n + 1) * (subject == "01" ? 1 : 7)))
                }
            })
    }

    @Test func theCompetitionTrainsOnTAndTestsOnE() throws {
        let folds = try TrialBenchmark.folds(.competition, Self.collection())
        #expect(folds.map(\.subject) == ["01", "02"])
        #expect(folds.allSatisfy { $0.training.trials == 42 && $0.test.trials == 24 })
        let lacking = TrialCollection(Self.collection().sessions.filter { $0.name != "04E" })
        #expect(throws: SignalError.self) { try TrialBenchmark.folds(.competition, lacking) }
    }

    /// Writes trials as sktime has them.
    private static func write(_ epochs: Epochs, to name: String, in folder: TemporaryFolder) throws {
        let rows = (0..<epochs.trials).map { n in
            let signal = epochs.signal(n)
            let channels = signal.channels.indices.map { signal.row($0).map { "\($0)" }.joined(separator: ",") }
            return (channels + [epochs.labels[n]]).joined(separator: ":")
        }
        let text = (["@classLabel true left right", "@data"] + rows).joined(separator: "\n")
        _ = try folder.write(Data(text.utf8), to: name)
    }

    @Test func aDataSetsOwnDivisionIsKept() throws {
        let folder = try TemporaryFolder()
        let training = ToyTrials.make(trials: 16, samples: 32), test = ToyTrials.make(trials: 6, samples: 32, seed: 3)
        try Self.write(training, to: "Hands_TRAIN.ts", in: folder)
        try Self.write(test, to: "Hands_TEST.ts", in: folder)
        try Self.write(training, to: "Whole.ts", in: folder)  // belongs to no division
        let cutting = TrialCollection.Cutting(labels: [:], window: 0...1, rate: 64)
        let data = try TrialCollection.open(folder.url, cutting)
        #expect(data.sessions.map(\.subject) == ["Hands", "Hands"] && data.sessions.map(\.name) == ["TEST", "TRAIN"])
        let folds = try TrialBenchmark.folds(.givenSplit, data)
        #expect(folds.count == 1 && folds[0].subject == "Hands" && folds[0].session == "TEST")
        #expect(folds[0].training.values == training.values && folds[0].test.values == test.values)
        #expect(folds[0].training.labels == training.labels && folds[0].test.rate == 64)
        #expect(throws: SignalError.self) { try TrialBenchmark.folds(.givenSplit, Self.collection()) }
        let silent = TrialCollection.Cutting(labels: [:], window: 0...1)
        #expect(throws: SignalError.self) { try TrialCollection.open(folder.url, silent) }
    }

    @Test func eachTrialOfASessionTestsOnce() throws {
        let folds = try TrialBenchmark.folds(.withinSession, Self.collection())
        #expect(folds.count == 2 * 3 * 5)
        for name in ["01T", "02T", "04E"] {
            let own = folds.filter { $0.subject == "01" && $0.session == name }
            let whole = try #require(Self.collection()["01"].first { $0.name == name }?.epochs)
            #expect(own.reduce(0) { $0 + $1.test.trials } == whole.trials)
            for fold in own {
                #expect(fold.training.trials + fold.test.trials == whole.trials)
                #expect(fold.test.classes == ["left", "right"])
            }
        }
    }

    @Test func sessionsAndSubjectsAreLeftOutInTurn() throws {
        let sessions = try TrialBenchmark.folds(.crossSession, Self.collection())
        #expect(sessions.map(\.session) == ["01T", "02T", "04E", "01T", "02T", "04E"])
        #expect(sessions.map(\.training.trials) == [46, 44, 42, 46, 44, 42])
        let subjects = try TrialBenchmark.folds(.crossSubject, Self.collection())
        #expect(subjects.map(\.subject) == ["01", "02"] && subjects.allSatisfy { $0.training.trials == 66 })
        let one = TrialCollection(Self.collection()["01"])
        #expect(throws: SignalError.self) { try TrialBenchmark.folds(.crossSubject, one) }
        let first = TrialCollection(Array(one.sessions.prefix(1)))
        #expect(throws: SignalError.self) { try TrialBenchmark.folds(.crossSession, first) }
    }

    /// A decoder that says what the first sample tells, so that every figure is known.
    private struct Oracle: TrialDecoder {
        let classes = ["left", "right"]
        let wrong: Int

        func probabilities(_ epochs: Epochs) throws(SignalError) -> [[Double]] {
            epochs.labels.enumerated().map { n, label in
                (label == "left") == (n >= wrong) ? [1, 0] : [0, 1]
            }
        }
    }

    @Test func figuresAreThoseOfTheTrials() throws {
        let result = try TrialBenchmark.run(
            .competition, model: .eegnet, baseline: nil, data: Self.collection(), seeds: 2,
            train: { _, seed in Oracle(wrong: Int(seed) * 3) })
        #expect(result.subjects.map(\.accuracies) == [[0.875, 0.75], [0.875, 0.75]])
        #expect(result.mean == 0.8125 && result.seeds == 2 && result.comparison == nil)
        #expect(result.lower < 0.8125 && result.upper > 0.8125 && result.lower > 0.65)
        #expect(result.subjects.map(\.trials) == [24, 24])
    }

    @Test func modelAndBaselineMeetOnTheSameTrials() throws {
        let result = try TrialBenchmark.run(
            .crossSession, model: .spatialPatterns, baseline: .bandPower, data: Self.collection(), seeds: 3,
            train: { epochs, seed in try TrialModel.spatialPatterns.train(on: epochs, seed: seed) })
        #expect(result.seeds == 1, "a classical decoder is trained once")
        #expect(result.mean > 0.85)
        let comparison = try #require(result.comparison)
        #expect(comparison.baseline == "band-power")
        #expect(comparison.lower <= comparison.meanDifference && comparison.meanDifference <= comparison.upper)
        let baseline = try #require(result.subjects[0].baseline)
        #expect(baseline > 0.85 && (0...1).contains(comparison.probability))
    }

    @Test func sessionsThatDoNotFitAreRefused() throws {
        let other = TrialCollection.Session(subject: "01", name: "x", epochs: ToyTrials.make(trials: 4, samples: 100))
        #expect(throws: SignalError.self) { try TrialCollection.joined(Self.collection().sessions + [other]) }
        #expect(throws: SignalError.self) { try TrialCollection.joined([]) }
    }
}
