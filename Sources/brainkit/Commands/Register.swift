import ArgumentParser
import BrainData
import BrainModels
import Foundation

struct Register: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Align one brain scan with another.",
        discussion: """
            Any two scans will do: other contrasts, grids, orientations and sizes, with the skull or without. The \
            brains are found, an affine map is fitted, a network answers where one is shipped or named, and steps of \
            gradient descent improve the map for this very pair. The result lies on the fixed scan's grid.

            --warp holds the whole way from the fixed to the moving scan, the affine map included, as ITK, ANTs and \
            Slicer read it; apply it alone. --inverse holds the way back, on the moving scan's grid. --affine is for \
            those who want no more than that.

            EXAMPLE
              brainkit register --fixed atlas.nii.gz --moving t1.nii.gz -o t1_on_atlas.nii.gz --warp warp.nii.gz \\
                --labels t1_dseg.nii.gz --warped-labels labels_on_atlas.nii.gz --report page.html
            """)

    @Option(help: ArgumentHelp("The scan that stays where it is.", valueName: "file"))
    var fixed: String
    @Option(help: ArgumentHelp("The scan that is brought onto it.", valueName: "file"))
    var moving: String
    @Option(name: .shortAndLong, help: "The moving scan on the fixed one's grid.")
    var output: String
    @OptionGroup var results: RegistrationOutputs
    @OptionGroup var method: RegistrationMethod
    @Flag(help: "Print one JSON object: what the sidecar says.")
    var json = false
    @OptionGroup var engine: EngineOptions

    func run() throws {
        let outputs = try results.outputs(image: OutputPath.file(output))
        let work = try RegistrationRun(method, engine)
        let record = try work.register(
            fixed: URL(fileURLWithPath: fixed), moving: URL(fileURLWithPath: moving), to: outputs)
        if json { try Console.result(record) } else { Console.result(outputs.image.path) }
    }
}

/// What else is written, and from what.
struct RegistrationOutputs: ParsableArguments {
    @Option(help: ArgumentHelp("Also write the field, the affine map included.", valueName: "file.nii.gz"))
    var warp: String?
    @Option(help: ArgumentHelp("Also write the field that leads back.", valueName: "file.nii.gz"))
    var inverse: String?
    @Option(help: ArgumentHelp("Also write the affine map alone, as ITK's text.", valueName: "file.txt"))
    var affine: String?
    @Option(help: ArgumentHelp("Labels of the moving scan, for --warped-labels.", valueName: "file"))
    var labels: String?
    @Option(help: ArgumentHelp("Also write those labels on the fixed scan's grid.", valueName: "file"))
    var warpedLabels: String?
    @Option(
        help: ArgumentHelp(
            "Also write how much each place grows; it folds where this is not above 0.", valueName: "file"))
    var jacobian: String?
    @Option(help: ArgumentHelp("Also write a page to look at the result.", valueName: "file.html"))
    var report: String?

    func validate() throws {
        guard (labels == nil) == (warpedLabels == nil) else {
            throw ValidationError("--labels and --warped-labels go together")
        }
    }

    func outputs(image: URL) throws -> RegistrationRun.Outputs {
        RegistrationRun.Outputs(
            image: image, warp: try warp.map(OutputPath.file), inverse: try inverse.map(OutputPath.file),
            affine: try affine.map(OutputPath.file), labels: labels.map { URL(fileURLWithPath: $0) },
            warpedLabels: try warpedLabels.map(OutputPath.file), jacobian: try jacobian.map(OutputPath.file),
            report: try report.map(OutputPath.file))
    }
}

/// How scans are aligned.
struct RegistrationMethod: ParsableArguments {
    @Option(help: "A shipped model, a model's folder, or none; the shipped one if left out.")
    var model: String?
    @Option(
        help:
            "Steps of gradient descent for the pair at 2 mm, and three times as many before at 4 and 8 mm; 0 for none.")
    var refine = 10
    @Flag(help: "Find brains without a network: a surface grown from the middle (Smith 2002).")
    var classical = false
    @Flag(help: "Align whole heads, as they are, instead of brains.")
    var noExtraction = false

    func validate() throws {
        guard (0...10_000).contains(refine) else { throw ValidationError("--refine is from 0 to 10000 steps") }
        guard !classical || !noExtraction else {
            throw ValidationError("--classical and --no-extraction exclude each other")
        }
    }

    /// The steps for one pair. Those at coarser levels cost little, and there are more of them.
    var settings: DeformableRegistration.Settings {
        var settings = DeformableRegistration.Settings()
        settings.steps = [refine, 3 * refine, 3 * refine]
        return settings
    }
}
