import BrainModels
public import Evaluation
public import NeuralNet

/// How well a network on slices does on items that it never saw, beside what is trivial.
public struct SliceBenchmark: Sendable {
    /// One way of telling.
    public struct Row: Sendable, Encodable {
        public let model: String
        /// The seed of a network; nil for a baseline, which has none.
        public let seed: UInt64?
        public let classes: ClassificationScores?
        /// Of ages as they are told, before any correction.
        public let ages: RegressionScores?
        /// Of ages that were corrected by what ``AgeCalibration`` found within each training part; nil where that was not asked for.
        public let corrected: RegressionScores?
        /// The share of true ages within the interval that was found there; 0.9 is what it should be.
        public let coverage: Double?
    }

    /// What is said of every item by one way of telling.
    public struct Told: Sendable {
        public var probabilities: [[Double]] = []
        public var years: [Double] = []
        public var corrected: [Double] = []
        /// Whether each true age lay within the interval.
        public var isInside: [Bool] = []

        public init() {}

        /// Adds an age as it was told, and what a scale makes of it.
        mutating func add(_ told: Double, _ scale: AgeScale?, truth: Double?) {
            years.append(told)
            guard let scale, let truth else { return }
            let years = scale.slope * told + scale.intercept
            corrected.append(years)
            isInside.append((years + scale.low...years + scale.high).contains(truth))
        }
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
    ///   - start: weights to start from, of a model that has not seen what is tested; drawn if left out.
    ///   - progress: is told the model, the fold and the round.
    public static func run(
        _ aim: SliceTrainer.Aim, _ set: SliceSet, _ parts: [Part], _ training: SliceTraining, seeds: Int,
        from start: (any TensorFile)? = nil,
        progress: ((_ model: String, _ fold: Int, _ progress: SliceTrainer.Progress) -> Void)? = nil
    ) throws -> [Row] {
        var rows: [Row] = []
        for seed in 1...UInt64(max(1, seeds)) {
            var told = Told()
            for (fold, part) in parts.enumerated() {
                let model = try SliceTrainer.train(aim, on: set[part.training], training, seed: seed, from: start) {
                    progress?("\(training.network), seed \(seed)", fold, $0)
                }.model
                let scale = training.calibrationFolds > 0 ? model.settings.age : nil
                for (item, answer) in zip(part.test, try model.answers(part.test.map { set.values[$0] })) {
                    told.probabilities.append(answer.probabilities)
                    guard let age = answer.age, let own = model.settings.age else { continue }
                    told.add((age.years - own.intercept) / own.slope, scale, truth: set.ages[item])
                }
            }
            rows.append(try row(training.network, seed, aim, told, set, parts))
        }
        rows.append(try row("most frequent class, mean age", nil, aim, guesses(set, parts), set, parts))
        rows.append(
            try row("line through thumbnails", nil, aim, lines(aim, set, parts, training.calibrationFolds), set, parts))
        return rows
    }

    private static func row(
        _ model: String, _ seed: UInt64?, _ aim: SliceTrainer.Aim, _ told: Told, _ set: SliceSet, _ parts: [Part]
    ) throws(EvaluationError) -> Row {
        let tested = parts.flatMap(\.test), ages = tested.compactMap { set.ages[$0] }
        return Row(
            model: model, seed: seed,
            classes: !aim.hasClasses
                ? nil : try ClassificationScores(told.probabilities, truth: tested.map { set.labels[$0] }),
            ages: !aim.hasAges ? nil : try RegressionScores(told.years, truth: ages),
            corrected: told.corrected.isEmpty ? nil : try RegressionScores(told.corrected, truth: ages),
            coverage: told.isInside.isEmpty
                ? nil : Double(told.isInside.count { $0 }) / Double(told.isInside.count))
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

    private static func lines(
        _ aim: SliceTrainer.Aim, _ set: SliceSet, _ parts: [Part], _ folds: Int
    ) throws -> Told {
        func line(_ set: SliceSet) throws -> SliceBaseline {
            try SliceBaseline(
                set.values, set.contract, labels: set.labels, classes: aim == .age ? 1 : set.classes.count,
                years: aim == .classes ? nil : set.ages.map { $0 ?? 0 })
        }
        var told = Told()
        for part in parts {
            let own = set[part.training], fitted = try line(own)
            var scale: AgeScale?
            if aim != .classes, folds > 0 {
                let said = try AgeCalibration.said(of: own, folds: folds) { others, values in
                    let line = try line(others)
                    return values.map { line.years($0) ?? .nan }
                }
                scale = try AgeCalibration(said: said, truth: own.ages.compactMap(\.self))
                    .applied(to: AgeScale(mean: 0, deviation: 1))
            }
            for item in part.test {
                told.probabilities.append(fitted.probabilities(set.values[item]))
                if let years = fitted.years(set.values[item]) { told.add(years, scale, truth: set.ages[item]) }
            }
        }
        return told
    }
}
