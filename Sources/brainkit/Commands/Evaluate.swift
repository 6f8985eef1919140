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
        subcommands: [EvaluateSegmentation.self, EvaluateRegistration.self])
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

            Lesion by lesion: each lesion of the expert is compared with the parts of the result that reach into it; missed \
            and false lesions have Dice 0 and HD95 374 mm; --lesion-rules implies --lesion-wise.

            EXAMPLE
              brainkit evaluate segmentation --prediction out/BraTS-GLI-00000-000_dseg.nii.gz \\
                --truth BraTS-GLI-00000-000-seg.nii.gz
              brainkit evaluate segmentation --prediction results --truth cases --csv scores.csv
              brainkit evaluate segmentation --prediction results --truth cases --against others
              brainkit evaluate segmentation --prediction results --truth cases --images cases \\
                --lesion-wise --probabilities results --report scores.html
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
    @Flag(help: "Also score lesion by lesion, as BraTS does since 2023.") var lesionWise = false
    @Option(
        help: ArgumentHelp(
            "The task whose rules say what a lesion is: gli, ssa, ped, men or met; told from names if left out.",
            valueName: "task"))
    var lesionRules: String?
    @Option(
        help: ArgumentHelp(
            "Probability maps of the results (*_probseg.nii.gz): also judge their calibration.", valueName: "folder"))
    var probabilities: String?
    @Option(help: ArgumentHelp("Also writes every score, one line a case and region.", valueName: "file.csv"))
    var csv: String?
    @Option(help: ArgumentHelp("Also writes a report, one self-contained page.", valueName: "file.html"))
    var report: String?
    @Option(help: ArgumentHelp("The scans, to show in the report: a case or a folder of cases.", valueName: "folder"))
    var images: String?
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard scheme.map({ (try? LabelScheme(named: $0)) != nil }) ?? true else {
            throw ValidationError("--scheme is one of \(LabelScheme.all.map(\.name).joined(separator: ", "))")
        }
        guard EmptyRegions(rawValue: convention) != nil else {
            throw ValidationError("--convention is brats or authors")
        }
        guard lesionRules.map({ LesionRules(named: $0) != nil }) ?? true else {
            throw ValidationError("--lesion-rules is one of \(LesionRules.all.map(\.name).joined(separator: ", "))")
        }
        guard images == nil || report != nil else { throw ValidationError("--images are shown in the --report") }
    }

    func run() throws {
        let table = try csv.map(OutputPath.file), page = try report.map(OutputPath.file)
        let scans = try images.map { try TumourDataset.cases(in: URL(fileURLWithPath: $0)) } ?? []
        let scoring = try scoring()
        let (scores, matching) = try scoring.scored(URL(fileURLWithPath: prediction))
        let others = try against.map { try scoring.withoutProbabilities.scored(URL(fileURLWithPath: $0)).scores }
        let results = CohortResults(
            scores, metrics: scoring.metrics, convention: scoring.convention, others: others?.map(\.evaluation))
        if let table { try CSVTable(scores.map(\.evaluation), metrics: scoring.metrics).write(to: table) }
        let left = matching.alone.count + matching.pairs.count - scores.count
        if let page {
            var cohort = CohortPage(results: results, scoring: scoring, scans: scans)
            (cohort.prediction, cohort.against, cohort.leftOut) = (prediction, against, left)
            try cohort.report().write(to: page)
        }
        if json {
            try Console.result(results.output)
        } else {
            Console.result(results.text(isCohort: matching.areFolders))
        }
        guard left == 0 else {
            throw Failure(.someFailed, "\(left) cases were left out, \(scores.count) are scored")
        }
    }

    private func scoring() throws -> SegmentationScoring {
        let rules = lesionRules.flatMap(LesionRules.init(named:))
        return SegmentationScoring(
            truth: URL(fileURLWithPath: truth), scheme: try scheme.map { try LabelScheme(named: $0) },
            convention: EmptyRegions(rawValue: convention) ?? .brats,
            lesions: rules.map { .by($0) } ?? (lesionWise ? .byName : .none),
            probabilities: try probabilities.map { try ProbabilityMaps(in: URL(fileURLWithPath: $0)) })
    }
}
