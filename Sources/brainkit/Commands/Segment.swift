public import ArgumentParser
public import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet

struct Segment: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the regions of a brain tumour in MR scans.",
        discussion: """
            Any subset of the four contrasts will do; more are better. Results lie on the grid of the first contrast given
            (in the order FLAIR, T1, T1ce, T2) and carry the label numbers of the input's data set, or those of --scheme.

            EXAMPLE
              brainkit segment --t1 t1.nii.gz --t1ce t1ce.nii.gz --t2 t2.nii.gz --flair flair.nii.gz -o tumour.nii.gz
              brainkit segment -i BraTS2021_00006 -o results --report results/report.html
            """)

    @Option(help: "T1 before contrast agent.") var t1: String?
    @Option(help: "T1 after contrast agent.") var t1ce: String?
    @Option(help: "T2.") var t2: String?
    @Option(help: "FLAIR.") var flair: String?
    @Option(name: .shortAndLong, help: "A case, a folder of cases, an MSD task or a BIDS data set.")
    var input: String?
    @Option(name: .shortAndLong, help: "The label map to write; with --input a folder.")
    var output: String
    @Option(help: "A shipped model, or a model's folder.") var model = "eoformer-tumour"
    @Option(help: "Other weights for the model's network.") var weights: String?
    @Option(help: "The share of a window that the next one covers again.") var overlap: Double?
    @Option(help: "Voxels along each side of a window, a multiple of 16.") var patch: Int?
    @Option(help: "How much longer a window may be, as a share of it, to cover an axis alone.") var stretch: Double?
    @Flag(help: "Average over all eight mirror images: eight times as long.") var tta = false
    @Flag(help: "Also write a probability map for each region.") var probabilities = false
    @Flag(help: "Also write a map of uncertainty for each region: the entropy over mirror images; implies --tta.")
    var uncertainty = false
    @Option(help: "Write a report, one self-contained page.") var report: String?
    @Option(help: "Label numbers to write: brats2021, brats2023 or msd.") var scheme: String?
    @Option(help: "An expert's label map to compare with in the report.") var truth: String?
    @Option(help: "The one region that the expert outlined: wt, tc or et.") var truthRegion: TumourRegion?
    @Option(help: "Split the cases into this many parts.") var parts = 1
    @Option(help: "Which part to do, counted from 0.") var part = 0
    @Flag(help: "Leave out cases whose label map is there already.") var resume = false
    @OptionGroup var engine: EngineOptions

    private var given: [Contrast: String] {
        [.t1: t1, .t1ce: t1ce, .t2: t2, .flair: flair].compactMapValues { $0 }
    }

    func validate() throws {
        guard (input == nil) != given.isEmpty else {
            throw ValidationError("give either --input or some of --t1, --t1ce, --t2 and --flair")
        }
        guard input == nil || (report == nil && truth == nil) || parts == 1 else {
            throw ValidationError("--report and --truth are for one case")
        }
        let schemes = LabelScheme.all.map(\.name)
        guard scheme.map(schemes.contains) ?? true else {
            throw ValidationError("--scheme is one of \(schemes.joined(separator: ", "))")
        }
        guard (1...100_000).contains(parts), (0..<parts).contains(part) else {
            throw ValidationError("--part is from 0 to below --parts")
        }
        guard overlap.map({ (0..<1).contains($0) }) ?? true else {
            throw ValidationError("--overlap is from 0 to below 1")
        }
        guard stretch.map({ (0...1).contains($0) }) ?? true else {
            throw ValidationError("--stretch is from 0 to 1")
        }
        guard patch.map({ (16...512).contains($0) && $0 % 16 == 0 }) ?? true else {
            throw ValidationError("--patch is a multiple of 16 from 16 to 512")
        }
    }

    func run() throws {
        let cases = try listed()
        let engine = try engine.settings()
        let run = try SegmentationRun(
            model: try ModelStore.model(named: model), weights: weights.map(URL.init(fileURLWithPath:)), engine: engine,
            memory: self.engine.memory,
            window: { window in
                if let overlap { window.overlap = overlap }
                if let patch { window.patch = patch }
                if let stretch { window.stretch = stretch }
            }, mirrors: tta || uncertainty, probabilities: probabilities, uncertainty: uncertainty,
            scheme: try scheme.map { try LabelScheme(named: $0) })
        let todo = try cases.map { (tumour: $0, outputs: try outputs(of: $0)) }.filter {
            !(resume && FileManager.default.fileExists(atPath: $0.outputs.labels.path))
        }
        let failed = try SegmentationQueue(run: run, todo: todo).work()
        guard failed == 0 else {
            throw Failure(.someFailed, "\(failed) of \(cases.count) cases failed, the rest is done")
        }
    }

    private func outputs(of tumour: TumourCase) throws -> SegmentationRun.Outputs {
        SegmentationRun.Outputs(
            labels: try place(of: tumour), report: report.map(URL.init(fileURLWithPath:)),
            truth: truth.map(URL.init(fileURLWithPath:)) ?? (report == nil ? nil : tumour.labels),
            truthRegion: truthRegion)
    }

    private func listed() throws -> [TumourCase] {
        guard let input else {
            let name = URL(fileURLWithPath: output).lastPathComponent.replacing(/(_dseg)?\.nii(\.gz)?$/, with: "")
            var tumour = TumourCase(
                name: name, images: given.mapValues { ImageReference(file: URL(fileURLWithPath: $0)) })
            let source = given.values.sorted().first.map { URL(fileURLWithPath: $0).lastPathComponent } ?? ""
            tumour.edition = TumourEdition(caseName: source)
            tumour.scheme = tumour.edition?.scheme
            return [tumour]
        }
        let all = try TumourDataset.cases(in: URL(fileURLWithPath: input))
        return all.enumerated().filter { $0.offset % parts == part }.map(\.element)
    }

    private func place(of tumour: TumourCase) throws -> URL {
        guard input != nil else { return URL(fileURLWithPath: output) }
        let folder = URL(fileURLWithPath: output)
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            throw Failure(.cannotWrite, "cannot make the folder \(folder.path): \(error.localizedDescription)")
        }
        let suffix = tumour.edition == .bids ? "_space-orig_desc-tumor_dseg.nii.gz" : "_dseg.nii.gz"
        return folder.appendingPathComponent(tumour.name + suffix)
    }
}

extension TumourRegion: ExpressibleByArgument {}
