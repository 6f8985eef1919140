import ArgumentParser
import Evaluation
import Foundation
import Training

struct DiagnoseBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure a network on slices that it never saw, beside trivial baselines.",
        discussion: """
            With --test a network learns from one folder and is tested on the other; without it subjects fall into folds, each tested \
            by a network of the others. The baselines are the most frequent class or the mean age, and logistic or ridge \
            regression on thumbnails of 16 × 16 pixels. With --calibration-folds ages are also given as corrected within each \
            training part, with the share of true ages inside the interval found there.

            EXAMPLE
              brainkit diagnose benchmark --data train --test test --epochs 40 --seeds 3
              brainkit diagnose benchmark --data oasis --learn age --folds 5
            """)

    @OptionGroup var options: SliceTrainingOptions
    @Option(help: ArgumentHelp("A folder that is only tested on.", valueName: "folder"))
    var test: String?
    @Option(help: "Parts that the subjects fall into, where there is no test folder.")
    var folds = 5
    @Option(help: "Trainings, with the seeds from 1.")
    var seeds = 1
    @Option(
        help: ArgumentHelp(
            "Also write a page with the table and how far probabilities can be believed.", valueName: "file.html")
    )
    var report: String?
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (2...100).contains(folds), (1...100).contains(seeds) else {
            throw ValidationError("--folds is from 2 to 100 and --seeds from 1 to 100")
        }
        guard options.aim != .maskedViews else {
            throw ValidationError(
                "--learn masked-views tells nothing that could be measured; --pretrain masked-views is meant")
        }
    }

    func run() throws {
        let page = try report.map(OutputPath.file)
        let training = try options.training(calibrationFolds: 0)
        var set = try options.set(options.data)
        let parts: [SliceBenchmark.Part]
        if let test {
            let other = try options.set(test, classes: set.classes), first = set.count
            set = set.appending(other)
            parts = [(Array(0..<first), Array(first..<set.count))]
        } else {
            guard Set(set.subjects).count >= folds else {
                throw Failure(.badData, "expected \(folds) subjects or more for as many folds, found \(set.count)")
            }
            parts = SliceBenchmark.parts(of: set, folds: folds)
        }
        let bar = SliceTrainingBar(rounds: training.epochs)
        let rows = try SliceBenchmark.run(
            options.aim, set, parts, training, seeds: seeds, from: options.start.weights()
        ) {
            model, fold, progress in
            bar.show(progress, of: "\(model), fold \(fold + 1)")
        }
        if let page {
            let data = URL(fileURLWithPath: options.data).lastPathComponent
            let parts = test == nil ? "\(folds) folds of \(data)" : "\(data), tested on others"
            try SliceBenchmarkPage(rows: rows, classes: options.aim.hasClasses ? set.classes : [], data: parts).write(
                to: page)
        }
        if json { try Console.result(["rows": rows]) } else { rows.forEach(Self.print) }
    }

    private static func print(_ row: SliceBenchmark.Row) {
        var words = [row.model + (row.seed.map { ", seed \($0)" } ?? "")]
        if let c = row.classes {
            words.append(
                "accuracy \(c.accuracy.formatted(decimals: 3)) (\(c.low.formatted(decimals: 3)) to "
                    + "\(c.high.formatted(decimals: 3))) of \(c.items), balanced "
                    + "\(c.balancedAccuracy.formatted(decimals: 3)), calibration error "
                    + c.calibrationError.formatted(decimals: 3))
            if let auc = c.auc {
                words.append(
                    "AUC \(auc.value.formatted(decimals: 3)) (\(auc.low.formatted(decimals: 3)) to "
                        + "\(auc.high.formatted(decimals: 3)))")
            }
        }
        if let a = row.ages { words.append("mean error " + sentence(a)) }
        if let corrected = row.corrected {
            words.append("corrected mean error " + sentence(corrected))
            words.append("\(((row.coverage ?? 0) * 100).formatted(decimals: 0)) % within the interval for 90 %")
        }
        Console.result(words.joined(separator: ": ", rest: "; "))
    }

    private static func sentence(_ a: RegressionScores) -> String {
        func text(_ number: Double?) -> String { number?.formatted(decimals: 3) ?? "–" }
        return "\(a.meanError.formatted(decimals: 2)) years (\(a.low.formatted(decimals: 2)) to "
            + "\(a.high.formatted(decimals: 2))) of \(a.items), r \(text(a.correlation)), R² \(text(a.explained)), "
            + "gap's r with age \(text(a.gapCorrelation))"
    }
}

extension [String] {
    fileprivate func joined(separator first: String, rest: String) -> String {
        prefix(1).joined() + first + dropFirst().joined(separator: rest)
    }
}
