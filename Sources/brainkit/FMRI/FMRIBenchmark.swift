import ArgumentParser
import BrainModels
import Evaluation
import Foundation
import NeuralNet
import Training

struct FMRIBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure how well subjects' classes are told, beside linear classifiers on the same parts.",
        discussion: """
            The folder holds one array of all subjects (.npz or .npy, a row a subject in the phenotypes' order: the correlation matrix \
            above its diagonal), or a file of time series a subject (.1D, .mat, .csv, .npy) whose name holds the subject's number. \
            Models: \(ConnectomeNames.networks.joined(separator: ", ")), logistic-regression, linear-svm. Linear classifiers choose their \
            penalty inside each training part.

            Every subject is tested once in a partition; the interval resamples subjects.

            EXAMPLE
              brainkit fmri benchmark --data abide --phenotypes abide/phenotypes.csv --model st-transformer-style --folds 10 --repeats 5
              brainkit fmri benchmark --data connectivity --phenotypes subjects.csv --model graph-transformer --rule leave-one-site-out
            """)

    @Option(help: ArgumentHelp("Where the subjects are.", valueName: "folder"))
    var data: String
    @Option(help: "A table with each subject's class and site.")
    var phenotypes: String
    @Option(help: "The network.")
    var model: String
    @Option(help: "folds or leave-one-site-out.")
    var rule = "folds"
    @Option(help: "Parts; each is told by what learned from the others.")
    var folds = 10
    @Option(help: "Partitions, each drawn anew.")
    var repeats = 1
    @Option(help: "Trainings of the network in each partition.")
    var seeds = 1
    @Option(help: "How classes are balanced: none, sampling or generator.")
    var balance = "sampling"
    @Option(help: "Rounds over all subjects.")
    var epochs: Int?
    @Option(help: "Subjects of a step.")
    var batch: Int?
    @Option(help: "The highest learning rate.")
    var rate: Double?
    @Option(help: ArgumentHelp("JSON of sizes that differ from the network's own.", valueName: "file"))
    var config: String?
    @Flag(help: "Leave the linear classifiers out.")
    var alone = false
    @Flag(help: "Print one JSON object.")
    var json = false
    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        guard ConnectomeNames.networks.contains(model) || LinearClassifier.Loss(rawValue: model) != nil else {
            throw ValidationError(
                "no model is called \(model); known are \(ConnectomeNames.networks.joined(separator: ", ")), "
                    + LinearClassifier.Loss.allCases.map(\.rawValue).joined(separator: ", "))
        }
        guard ConnectomeBenchmark.Rule(rawValue: rule) != nil else {
            throw ValidationError("--rule is folds or leave-one-site-out, not \(rule)")
        }
        guard ConnectomeTraining.Balance(rawValue: balance) != nil else {
            throw ValidationError("--balance is none, sampling or generator, not \(balance)")
        }
        guard (2...1000).contains(folds), (1...1000).contains(repeats), (1...1000).contains(seeds) else {
            throw ValidationError("--folds is from 2, --repeats and --seeds are from 1 to 1000")
        }
        guard [epochs, batch].allSatisfy({ $0.map { (1...100_000).contains($0) } ?? true }),
            rate.map({ $0 > 0 && $0 < 1 }) ?? true
        else { throw ValidationError("--epochs and --batch are above zero, and --rate lies between 0 and 1") }
    }

    private struct Result: Encodable {
        let rule: String
        let classes: [String]
        let sites: Int
        let rows: [ConnectomeBenchmark.Row]
        let comparisons: [ConnectomeBenchmark.Comparison]
    }

    func run() throws {
        threads.apply()
        guard let rule = ConnectomeBenchmark.Rule(rawValue: rule) else { return }
        let reading = Progress("reading")
        let collection = try FunctionalCollection.open(
            URL(fileURLWithPath: data), phenotypes: URL(fileURLWithPath: phenotypes),
            limit: ProcessMemory.free(limit: nil)
        ) { reading.show($0, of: $1) }
        collection.notes.forEach(Console.warning)
        let partitions = try (0..<UInt64(rule == .folds ? repeats : 1)).map { n in
            try ConnectomeBenchmark.parts(rule, collection, folds: folds, seed: n)
        }
        var learners = [try learner()]
        if !alone {
            learners += LinearClassifier.Loss.allCases.filter { $0.rawValue != model }.map { .linear($0) }
            learners.append(.mostFrequent)
        }
        var bar = (title: "", progress: Progress(""))
        let total = partitions.first?.count ?? 0
        let rows = try ConnectomeBenchmark.run(learners, collection, partitions, seeds: seeds) { name, run, part, _ in
            let title = "\(name), run \(run + 1)"
            if title != bar.title { bar = (title, Progress(title)) }
            bar.progress.show(part + 1, of: total)
        }
        let comparisons = ConnectomeBenchmark.comparisons(rows)
        if json {
            let sites = Set(collection.items.map(\.site)).count
            return try Console.result(
                Result(
                    rule: rule.rawValue, classes: collection.classes, sites: sites, rows: rows, comparisons: comparisons
                ))
        }
        rows.forEach(Self.print)
        comparisons.forEach(Self.print)
    }

    private func learner() throws -> ConnectomeBenchmark.Learner {
        if let loss = LinearClassifier.Loss(rawValue: model) { return .linear(loss) }
        var training = ConnectomeTraining(network: model)
        training.balance = ConnectomeTraining.Balance(rawValue: balance) ?? .sampling
        training.epochs = epochs ?? training.epochs
        training.batch = batch ?? training.batch
        training.rate = rate ?? training.rate
        if let config { training.configuration = try CardSettings(file: URL(fileURLWithPath: config)) }
        return .network(training)
    }

    private static func print(_ row: ConnectomeBenchmark.Row) {
        let area = row.auc.map { auc in
            ", AUC \(auc.formatted(decimals: 3)) (\((row.aucLow ?? 0).formatted(decimals: 3)) to "
                + "\((row.aucHigh ?? 0).formatted(decimals: 3)))"
        }
        Console.result(
            "\(row.model): \(row.accuracy.formatted(decimals: 3)) (\(row.low.formatted(decimals: 3)) to "
                + "\(row.high.formatted(decimals: 3))) of \(row.subjects) subjects\(area ?? "")")
    }

    private static func print(_ one: ConnectomeBenchmark.Comparison) {
        Console.result(
            "\(one.model) against \(one.against): \(one.difference.formatted(decimals: 3)) "
                + "(\(one.low.formatted(decimals: 3)) to \(one.high.formatted(decimals: 3))), "
                + "p = \(one.probability.formatted(decimals: 4))")
    }
}

/// The networks that tell subjects apart.
enum ConnectomeNames {
    static let networks = ["brain-network-transformer", "graph-transformer", "st-transformer-style"]
}
