import BrainModels
import Evaluation
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite struct SliceTrainerTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private func set(_ count: Int = 48, views: Int = 1, perSubject: Int = 1) -> SliceSet {
        .bars(count, views: views, perSubject: perSubject)
    }

    private func training(epochs: Int = 15) -> SliceTraining { .ofBars(epochs: epochs) }

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
        let model = try SliceTrainer.train(.both, on: set, training(epochs: 25), seed: 2).model
        let answers = try model.answers(set.values)
        let right = zip(answers, set.labels).count { ($0.probabilities[1] > 0.5 ? 1 : 0) == $1 }
        #expect(right > 40)
        let missed = zip(answers, set.ages).map { abs(($0.age?.years ?? 0) - ($1 ?? 0)) }.reduce(0, +) / 48
        #expect(missed < 9, "\(missed); the mean alone misses by 11")
    }

    /// Occlusion of a trained network lights the quarter in which every blob lay; of one with other weights it does not (Adebayo et
    /// al., *Sanity Checks for Saliency Maps*, NeurIPS 2018). Each place of the last map sees the whole of so small a picture, so
    /// Grad-CAM has nothing to tell apart here.
    @Test func mapsShowWhatWasLearned() throws {
        let set = SliceSet.blobs(48)
        var training = training(epochs: 12)
        training.network = "resnet"
        training.configuration = .table(["channels": .list([4, 8, 8, 16].map { .number($0) })])
        let model = try SliceTrainer.train(.classes, on: set, training, seed: 1).model
        training.epochs = 1
        training.rate = 1e-9
        let random = try SliceTrainer.train(.classes, on: set, training, seed: 7).model
        func share(_ model: SliceModel) throws -> Float {
            let shares = try stride(from: 1, to: 12, by: 2).map { item -> Float in
                let map = try model.map(set.values[item], by: .occlusion).map { max(0, $0) }
                let inside = map.indices.filter { $0 / 64 < 32 && $0 % 64 < 32 }.reduce(0) { $0 + map[$1] }
                return inside / max(map.reduce(0, +), 1e-9)
            }
            return shares.reduce(0, +) / Float(shares.count)
        }
        let (learned, drawn) = (try share(model), try share(random))
        #expect(learned > 0.6 && learned > drawn + 0.15, "\(learned), drawn \(drawn)")
    }

    @Test func theSameSeedGivesTheSameWeights() throws {
        var training = training(epochs: 2)
        training.augmentation = SliceAugmentation()
        func trained(_ seed: UInt64) throws -> [Float] {
            let tensors = try SliceTrainer.train(.age, on: set(16), training, seed: seed).tensors
            return try tensors.flatMap { try $0.tensor.floats() }
        }
        let first = try trained(1)
        #expect(try trained(1) == first)
        #expect(try trained(2) != first)
    }

    @Test func someOfEveryClassAreKeptAside() {
        let set = set(40, perSubject: 4), parts = set.apart(0.3, seed: 1)
        #expect((parts.kept + parts.aside).sorted() == Array(0..<40) && parts.aside.count == 12)
        #expect(Set(parts.aside.map { set.subjects[$0] }).isDisjoint(with: parts.kept.map { set.subjects[$0] }))
        let single = self.set(21)[[0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 1]], few = single.apart(0.2, seed: 1)
        #expect(few.aside.count == 2 && few.aside.allSatisfy { single.labels[$0] == 0 }, "the only lying bar stays")
        #expect(single.apart(0, seed: 1).aside.isEmpty)
        #expect(set.apart(0.3, seed: 2).aside != parts.aside)
    }

    /// A rate that makes every round worse than the first: the first round's weights are what is kept.
    @Test func trainingStopsWhereNothingIsGained() throws {
        var training = training(epochs: 30)
        (training.validation, training.patience) = (0.25, 3)
        var missed: [Double] = []
        let trained = try SliceTrainer.train(.classes, on: set(32), training, seed: 1) {
            missed.append($0.aside ?? .nan)
        }
        let (model, tensors) = (trained.model, trained.tensors)
        let best = try #require(missed.min()), round = try #require(missed.firstIndex(of: best))
        #expect(missed.count == min(30, round + 4), "the best of \(missed.count) rounds was \(round)")
        let aside = set(32)[set(32).apart(0.25, seed: 1).aside]
        let again = zip(try model.answers(aside.values), aside.labels).reduce(0) { $0 - log($1.0.probabilities[$1.1]) }
        #expect(abs(again / Double(aside.count) - best) < 0.05 * best + 0.01, "\(again / Double(aside.count)), \(best)")
        #expect(
            tensors.map(\.name)
                == (try SliceTrainer.train(.classes, on: set(32), self.training(epochs: 1), seed: 1))
                .tensors.map(\.name))
    }

    @Test func severalNetworksAreAveraged() throws {
        var training = training(epochs: 3)
        training.members = 2
        let set = set(24), trained = try SliceTrainer.train(.both, on: set, training, seed: 1)
        let (model, tensors) = (trained.model, trained.tensors)
        #expect(model.settings.members == 2 && tensors.contains { $0.name == "members.1.head.weight" })
        training.members = 1
        let single = try [1, 1001].map {
            try SliceTrainer.train(.both, on: set, training, seed: $0).model.answers(set.values)
        }
        for (n, answer) in try model.answers(set.values).enumerated() {
            let mean = (single[0][n].probabilities[0] + single[1][n].probabilities[0]) / 2
            #expect(abs(answer.probabilities[0] - mean) < 1e-6)
            let years = ((single[0][n].age?.years ?? 0) + (single[1][n].age?.years ?? 0)) / 2
            #expect(abs((answer.age?.years ?? 0) - years) < 1e-3)
        }
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
