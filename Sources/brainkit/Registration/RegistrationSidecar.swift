import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet

/// How a registration came about and how it went: the JSON beside the warped image.
struct RegistrationSidecar: Encodable {
    struct Source: Encodable {
        let file: String
        let size: [Int]
        let spacing: [Double]
        let orientation: String
        let brain: String
        let brainMillilitres: Double
    }

    /// Before is where the scans lay, then under the affine map alone, then in the end.
    struct BrainDice: Encodable {
        let before, affine, after: Double
    }

    struct Change: Encodable {
        let before, after: Double
    }

    let software: String
    /// Nil where no network was used.
    let model: String?
    let weightsSHA256: String?
    let experimental: Bool
    let command: [String]
    let engine: [String: String]
    let fixed, moving: Source
    let settings: DeformableRegistration.Settings
    /// Four rows, from the fixed scan's millimetres to the moving one's, RAS+.
    let affine: [[Double]]
    let brainDice: BrainDice
    /// In nats, at the centre-of-mass start and under the affine map.
    let mutualInformation: Change
    /// The mean local similarity before and after the steps for the pair.
    let similarity: Change?
    /// Folds and growth in the fixed brain.
    let field: FieldScores
    /// The share of folds on the whole grid of the fixed scan.
    let foldedShareOfGrid: Double
    let warnings: [String]
    let peakMegabytes: Int?
    var seconds: [String: Double] = [:]

    init(
        _ run: RegistrationRun, _ fixed: RegistrationRun.Source, _ moving: RegistrationRun.Source,
        _ answer: BrainRegistration.Answer, _ folds: (brain: FieldScores, grid: FieldScores)
    ) throws {
        software = Version.text
        model = run.model?.card.name
        weightsSHA256 = try run.model.map { try sha256(of: $0.weights) }
        experimental = run.model?.card.experimental ?? false
        (command, engine) = (CommandLine.arguments, run.engine.names)
        (self.fixed, self.moving) = (Source(fixed), Source(moving))
        settings = run.method.settings
        let map = answer.affine
        affine = (0..<3).map { [map.i[$0], map.j[$0], map.k[$0], map.origin[$0]] } + [[0, 0, 0, 1]]
        brainDice = BrainDice(before: answer.dice.before, affine: answer.dice.affine, after: answer.dice.after)
        mutualInformation = Change(before: answer.information.before, after: answer.information.after)
        similarity = answer.similarity.map { Change(before: $0.before, after: $0.after) }
        (field, foldedShareOfGrid) = (folds.brain, folds.grid.foldedShare)
        peakMegabytes = ProcessMemory.peak.map { $0 / 1_000_000 }
        var warnings = fixed.scan.volume.notes + moving.scan.volume.notes
        if answer.dice.after < 0.8 {
            warnings.append(
                "the brains overlap poorly after registration, Dice \(answer.dice.after.formatted(decimals: 2)): "
                    + "look at the page, and at the masks (brainkit extract), before you use the result")
        }
        let folded = max(folds.brain.foldedShare, folds.grid.foldedShare)
        if folded > 0.02 {
            warnings.append(
                "the field folds at \((100 * folded).formatted(decimals: 1)) % of the voxels: take fewer steps")
        }
        if experimental, let model { warnings.append("the model \(model) is experimental") }
        self.warnings = warnings
    }

    func write(beside file: URL) throws {
        let name = file.lastPathComponent.replacing(/\.nii(\.gz)?$|\.hdr$|\.img$/, with: "") + ".json"
        try AtomicFile.write(
            JSONEncoder.readable.encode(self), to: file.deletingLastPathComponent().appendingPathComponent(name))
    }
}

extension RegistrationSidecar.Source {
    init(_ source: RegistrationRun.Source) {
        let grid = source.scan.volume.grid, spacing = grid.affine.spacing
        file = source.file.path
        size = [grid.size.x, grid.size.y, grid.size.z]
        self.spacing = [spacing.x, spacing.y, spacing.z]
        orientation = grid.orientation.description
        (brain, brainMillilitres) = (source.method, source.scan.brain.millilitres)
    }
}
