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

            Where --moving is a folder, each scan in it is brought onto the fixed one; -o, --warp and the like are \
            folders, too, made if need be, and --labels is one that holds labels under the scans' names.

            EXAMPLE
              brainkit register --fixed atlas.nii.gz --moving t1.nii.gz -o t1_on_atlas.nii.gz --warp warp.nii.gz \\
                --labels t1_dseg.nii.gz --warped-labels labels_on_atlas.nii.gz --report page.html
              brainkit register --fixed atlas.nii.gz --moving scans -o on_atlas --affine maps --report pages
            """)

    @Option(help: ArgumentHelp("The scan that stays where it is.", valueName: "file"))
    var fixed: String
    @Option(help: ArgumentHelp("The scan that is brought onto it, or a folder of scans.", valueName: "file"))
    var moving: String
    @Option(name: .shortAndLong, help: "The moving scan on the fixed one's grid.")
    var output: String
    @OptionGroup var results: RegistrationOutputs
    @OptionGroup var method: RegistrationMethod
    @Flag(help: "Print one JSON object: what the sidecar says.")
    var json = false
    @OptionGroup var engine: EngineOptions

    func run() throws {
        let moving = URL(fileURLWithPath: moving)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: moving.path, isDirectory: &isFolder), isFolder.boolValue {
            return try runFolder(moving)
        }
        let outputs = try results.outputs(image: OutputPath.file(output))
        let work = try RegistrationRun(method, engine)
        let record = try work.register(fixed: URL(fileURLWithPath: fixed), moving: moving, to: outputs)
        if json { try Console.result(record) } else { Console.result(outputs.image.path) }
    }

    private func runFolder(_ folder: URL) throws {
        let files = try ImageFile.files(in: folder)
        guard !files.isEmpty else { throw Failure(.missing, "expected images in \(folder.path), found none") }
        let work = try RegistrationRun(method, engine)
        let still = try work.source(URL(fileURLWithPath: fixed))
        let progress = Progress("registering")
        var records: [RegistrationSidecar] = []
        for (number, file) in files.enumerated() {
            do {
                let outputs = try results.outputs(for: file, into: output)
                records.append(try work.register(onto: still, file, to: outputs))
                if !json { Console.result(outputs.image.path) }
            } catch {
                guard files.count > 1, let failure = Failure(error) else { throw error }
                Console.error("\(file.lastPathComponent): \(failure.sentence)")
            }
            progress.show(number + 1, of: files.count, file.lastPathComponent)
        }
        if json { try Console.result(["scans": records]) }
        guard records.count == files.count else {
            throw Failure(
                .someFailed, "\(files.count - records.count) of \(files.count) scans failed, the rest is done")
        }
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

    /// Where the results of one scan of a folder go: folders instead of files.
    func outputs(for scan: URL, into folder: String) throws -> RegistrationRun.Outputs {
        let name = ImageFile.stem(of: scan.lastPathComponent)
        func place(_ folder: String?, _ ending: String) throws -> URL? {
            try folder.map { try OutputPath.folder($0).appendingPathComponent(name + ending) }
        }
        let labels = try labels.map { try labelFile(of: name, in: URL(fileURLWithPath: $0)) }
        return RegistrationRun.Outputs(
            image: try OutputPath.folder(folder).appendingPathComponent(name + "_registered.nii.gz"),
            warp: try place(warp, "_warp.nii.gz"), inverse: try place(inverse, "_inverse.nii.gz"),
            affine: try place(affine, "_affine.txt"), labels: labels,
            warpedLabels: try place(warpedLabels, "_labels.nii.gz"), jacobian: try place(jacobian, "_jacobian.nii.gz"),
            report: try place(report, ".html"))
    }

    private func labelFile(of name: String, in folder: URL) throws -> URL {
        let files = try ImageFile.files(in: folder)
        guard let file = files.first(where: { ImageFile.stem(of: $0.lastPathComponent) == name }) else {
            throw Failure(.missing, "expected labels called \(name) in \(folder.path), found none")
        }
        return file
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
    @Option(
        help: ArgumentHelp(
            "How brains are found: network, surface (needs no network), consensus of both, or none, to align whole heads.",
            valueName: "method"))
    var extraction = Extraction.network

    enum Extraction: String, ExpressibleByArgument, CaseIterable { case network, surface, consensus, none }

    func validate() throws {
        guard (0...10_000).contains(refine) else { throw ValidationError("--refine is from 0 to 10000 steps") }
    }

    /// The steps for one pair. Those at coarser levels cost little, and there are more of them.
    var settings: DeformableRegistration.Settings {
        var settings = DeformableRegistration.Settings()
        settings.steps = [refine, 3 * refine, 3 * refine]
        return settings
    }
}
