import BrainData
import BrainModels
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite struct TrialTrainerTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private func settings() -> TrialTraining {
        var settings = TrialTraining()
        (settings.epochs, settings.batch, settings.rate) = (12, 8, 4e-3)
        settings.augmentation.segments = 4
        settings.augmentation.shift = 3
        settings.augmentation.channelDropout = 0.1
        settings.augmentation.noise = 0.1
        return settings
    }

    private func preparation() -> TrialPreparation.Settings {
        var settings = TrialPreparation.Settings()
        settings.band = [4, 28]
        return settings
    }

    private func train(_ kind: TrialNetworkKind, seed: UInt64 = 1, _ settings: TrialTraining? = nil) throws -> (
        decoder: NetworkDecoder, record: TrialTrainer.Record
    ) {
        try TrialTrainer.train(
            kind, on: ToyTrials.make(trials: 48), preparation: preparation(), settings ?? self.settings(), seed: seed)
    }

    @Test func handsAreLearned() throws {
        let (decoder, record) = try train(.eegnet)
        #expect(decoder.classes == ["left", "right"])
        #expect(try decoder.accuracy(ToyTrials.make(trials: 40, seed: 9)) >= 0.9)
        #expect(record.losses.count == record.validation.count && record.losses.count <= 12)
        #expect(record.validation[record.best] == record.validation.min())
        let rows = try decoder.probabilities(ToyTrials.make(trials: 70, seed: 9))
        #expect(rows.count == 70 && rows.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-5 })
    }

    @Test func oneSeedGivesOneNetwork() throws {
        var short = settings()
        short.epochs = 2
        let trials = ToyTrials.make(trials: 6, seed: 9)
        let first = try train(.conformer, short), second = try train(.conformer, short)
        #expect(first.record == second.record)
        #expect(try first.decoder.probabilities(trials) == second.decoder.probabilities(trials))
        #expect(try train(.conformer, seed: 2, short).record != first.record)
    }

    @Test(arguments: TrialNetworkKind.allCases) func everyNetworkTakesAStep(kind: TrialNetworkKind) throws {
        var short = settings()
        (short.epochs, short.validation) = (1, 0)
        let (decoder, record) = try train(kind, short)
        #expect(record.losses.count == 1 && record.validation.isEmpty && record.best == 0)
        #expect(record.losses[0] > 0.2 && record.losses[0] < 3)
        #expect(try decoder.probabilities(ToyTrials.make(trials: 2)).allSatisfy { $0.allSatisfy(\.isFinite) })
    }

    /// Hands that differ in nothing but which side is stronger, which a scale of each channel's own would hide.
    @Test func theDefaultsKeepWhatTellsSidesApart() throws {
        func trials(_ seed: UInt64) -> Epochs {
            var trials = ToyTrials.make(trials: 40, samples: 128, contrast: 0, seed: seed)
            for trial in 0..<trials.trials {
                let weak = trials.labels[trial] == "left" ? 2 : 0, size = trials.count
                for n in (trial * 3 + weak) * size..<(trial * 3 + weak + 1) * size { trials.values[n] *= 0.5 }
            }
            return trials
        }
        func share(_ scaling: TrialPreparation.Scaling?) throws -> Double {
            try TrialModel.eegnet.train(on: trials(1), seed: 1) { preparation, training in
                preparation.scaling = scaling ?? preparation.scaling
                (training.epochs, training.rate) = (30, 4e-3)
            }.accuracy(trials(2))
        }
        #expect(try share(nil) >= 0.9)
        #expect(try share(.trial) <= 0.75)
        #expect(TrialModel.eegnet.training.validation == 0)
        #expect(TrialModel.eegnet.preparation(rate: 250).rate == 125)
        #expect(TrialModel.eegnet.preparation(rate: 100).rate == nil)
        #expect(TrialModel.eegnet.preparation(rate: 50).band == [4, 22.5])
    }

    @Test func laterTokensCanBeHidden() throws {
        var short = settings()
        (short.epochs, short.validation, short.causal) = (1, 0, true)
        for kind in [TrialNetworkKind.conformer, .s3t] {
            let (decoder, _) = try train(kind, short)
            struct Mask: Decodable { let causal: Bool }
            #expect(try decoder.description.configuration.read(as: Mask.self).causal)
            #expect(try decoder.probabilities(ToyTrials.make(trials: 2)).count == 2)
        }
        for kind in [TrialNetworkKind.eegnet, .eegformer] {
            #expect(throws: TrainingError.self) { try train(kind, short) }
        }
    }

    @Test func patienceEndsATraining() throws {
        var hasty = settings()
        (hasty.epochs, hasty.patience, hasty.rate) = (60, 1, 0.05)
        let (_, record) = try train(.eegnet, hasty)
        #expect(record.losses.count < 60)
        #expect(record.losses.count == record.best + 2)
    }

    @Test func whatCannotBeLearnedIsRefused() throws {
        let trials = ToyTrials.make(trials: 8)
        #expect(throws: SignalError.self) {
            try TrialTrainer.train(
                .eegnet, on: trials.picking([0, 2]), preparation: preparation(), settings(), seed: 1)
        }
        var wild = settings()
        wild.rate = 0
        #expect(throws: TrainingError.self) { try train(.eegnet, wild) }
        var broken = trials
        broken.values[5] = .nan
        #expect(throws: SignalError.self) {
            try TrialTrainer.train(.eegnet, on: broken, preparation: preparation(), settings(), seed: 1)
        }
    }
}

