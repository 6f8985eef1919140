import ArgumentParser
import BrainData
import Evaluation
import Foundation

/// Compares results with what experts drew.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare results with the truth.",
        discussion: """
            EXAMPLE
              brainkit evaluate segmentation --prediction results --truth cases
            """,
        subcommands: [EvaluateSegmentation.self])
}

/// Scores label maps of tumours, region by region.
struct EvaluateSegmentation: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segmentation",
        abstract: "Score tumour label maps: whole tumour, core and enhancing tumour.",
        discussion: """
            Two label maps, or two folders whose files are matched by case: CASE_dseg, CASE_seg, CASE-seg or CASE, \
            at any depth. A case without a counterpart is named and left out, and the command then ends with 2.

            Empty regions: both empty is perfect; one empty has Dice 0 and HD95 373.13 mm. The convention "authors" \
            scores as EoFormer's published script does, for comparison with its tables only.

            EXAMPLE
              brainkit evaluate segmentation --prediction out/BraTS-GLI-00000-000_dseg.nii.gz \\
                --truth BraTS-GLI-00000-000-seg.nii.gz
              brainkit evaluate segmentation --prediction results --truth cases --csv scores.csv
              brainkit evaluate segmentation --prediction results --truth cases --against others
            """)

    @Option(help: ArgumentHelp("A label map, or a folder of them.", valueName: "p"))
    var prediction: String
    @Option(help: ArgumentHelp("The expert's label map, or a folder of them.", valueName: "t"))
    var truth: String
    @Option(
        help: ArgumentHelp("Other results on the same cases, to compare with: Wilcoxon's test.", valueName: "p"))
    var against: String?
    @Option(help: "What the label numbers mean: brats2021, brats2023 or msd; told from names and labels if left out.")
    var scheme: String?
    @Option(help: "How empty regions are scored: brats or authors.")
    var convention = EmptyRegions.brats.rawValue
    @Option(help: ArgumentHelp("Also writes every score, one line a case and region.", valueName: "file.csv"))
    var csv: String?
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard scheme.map({ (try? LabelScheme(named: $0)) != nil }) ?? true else {
            throw ValidationError("--scheme is one of \(LabelScheme.all.map(\.name).joined(separator: ", "))")
        }
        guard EmptyRegions(rawValue: convention) != nil else {
            throw ValidationError("--convention is brats or authors")
        }
    }

    func run() throws {
        let table = try csv.map(OutputPath.file)
        let (scores, matching) = try scored(prediction)
        let evaluations = scores.map(\.evaluation)
        let others = try against.map { try scored($0).scores.map(\.evaluation) }
        if let table { try CSVTable(evaluations).write(to: table) }
        try report(
            scores, CohortSummary(evaluations), others.map { PairedComparison(evaluations, $0) },
            isCohort: matching.areFolders)
        let left = matching.alone.count + matching.pairs.count - scores.count
        guard left == 0 else {
            throw Failure(.someFailed, "\(left) cases were left out, \(scores.count) are scored")
        }
    }

    /// Scores all results that have a counterpart, and says which have none.
    private func scored(_ prediction: String) throws -> (scores: [Score], matching: LabelMapMatching) {
        let matching = try LabelMapMatching(URL(fileURLWithPath: prediction), URL(fileURLWithPath: truth))
        var scores: [Score] = []
        for pair in matching.pairs {
            do {
                scores.append(try score(pair))
            } catch {
                guard matching.areFolders, let failure = Failure(error) else { throw error }
                Console.warning("\(pair.name): \(failure.sentence)")
            }
        }
        matching.alone.forEach { Console.warning($0) }
        return (scores, matching)
    }

    private struct Score {
        let evaluation: SegmentationEvaluation
        let scheme: LabelScheme
    }

    private func score(_ pair: LabelMapMatching.Pair) throws -> Score {
        let predicted = try ImageFile.readLabels(pair.prediction)
        let expert = try ImageFile.readLabels(pair.truth)
        let scheme = try self.scheme.map { try LabelScheme(named: $0) } ?? Self.guess(predicted, expert, pair)
        let found = try predicted.masks(for: scheme, path: pair.prediction.path)
        let drawn = try expert.masks(for: scheme, path: pair.truth.path)
        let regions = [TumourRegion.wt, .tc, .et].compactMap { region -> SegmentationEvaluation.Region? in
            guard let a = found[region], let b = drawn[region] else { return nil }
            return (region.displayName, a, b)
        }
        let evaluation = try SegmentationEvaluation(
            of: pair.name, regions, convention: EmptyRegions(rawValue: convention) ?? .brats,
            selective: convention == EmptyRegions.authors.rawValue ? [TumourRegion.et.displayName] : [])
        return Score(evaluation: evaluation, scheme: scheme)
    }

    /// The expert's map says what the numbers mean, or else the result does.
    private static func guess(
        _ predicted: LabelMap, _ expert: LabelMap, _ pair: LabelMapMatching.Pair
    ) throws -> LabelScheme {
        do {
            return try LabelScheme.guess(for: expert, named: pair.truth.lastPathComponent)
        } catch {
            if let other = try? LabelScheme.guess(for: predicted, named: pair.prediction.lastPathComponent) {
                return other
            }
            throw Failure(.badData, "\(error) with --scheme")
        }
    }

    private func report(
        _ scores: [Score], _ summary: CohortSummary, _ comparison: PairedComparison?, isCohort: Bool
    ) throws {
        if json {
            let cases = scores.map {
                Output.Case(name: $0.evaluation.name, scheme: $0.scheme.name, regions: $0.evaluation.scores)
            }
            return try Console.result(
                Output(
                    convention: convention, cases: cases, summary: summary.entries, comparison: comparison?.entries))
        }
        var rows = [["case", "region"] + Self.columns.map(Self.title)]
        for evaluation in scores.map(\.evaluation) {
            for region in evaluation.regions {
                let values = Self.columns.map { Self.figure(evaluation.scores[region]?[$0] ?? .nan) }
                rows.append([evaluation.name, region] + values)
            }
        }
        if isCohort {
            rows += [[""], ["region", "metric", "cases", "      mean", "    median", "95 % interval of the mean"]]
            for entry in summary.entries {
                guard let metric = Self.columns.first(where: { $0.name == entry.metric }) else { continue }
                rows.append([
                    entry.region, Self.title(metric), "\(entry.cases)", Self.figure(entry.mean),
                    Self.figure(entry.median),
                    String(format: "%.4f to %.4f", entry.lower, entry.upper),
                ])
            }
        }
        rows += comparison.map(Self.rows) ?? []
        Console.result(AlignedText.lines(rows))
    }

    /// These results minus the others.
    private static func rows(_ comparison: PairedComparison) -> [[String]] {
        [
            [""],
            ["region", "metric", "cases", "difference", "95 % interval", "Wilcoxon p", "rank-biserial r"],
        ]
            + comparison.entries.compactMap { entry in
                guard let metric = columns.first(where: { $0.name == entry.metric }) else { return nil }
                return [
                    entry.region, title(metric), "\(entry.cases)", String(format: "%+10.4f", entry.meanDifference),
                    String(format: "%+.4f to %+.4f", entry.lower, entry.upper),
                    String(format: "%10.4f", entry.probability), String(format: "%+.2f", entry.effect),
                ]
            }
    }

    private static let columns: [Metric] = [
        .dice, .hd95, .sensitivity, .precision, .predictedMillilitres, .trueMillilitres,
    ]

    private static func title(_ metric: Metric) -> String {
        metric.unit.isEmpty ? metric.title : "\(metric.title) \(metric.unit)"
    }
    private static func figure(_ value: Double) -> String { String(format: "%10.4f", value) }

    private struct Output: Encodable {
        struct Case: Encodable {
            let name, scheme: String
            let regions: [String: RegionScores]
        }
        let convention: String
        let cases: [Case]
        let summary: [CohortSummary.Entry]
        let comparison: [PairedComparison.Entry]?
    }
}
