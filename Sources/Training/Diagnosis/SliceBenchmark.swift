import BrainModels
public import Evaluation
import NeuralNet

/// How well a network on slices does on items that it never saw, beside what is trivial.
public struct SliceBenchmark: Sendable {
    /// One way of telling.
    public struct Row: Sendable, Encodable {
        public let model: String
        /// The seed of a network; nil for a baseline, which has none.
        public let seed: UInt64?
        public let classes: ClassificationScores?
        public let ages: RegressionScores?
    }

    /// What is said of every item by one way of telling.
    public struct Told: Sendable {
        public var probabilities: [[Double]] = []
        public var years: [Double] = []

        public init() {}
    }

    /// A share of the items to learn from and one to test on.
    public typealias Part = (training: [Int], test: [Int])

    /// Every item tested once, by what learned from items of other subjects.
    public static func parts(of set: SliceSet, folds: Int, seed: UInt64 = 0) -> [Part] {
        let tested = set.folds(folds, seed: seed)
        return tested.map { test in
            let held = Set(test)
            return (set.values.indices.filter { !held.contains($0) }, test)
        }
    }

    /// Networks with the seeds 1 to `seeds`, then the baselines: the most frequent class or the mean age, and lines through
    /// thumbnails.
    ///
    /// - Parameters:
    ///   - set: all items.
    ///   - parts: what each fold trains and tests; every item is tested once at most.
    ///   - progress: is told the model, the fold and the round.
    public static func run(
        _ aim: SliceTrainer.Aim, _ set: SliceSet, _ parts: [Part], _ training: SliceTraining, seeds: Int,
        progress: ((_ model: String, _ fold: Int, _ round: Int, _ loss: Double) -> Void)? = nil
    ) throws -> [Row] {
        var rows: [Row] = []
        for seed in 1...UInt64(max(1, seeds)) {
            var told = Told()
            for (fold, part) in parts.enumerated() {
                let model = try SliceTrainer.train(aim, on: set[part.training], training, seed: seed) { round, loss in
                    progress?("\(training.network), seed \(seed)", fold, round, loss)
                }.model
                for answer in try model.answers(part.test.map { set.values[$0] }) {
                    told.probabilities.append(answer.probabilities)
                    if let age = answer.age { told.years.append(age.years) }
                }
            }
            rows.append(try row(training.network, seed, aim, told, set, parts))
        }
        rows.append(try row("most frequent class, mean age", nil, aim, guesses(set, parts), set, parts))
        rows.append(try row("line through thumbnails", nil, aim, lines(aim, set, parts), set, parts))
        return rows
    }

    private static func row(
        _ model: String, _ seed: UInt64?, _ aim: SliceTrainer.Aim, _ told: Told, _ set: SliceSet, _ parts: [Part]
    ) throws(EvaluationError) -> Row {
        let tested = parts.flatMap(\.test)
        return Row(
            model: model, seed: seed,
            classes: aim == .age
                ? nil : try ClassificationScores(told.probabilities, truth: tested.map { set.labels[$0] }),
            ages: aim == .classes
                ? nil : try RegressionScores(told.years, truth: tested.compactMap { set.ages[$0] }))
    }

    private static func guesses(_ set: SliceSet, _ parts: [Part]) -> Told {
        var told = Told()
        for part in parts {
            let counts = set.classes.indices.map { label in part.training.count { set.labels[$0] == label } }
            let shares = counts.map { Double($0) / Double(max(1, part.training.count)) }
            let middle = mean(part.training.compactMap { set.ages[$0] }) ?? 0
            told.probabilities += part.test.map { _ in shares }
            told.years += part.test.map { _ in middle }
        }
        return told
    }

    private static func lines(_ aim: SliceTrainer.Aim, _ set: SliceSet, _ parts: [Part]) throws -> Told {
        var told = Told()
        for part in parts {
            let line = try SliceBaseline(
                part.training.map { set.values[$0] }, set.contract, labels: part.training.map { set.labels[$0] },
                classes: aim == .age ? 1 : set.classes.count,
                years: aim == .classes ? nil : part.training.map { set.ages[$0] ?? 0 })
            for item in part.test {
                told.probabilities.append(line.probabilities(set.values[item]))
                if let years = line.years(set.values[item]) { told.years.append(years) }
            }
        }
        return told
    }
}
