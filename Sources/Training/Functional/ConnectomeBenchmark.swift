import BrainData
public import BrainModels
import Evaluation
import NeuralNet

/// How well classes of subjects are told from functional connectivity or time series, by what never saw them.
public struct ConnectomeBenchmark: Sendable {
    /// Who trains and who tests.
    public enum Rule: String, Sendable, CaseIterable {
        /// Parts in which every site and class has its share.
        case folds
        /// Each site, told by what learned at the others.
        case leaveOneSiteOut = "leave-one-site-out"
    }

    /// What learns.
    public enum Learner: Sendable {
        case network(ConnectomeTraining)
        case linear(LinearClassifier.Loss)
        case mostFrequent

        public var name: String {
            switch self {
            case .network(let training): training.network
            case .linear(let loss): loss.rawValue
            case .mostFrequent: "most frequent class"
            }
        }
    }

    /// One way of telling, over all its runs: seeds and repeated partitions.
    public struct Row: Sendable, Encodable {
        public let model: String
        public let subjects: Int
        /// Of each run, all its subjects told once.
        public let accuracies: [Double]
        /// The mean over runs, and its 95 % interval by resampling subjects.
        public let accuracy, low, high: Double
        /// The means over runs of the area under the curve and of both ends of DeLong's interval; of two classes.
        public let auc, aucLow, aucHigh: Double?
        public let sensitivity, specificity: Double?
        /// For each subject, the share of runs that told it rightly.
        let right: [Double]

        private enum CodingKeys: String, CodingKey {
            case model, subjects, accuracies, accuracy, low, high, auc, aucLow = "auc_low", aucHigh = "auc_high",
                sensitivity,
                specificity
        }
    }

    /// A learner against another, subject by subject.
    public struct Comparison: Sendable, Encodable {
        public let model, against: String
        public let difference, low, high: Double
        /// Of Wilcoxon's signed-rank test, two-sided.
        public let probability: Double
    }

    /// A share of the subjects to learn from and one to test on.
    public typealias Part = (training: [Int], test: [Int])

    /// - Throws: ``TrainingError/run(_:)`` where a subject would be on both sides, or there is one site to leave out.
    public static func parts(
        _ rule: Rule, _ collection: FunctionalCollection, folds: Int, seed: UInt64
    ) throws(TrainingError) -> [Part] {
        let items = collection.items
        var tested = [[Int]]()
        switch rule {
        case .leaveOneSiteOut:
            let sites = Dictionary(grouping: items.indices) { items[$0].site }
            guard sites.count > 1 else { throw .run("leaving one site out needs two sites or more, found one") }
            tested = sites.keys.sorted().map { sites[$0] ?? [] }
        case .folds:
            var random = SplitMix(seed: seed, name: "folds"), next = 0
            tested = [[Int]](repeating: [], count: folds)
            // A subject with several scans goes into one part, by its first scan's site and class.
            let own = Dictionary(grouping: items.indices) { items[$0].subject }
            let groups = Dictionary(grouping: own.keys) { name in
                own[name]?.first.map { items[$0].site + "\n" + items[$0].label } ?? ""
            }
            for key in groups.keys.sorted() {
                for subject in (groups[key] ?? []).sorted().shuffled(using: &random) {
                    tested[next % folds] += own[subject] ?? []
                    next += 1
                }
            }
        }
        let parts = tested.filter { !$0.isEmpty }.map { test in
            let held = Set(test)
            return (training: items.indices.filter { !held.contains($0) }, test: test.sorted())
        }
        try guardAgainstLeaks(parts, items)
        return parts
    }

    private static func guardAgainstLeaks(_ parts: [Part], _ items: [FunctionalCollection.Item]) throws(TrainingError) {
        for part in parts {
            let learned = Set(part.training.map { items[$0].subject })
            if let both = part.test.first(where: { learned.contains(items[$0].subject) }) {
                throw .run("\(items[both].subject) would be learned from and tested on")
            }
        }
    }

