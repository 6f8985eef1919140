import BrainModels
import Evaluation
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite struct AgeCalibrationTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    @Test func theLineIsTakenBack() throws {
        let truth = stride(from: 20.0, through: 80, by: 2).map { $0 }
        let errors = truth.indices.map { $0 % 2 == 0 ? 1.0 : -1.0 }
        let said = zip(truth, errors).map { 0.5 * $0 + 20 + $1 }
        let calibration = try AgeCalibration(said: said, truth: truth)
        #expect(abs(calibration.slope - 2) < 0.01 && abs(calibration.intercept + 40) < 0.3)
        #expect(abs(calibration.low + 2) < 0.1 && abs(calibration.high - 2) < 0.1)
        let scale = calibration.applied(to: AgeScale(mean: 45, deviation: 10))
        #expect(abs(scale.years(of: 0).years - 50) < 0.1 && scale.years(of: 0).low < scale.years(of: 0).years)
    }

    /// Answers that hardly follow the age would be blown up by their line.
    @Test func whatIsHardlyToldIsOnlyShifted() throws {
        let truth = stride(from: 20.0, through: 80, by: 5).map { $0 }
        let calibration = try AgeCalibration(said: truth.map { 0.1 * $0 + 50 }, truth: truth)
        #expect(calibration.slope == 1 && abs(calibration.intercept + 5) < 1e-9)
        #expect(throws: TrainingError.self) { try AgeCalibration(said: [30, 40], truth: [30, 40]) }
        #expect(throws: TrainingError.self) { try AgeCalibration(said: [30, .nan, 50], truth: [30, 40, 50]) }
    }

    @Test func theIntervalHoldsNineOfTenOfThoseLeft() throws {
        var random = SplitMix(seed: 3, name: "errors")
        func people(_ count: Int) -> (said: [Double], truth: [Double]) {
            let truth = (0..<count).map { _ in 20 + 60 * random.uniform() }
            return (truth.map { 0.7 * $0 + 15 + 5 * random.normal() }, truth)
        }
        let known = people(200), others = people(2000)
        let c = try AgeCalibration(said: known.said, truth: known.truth)
        let inside = zip(others.said, others.truth).count { said, age in
            (c.slope * said + c.intercept + c.low...c.slope * said + c.intercept + c.high).contains(age)
        }
        #expect((1700...1900).contains(inside), "\(inside) of 2000")
    }

    /// What is said of an item comes from a part in which its subject is not.
    @Test func nobodyIsToldByWhatLearnedFromThem() throws {
        let set = SliceSet.bars(30, perSubject: 2)
        let said = try AgeCalibration.said(of: set, folds: 3) { training, tested in
            #expect(tested.allSatisfy { item in !training.values.contains(item) })
            #expect(training.count + tested.count == 30)
            return tested.map { Double($0[0]) }
        }
        #expect(said == set.values.map { Double($0[0]) })
        #expect(throws: TrainingError.self) {
            try AgeCalibration.said(of: set[[0, 1]], folds: 3) { _, tested in tested.map { _ in 0 } }
        }
    }

    @Test func trainingWritesTheInterval() throws {
        let set = SliceSet.bars(48)
        var training = SliceTraining.ofBars(epochs: 12)
        training.calibrationFolds = 2
        var parts: [String] = []
        let trained = try SliceTrainer.train(.age, on: set, training, seed: 1) {
            if parts.last != $0.part { parts.append($0.part) }
        }
        let (model, tensors) = (trained.model, trained.tensors)
        #expect(parts == ["calibration 1 of 2", "calibration 2 of 2", ""])
        let scale = try #require(model.settings.age)
        #expect(scale.low < 0 && scale.high > 0 && scale.slope >= 1)
        training.calibrationFolds = 0
        let plain = try SliceTrainer.train(.age, on: set, training, seed: 1)
        #expect(try plain.tensors.map { try $0.tensor.floats() } == tensors.map { try $0.tensor.floats() })
        #expect(plain.model.settings.age?.slope == 1)
    }

    @Test func theBenchmarkSaysBoth() throws {
        let set = SliceSet.bars(48), parts = SliceBenchmark.parts(of: set, folds: 2)
        var training = SliceTraining.ofBars(epochs: 6)
        training.calibrationFolds = 2
        let rows = try SliceBenchmark.run(.age, set, parts, training, seeds: 1)
        let line = rows[2]
        #expect(rows[0].corrected?.items == 48 && rows[1].corrected == nil && line.corrected?.items == 48)
        #expect(rows[0].coverage ?? 0 > 0.5 && line.coverage ?? 0 > 0.6)
        let before = try #require(line.ages?.gapCorrelation), after = try #require(line.corrected?.gapCorrelation)
        #expect(before < 0 && abs(after) < abs(before), "\(before), \(after)")
    }
}
