import ArgumentParser
import BrainData
import Evaluation
import Foundation

/// Scores warped labels and fields.
struct EvaluateRegistration: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registration",
        abstract: "Score a registration: overlap of labels, folds of the field.",
        discussion: """
            Dice of each label that both maps hold, and their mean; labels that one map alone holds are named. With \
            the field also the share of voxels where it folds (determinant of the Jacobian not above 0) and the \
            standard deviation of its logarithm.

            EXAMPLE
              brainkit evaluate registration --warped-labels labels_on_atlas.nii.gz --truth atlas_dseg.nii.gz \\
                --field warp.nii.gz --json
            """)

    @Option(help: ArgumentHelp("The moving scan's labels on the fixed grid.", valueName: "file"))
    var warpedLabels: String
    @Option(help: ArgumentHelp("The fixed scan's own labels.", valueName: "file"))
    var truth: String
    @Option(help: ArgumentHelp("The field, to count its folds.", valueName: "file.nii.gz"))
    var field: String?
    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Record: Encodable {
        let dice: [String: Double]
        let meanDice: Double?
        let labels: Int
        let onlyWarped, onlyTrue: [UInt16]
        let field: FieldScores?
    }

    func run() throws {
        let drawn = try ImageFile.readLabels(URL(fileURLWithPath: truth))
        let overlap = try LabelOverlap(
            warped: ImageFile.readLabels(URL(fileURLWithPath: warpedLabels)), truth: drawn)
        let folds = try field.map { path in
            let field = try FieldFile.read(URL(fileURLWithPath: path))
            guard field.grid.matches(drawn.grid) else {
                throw ImagingError.geometry("the field \(path) lies on another grid than \(truth)")
            }
            return FieldScores(try field.jacobian())
        }
        guard !overlap.dice.isEmpty else {
            throw Failure(.badData, "the two label maps have no label in common: nothing can be compared")
        }
        let record = Record(
            dice: Dictionary(uniqueKeysWithValues: overlap.dice.map { (String($0.key), $0.value) }),
            meanDice: overlap.mean, labels: overlap.dice.count, onlyWarped: overlap.onlyWarped,
            onlyTrue: overlap.onlyTrue, field: folds)
        if json { try Console.result(record) } else { Console.result(text(overlap, folds)) }
    }

    private func text(_ overlap: LabelOverlap, _ folds: FieldScores?) -> String {
        var rows = overlap.dice.sorted { $0.key < $1.key }.map { ["label \($0.key)", $0.value.formatted(decimals: 3)] }
        rows.append(["mean", (overlap.mean ?? 0).formatted(decimals: 3)])
        if !overlap.onlyWarped.isEmpty { rows.append(["only warped", "\(overlap.onlyWarped)"]) }
        if !overlap.onlyTrue.isEmpty { rows.append(["only true", "\(overlap.onlyTrue)"]) }
        if let folds {
            rows.append(["folds", (100 * folds.foldedShare).formatted(decimals: 4) + " %"])
            rows.append(["SD of log J", folds.logJacobianDeviation.formatted(decimals: 3)])
        }
        return AlignedText.lines(rows)
    }
}
