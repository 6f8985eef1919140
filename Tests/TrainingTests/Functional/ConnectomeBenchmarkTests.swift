import BrainData
import BrainModels
import NeuralNet
import TestSupport
import Testing

@testable import Training

/// A simulated cohort: correlations of noise, in patients stronger by `effect` between the first regions.
@Suite struct ConnectomeBenchmarkTests {
    private static let regions = 12

    private static func cohort(_ count: Int, effect: Double, seed: UInt64 = 3) throws -> FunctionalCollection {
        var random = SplitMix(seed: seed, name: "cohort")
        return try FunctionalCollection(
            (0..<count).map { n in
                let isPatient = n % 3 == 0
                var triangle: [Float] = []
                for row in 0..<regions {
                    for column in (row + 1)..<max(row + 1, regions) {
                        let shift = isPatient && row < 4 && column < 4 ? effect : 0
                        triangle.append(Float(min(max(0.2 * random.normal() + shift, -1), 1)))
                    }
                }
                return .init(
                    subject: "s\(n)", site: "site \(n % 2)", label: isPatient ? "ASD" : "control", triangle: triangle)
            })
    }

    @Test func partsShareSitesAndClassesAndNoSubject() throws {
        let cohort = try Self.cohort(60, effect: 0)
        let parts = try ConnectomeBenchmark.parts(.folds, cohort, folds: 5, seed: 1)
        #expect(parts.flatMap(\.test).sorted() == Array(0..<60))
        for part in parts {
            #expect(Set(part.training).isDisjoint(with: part.test) && part.training.count + part.test.count == 60)
            let patients = part.test.count { cohort.items[$0].label == "ASD" }
            #expect((3...5).contains(patients))
        }
        let sites = try ConnectomeBenchmark.parts(.leaveOneSiteOut, cohort, folds: 5, seed: 1)
        #expect(sites.count == 2)
        for part in sites { #expect(Set(part.test.map { cohort.items[$0].site }).count == 1) }
        let first = cohort.items[0]
        let twice = try FunctionalCollection(
            cohort.items + [.init(subject: "s0", site: "elsewhere", label: "ASD", triangle: first.triangle)])
        #expect(try ConnectomeBenchmark.parts(.folds, twice, folds: 5, seed: 1).flatMap(\.test).count == 61)
        // One person at two sites: leaving a site out would leak.
        #expect(throws: TrainingError.self) {
            try ConnectomeBenchmark.parts(.leaveOneSiteOut, twice, folds: 5, seed: 1)
        }
        let leaking: [ConnectomeBenchmark.Part] = [(Array(0..<60), [5])]
        #expect(throws: TrainingError.self) {
            try ConnectomeBenchmark.run([.mostFrequent], cohort, [leaking], seeds: 1)
        }
    }

    private static func accuracy(_ learner: ConnectomeBenchmark.Learner, effect: Double) throws -> Double {
        Engine.setThreads(ThreadCount.ofTests)
        let cohort = try cohort(90, effect: effect)
        let parts = try ConnectomeBenchmark.parts(.folds, cohort, folds: 3, seed: 1)
        return try ConnectomeBenchmark.run([learner], cohort, [parts], seeds: 1)[0].auc ?? 0
    }

    private static func network(_ balance: ConnectomeTraining.Balance) -> ConnectomeBenchmark.Learner {
        var training = ConnectomeTraining(network: "graph-transformer")
        training.configuration = .table(["width": .number(16), "blocks": .number(1), "heads": .number(2)])
        (training.epochs, training.rate, training.balance) = (25, 3e-3, balance)
        return .network(training)
    }

    @Test func aLineFindsAnEffectAndNoneWhereThereIsNone() throws {
        #expect(try Self.accuracy(.linear(.logistic), effect: 0.4) > 0.9)
        #expect(abs(try Self.accuracy(.linear(.logistic), effect: 0) - 0.5) < 0.15)
    }

    @Test(arguments: [ConnectomeTraining.Balance.sampling, .generator])
    func aNetworkFindsAnEffectAndNoneWhereThereIsNone(balance: ConnectomeTraining.Balance) throws {
        #expect(try Self.accuracy(Self.network(balance), effect: 0.4) > 0.85)
        #expect(abs(try Self.accuracy(Self.network(balance), effect: 0) - 0.5) < 0.17)
    }

    @Test func theGeneratorFillsTheRarerClassAlone() throws {
        let cohort = try Self.cohort(30, effect: 0.4)
        let labels = cohort.items.map { $0.label == "ASD" ? 1 : 0 }
        let made = try ConnectomeGenerator.balancing(cohort.items.map(\.triangle), labels, classes: 2, seed: 1)
        #expect(made.count == 10 && made.allSatisfy { $0.label == 1 && $0.triangle.count == 66 })
        #expect(made.allSatisfy { $0.triangle.allSatisfy { abs($0) <= 1 } })
        // The effect lies in the first correlation: made-up patients have it, too.
        let mean = made.reduce(0) { $0 + Double($1.triangle[0]) } / 10
        #expect(mean > 0.2, "\(mean)")
        let again = try ConnectomeGenerator.balancing(cohort.items.map(\.triangle), labels, classes: 2, seed: 1)
        #expect(again.map(\.triangle) == made.map(\.triangle))
    }

    @Test func seriesAreReadInPieces() throws {
        var random = SplitMix(seed: 1, name: "series")
        let items = (0..<12).map { n in
            let values = (0..<40 * 4).map { _ in random.normal() }
            let series = RegionSeries(
                regions: ["a", "b", "c", "d"], values: Matrix(rows: 40, columns: 4, values: values))
            return FunctionalCollection.Item(
                subject: "\(n)", site: "", label: "\(n % 2)", triangle: [0, 0, 0, 0, 0, 0], series: series)
        }
        let input = try ConnectomeInput(items, regions: 4, frames: 10)
        #expect(input.shape == [10, 4] && input.piece(0, at: 0).count == 40)
        #expect(input.piece(0, at: 0) != input.piece(0, at: 1))
        #expect(throws: TrainingError.self) { try ConnectomeInput(items, regions: 4, frames: 41) }
        let training = ConnectomeTraining(network: "st-transformer-style")
        let matrices = items.map {
            FunctionalCollection.Item(subject: $0.subject, site: "", label: $0.label, triangle: $0.triangle)
        }
        #expect(throws: TrainingError.self) {
            try ConnectomeTrainer.train(
                matrices, items.indices.map { $0 % 2 }, classes: 2, regions: 4, training, seed: 1)
        }
    }
}
