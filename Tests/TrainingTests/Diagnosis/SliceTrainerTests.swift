import BrainModels
import Evaluation
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite struct SliceTrainerTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    /// Noise with a bright bar, upright or lying, whose place is the age.
    private func set(_ count: Int = 48, views: Int = 1, perSubject: Int = 1) -> SliceSet {
        var random = SplitMix(seed: 5, name: "slices")
        var (values, labels, ages): ([[Float]], [Int], [Double?]) = ([], [], [])
        for n in 0..<count {
            let place = 4 + Int(random.uniform() * 22), label = n % 2
            values.append(
                (0..<views * 1024).map { pixel in
                    let (row, column) = (pixel % 1024 / 32, pixel % 32)
                    let isBar = abs((label == 0 ? column : row) - place) < 3
                    return (isBar ? 2 : 0) + Float(0.3 * random.normal())
                })
            labels.append(label)
            ages.append(Double(20 + 2 * place))
        }
        return SliceSet(
            values: values, labels: labels, ages: ages, subjects: (0..<count).map { "s\($0 / perSubject)" },
            classes: ["upright", "lying"],
            contract: .init(side: 32, views: (0..<views).map { "view \($0)" }))
    }

    private func training(epochs: Int = 15) -> SliceTraining {
        var training = SliceTraining()
        training.configuration = .table([
            "channels": .list([4, 8, 8, 16].map { .number($0) }), "width": .number(16), "depth": .number(1),
            "heads": .number(2),
        ])
        (training.epochs, training.batch, training.rate) = (epochs, 8, 5e-3)
        training.augmentation = .none
        return training
    }

    @Test func barsAreToldApart() throws {
        let set = set(96), parts = SliceBenchmark.parts(of: set, folds: 2)
        let rows = try SliceBenchmark.run(.classes, set, parts, training(epochs: 25), seeds: 1)
        #expect(rows.map(\.seed) == [1, nil, nil])
        let network = try #require(rows[0].classes), guess = try #require(rows[1].classes)
        #expect(network.items == 96 && network.accuracy > 0.8, "\(network.accuracy)")
        #expect(guess.accuracy <= 0.5)
        #expect(rows.allSatisfy { $0.ages == nil })
    }

    @Test func agesAndClassesAreLearnedTogether() throws {
        let set = set(views: 2)
        let (model, _) = try SliceTrainer.train(.both, on: set, training(epochs: 25), seed: 2)
        let answers = try model.answers(set.values)
        let right = zip(answers, set.labels).count { ($0.probabilities[1] > 0.5 ? 1 : 0) == $1 }
        #expect(right > 40)
        let missed = zip(answers, set.ages).map { abs(($0.age?.years ?? 0) - ($1 ?? 0)) }.reduce(0, +) / 48
        #expect(missed < 9, "\(missed); the mean alone misses by 11")
    }

    @Test func theSameSeedGivesTheSameWeights() throws {
        var training = training(epochs: 2)
        training.augmentation = SliceAugmentation()
        func trained(_ seed: UInt64) throws -> [Float] {
            let (_, tensors) = try SliceTrainer.train(.age, on: set(16), training, seed: seed)
            return try tensors.flatMap { try $0.tensor.floats() }
        }
        let first = try trained(1)
        #expect(try trained(1) == first)
        #expect(try trained(2) != first)
    }

    @Test func everySubjectIsInOneFold() {
        let set = set(40, perSubject: 4), folds = set.folds(3, seed: 0)
        #expect(folds.flatMap { $0 }.sorted() == Array(0..<40))
        for part in SliceBenchmark.parts(of: set, folds: 3) {
            let tested = Set(part.test.map { set.subjects[$0] })
            #expect(tested.isDisjoint(with: part.training.map { set.subjects[$0] }))
            #expect(part.training.count + part.test.count == 40 && (12...16).contains(part.test.count))
        }
    }

    @Test func whatCannotBeLearnedIsRefused() {
        var strange = training()
        strange.epochs = 0
        #expect(throws: TrainingError.self) { try SliceTrainer.train(.classes, on: set(8), strange, seed: 1) }
        let one = set(8)[[0, 2, 4]]
        #expect(throws: TrainingError.self) { try SliceTrainer.train(.classes, on: one, training(), seed: 1) }
        let ageless = SliceSet(
            values: one.values, labels: one.labels, ages: [nil, 30, 40], subjects: one.subjects, classes: one.classes,
            contract: one.contract)
        #expect(throws: TrainingError.self) { try SliceTrainer.train(.age, on: ageless, training(), seed: 1) }
    }

    @Test func noChangeLeavesThePictureAsItIs() {
        var random = SplitMix(seed: 1)
        let picture = (0..<1024).map { Float($0 % 37) }
        #expect(
            zip(SliceAugmentation.none.changed(picture[...], side: 32, &random), picture).allSatisfy {
                abs($0 - $1) < 1e-4
            })
        var mirror = SliceAugmentation.none
        mirror.mirror = 1
        let turned = mirror.changed(picture[...], side: 32, &random)
        #expect(abs(turned[5 * 32 + 3] - picture[5 * 32 + 28]) < 1e-4)
    }
}
