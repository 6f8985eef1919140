import ArgumentParser
import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet
import Training

struct EEGBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure how well a decoder does, by the rules of MOABB.",
        discussion: """
            Protocols: bci-iv-2b (sessions 1–3 train, 4–5 test), within-session (five parts), cross-session (each session by a \
            decoder of the others), cross-subject, given-split (NAME_TRAIN.ts trains, NAME_TEST.ts tests). Models: band-power, csp-lda, riemannian, s3t, eegformer, conformer, eegnet. \
            The folder holds sessions of BCI Competition IV 2b (B0101T.mat …), trials of sktime and aeon (.ts, with \
            --frequency), or recordings whose events --label names. \
            Subject and session are read from names of BIDS or PhysioNet, or else are folder and file.

            The paired test compares with the baseline trial by trial; the interval resamples trials.

            EXAMPLE
              brainkit eeg benchmark --protocol bci-iv-2b --data bci-iv-2b --model conformer --seeds 3 --json
              brainkit eeg benchmark --protocol cross-session --data physionet --label T1=left --label T2=right --model csp-lda
            """)

    @Option(
        name: .customLong("protocol"), help: "bci-iv-2b, within-session, cross-session, cross-subject or given-split.")
    var rule: String
    @Option(help: ArgumentHelp("Where the sessions are.", valueName: "folder"))
    var data: String
    @Option(help: "The decoder.")
    var model: String
    @Option(help: "The decoder to compare with, or none.")
    var baseline = "band-power"
    @Option(help: "Trainings of a network, with the seeds 1, 2 and so on.")
    var seeds = 1
    @Option(help: "Only these subjects, parted by commas.")
    var subjects: String?
    @Option(help: "Only these sessions, parted by commas.")
    var sessions: String?
    @Flag(help: "Print one JSON object.")
    var json = false
    @OptionGroup var cutting: CuttingOptions
    @OptionGroup var training: TrialTrainingOptions
    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        guard TrialBenchmark.Rule(rawValue: rule) != nil else {
            throw ValidationError(
                "--protocol is \(TrialBenchmark.Rule.allCases.map(\.rawValue).joined(separator: ", ")), not \(rule)")
        }
        for name in [model] + (baseline == "none" ? [] : [baseline]) where TrialModel(rawValue: name) == nil {
            throw ValidationError(
                "no decoder is called \(name); known are \(TrialModel.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        guard (1...1000).contains(seeds) else { throw ValidationError("--seeds is from 1 to 1000") }
    }

    func run() throws {
        guard let rule = TrialBenchmark.Rule(rawValue: rule), let model = TrialModel(rawValue: model) else { return }
        threads.apply()
        let wanted = try TrialCollection.open(
            URL(fileURLWithPath: data), cutting.cutting(limit: ProcessMemory.free(limit: nil))
        ).picking(subjects, sessions)
        let result = try TrialBenchmark.run(
            rule, model: model, baseline: TrialModel(rawValue: baseline), data: wanted, seeds: seeds,
            train: { epochs, seed in try model.train(on: epochs, seed: seed, changing: training.change) },
            progress: { fold, seed, share in
                let words = "subject \(fold.subject), \(fold.session), seed \(seed): \(share.formatted(decimals: 3))"
                if model.network != nil { Console.note(words) }
            })
        if json { try Console.result(result) } else { Self.print(result) }
    }

    private static func print(_ result: TrialBenchmark.Result) {
        for one in result.subjects {
            let each =
                one.accuracies.count > 1
                ? " (" + one.accuracies.map { $0.formatted(decimals: 3) }.joined(separator: ", ") + ")" : ""
            let base = one.baseline.map { ", baseline \($0.formatted(decimals: 3))" } ?? ""
            Console.result(
                "subject \(one.subject): \(one.accuracy.formatted(decimals: 3))\(each) of \(one.trials) trials\(base)")
        }
        Console.result(
            "mean \(result.mean.formatted(decimals: 3)), 95 % interval \(result.lower.formatted(decimals: 3)) to "
                + result.upper.formatted(decimals: 3))
        guard let other = result.comparison else { return }
        Console.result(
            "against \(other.baseline): \(other.meanDifference.formatted(decimals: 3)) (\(other.lower.formatted(decimals: 3)) to "
                + "\(other.upper.formatted(decimals: 3))), p = \(other.probability.formatted(decimals: 4))")
    }
}