    /// Trains and tests every learner on the same parts.
    ///
    /// - Parameters:
    ///   - seeds: of networks, from 1; linear classifiers hang on no seed and run once a partition.
    ///   - partitions: lists of parts; every subject is tested once in each.
    ///   - progress: is told the learner, the run, the part and the round.
    public static func run(
        _ learners: [Learner], _ collection: FunctionalCollection, _ partitions: [[Part]], seeds: Int,
        progress: (String, _ run: Int, _ part: Int, _ round: Int) -> Void = { _, _, _, _ in }
    ) throws -> [Row] {
        let items = collection.items
        let labels = items.map { item in collection.classes.firstIndex(of: item.label) ?? 0 }
        return try learners.map { learner in
            var runs: [[[Double]]] = []
            for parts in partitions {
                let trainings: Int = if case .network = learner { max(1, seeds) } else { 1 }
                for seed in 1...UInt64(trainings) {
                    var told = [[Double]](repeating: [], count: items.count)
                    for (n, part) in parts.enumerated() {
                        try guardAgainstLeaks([part], items)
                        let found = try tell(learner, collection, labels, part, seed) {
                            progress(learner.name, runs.count, n, $0)
                        }
                        for (item, row) in zip(part.test, found) { told[item] = row }
                    }
                    runs.append(told)
                }
            }
            return try row(learner.name, runs, labels)
        }
    }

    private static func tell(
        _ learner: Learner, _ collection: FunctionalCollection, _ labels: [Int], _ part: Part, _ seed: UInt64,
        _ progress: (Int) -> Void
    ) throws -> [[Double]] {
        let (training, test) = (part.training.map { collection.items[$0] }, part.test.map { collection.items[$0] })
        let known = part.training.map { labels[$0] }, classes = collection.classes.count
        switch learner {
        case .mostFrequent:
            let shares = (0..<classes).map { label in
                Double(known.count { $0 == label }) / Double(max(1, known.count))
            }
            return test.map { _ in shares }
        case .linear(let loss):
            let line = try LinearClassifier(training.map { fisher($0.triangle) }, known, loss)
            return test.map { item in
                let p = line.probability(fisher(item.triangle))
                return [1 - p, p]
            }
        case .network(let settings):
            return try ConnectomeTrainer.train(
                training, known, classes: classes, regions: collection.regions, settings, seed: seed
            ) { round, _ in progress(round) }.probabilities(test)
        }
    }

    private static func fisher(_ triangle: [Float]) -> [Float] {
        triangle.map { Float(FunctionalConnectivity.fisher(Double($0))) }
    }

    private static func row(_ model: String, _ runs: [[[Double]]], _ labels: [Int]) throws(EvaluationError) -> Row {
        let told = labels.indices.filter { item in runs.allSatisfy { !$0[item].isEmpty } }
        let scores = try runs.map { (run) throws(EvaluationError) in
            try ClassificationScores(told.map { run[$0] }, truth: told.map { labels[$0] })
        }
        let right = told.map { item in
            mean(runs.map { run in run[item].indices.max { run[item][$0] < run[item][$1] } == labels[item] ? 1 : 0 })
                ?? 0
        }
        let interval = bootstrapInterval(ofMean: right) ?? (0, 0)
        let areas = scores.compactMap(\.auc)
        return Row(
            model: model, subjects: told.count, accuracies: scores.map(\.accuracy), accuracy: mean(right) ?? 0,
            low: interval.lower, high: interval.upper, auc: mean(areas.map(\.value)), aucLow: mean(areas.map(\.low)),
            aucHigh: mean(areas.map(\.high)), sensitivity: mean(scores.compactMap(\.sensitivity)),
            specificity: mean(scores.compactMap(\.specificity)), right: right)
    }

    /// Every other row against the best linear one.
    public static func comparisons(_ rows: [Row]) -> [Comparison] {
        let linear = Set(LinearClassifier.Loss.allCases.map(\.rawValue))
        guard let best = rows.filter({ linear.contains($0.model) }).max(by: { $0.accuracy < $1.accuracy }) else {
            return []
        }
        return rows.filter { $0.model != best.model && $0.right.count == best.right.count }.map { row in
            let differences = zip(row.right, best.right).map { $0 - $1 }
            let spread = bootstrapInterval(ofMean: differences) ?? (0, 0)
            return Comparison(
                model: row.model, against: best.model, difference: mean(differences) ?? 0, low: spread.lower,
                high: spread.upper, probability: Wilcoxon(differences).probability)
        }
    }
}