@Suite struct TrialAugmentationTests {
    private let ramp = (0..<20).map { Float($0) }  // two channels of ten samples

    @Test func nothingIsChangedUnlessAskedFor() {
        var (trial, random) = (ramp, SplitMix(seed: 1))
        TrialAugmentation().apply(to: &trial, channels: 2, &random) { _ in [] }
        #expect(trial == ramp)
    }

    @Test func aShiftMovesAllChannelsAlike() {
        var augmentation = TrialAugmentation()
        augmentation.shift = 4
        var (random, shifts) = (SplitMix(seed: 1), Set<Int>())
        for _ in 0..<200 {
            var trial = ramp
            augmentation.apply(to: &trial, channels: 2, &random) { _ in [] }
            let shift = 5 - Int(trial[5])
            shifts.insert(shift)
            for t in 0..<10 {
                let from = abs(t - shift) <= 9 ? abs(t - shift) : 18 - (t - shift)
                #expect(trial[t] == Float(from) && trial[10 + t] == Float(10 + from))
            }
        }
        #expect(shifts == Set(-4...4))
    }

    @Test func segmentsComeFromTheClass() {
        var augmentation = TrialAugmentation()
        (augmentation.segments, augmentation.recombination) = (5, 1)
        var (trial, random, calls) = (ramp, SplitMix(seed: 3), Float(0))
        augmentation.apply(to: &trial, channels: 2, &random) { _ in
            calls += 1
            return [Float](repeating: calls, count: 20)
        }
        #expect(calls == 5)
        #expect(trial == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    }

    @Test func channelsAreLostAndNoiseIsAdded() {
        var augmentation = TrialAugmentation()
        augmentation.channelDropout = 1
        var (trial, random) = (ramp.map { $0 + 1 }, SplitMix(seed: 3))
        augmentation.apply(to: &trial, channels: 2, &random) { _ in [] }
        #expect(trial[0..<10].allSatisfy { $0 == 0 } != trial[10..<20].allSatisfy { $0 == 0 })

        var noisy = TrialAugmentation()
        noisy.noise = 0.5
        var flat = [Float](repeating: 2, count: 4000)
        noisy.apply(to: &flat, channels: 1, &random) { _ in [] }
        let mean = flat.reduce(0, +) / 4000
        let deviation = (flat.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4000).squareRoot()
        #expect(abs(mean - 2) < 0.1 && abs(deviation - 1) < 0.05)
    }
}
