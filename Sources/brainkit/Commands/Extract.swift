import ArgumentParser
import BrainData
import BrainModels
import Foundation
import NeuralNet

struct Extract: ParsableCommand {
    enum Method: String, ExpressibleByArgument, CaseIterable { case consensus, network, surface }

    static let configuration = CommandConfiguration(
        abstract: "Take the brain out of scans of heads.",
        discussion: """
            Any one contrast will do (T1, T2, FLAIR, T1 with contrast agent, …), with slices of any thickness. Outside the brain \
            the result is 0; it lies on the scan's own grid. A scan without its skull stays as it is. For a folder, every image \
            in it gives NAME_brain.nii.gz and NAME_brain_mask.nii.gz.

            EXAMPLE
              brainkit extract -i t1.nii.gz -o t1_brain.nii.gz --mask t1_mask.nii.gz
              brainkit extract -i scans -o brains --report brains.html
            """)

    @Option(name: .shortAndLong, help: "A scan, or a folder of them.")
    var input: String
    @Option(name: .shortAndLong, help: "The brain to write; for a folder of scans a folder.")
    var output: String
    @Option(help: ArgumentHelp("Also write the mask: 1 in the brain, 0 outside.", valueName: "file"))
    var mask: String?
    @Option(help: ArgumentHelp("Write pictures of all brains, one self-contained page.", valueName: "file.html"))
    var report: String?
    @Option(help: "A shipped model, or a model's folder.")
    var model = ModelStore.extraction
    @Option(
        help: ArgumentHelp(
            "network, surface (grown from the middle, Smith 2002; needs no network), or consensus, their mean outline.",
            valueName: "method"))
    var method = Method.consensus
    @Flag(help: "Print one JSON object: files, millilitres, method and seconds.")
    var json = false
    @OptionGroup var engine: EngineOptions

    func run() throws {
        let jobs = try listed()
        let page = try report.map(OutputPath.file)
        let work = ExtractionRun(extractor: try extractor(), memory: engine.memory)
        let progress = Progress("extracting")
        var records: [ExtractionRun.Record] = []
        var pictures = page.map { _ in ExtractionPage() }
        for (number, job) in jobs.enumerated() {
            do {
                let (record, scan, brain) = try work.extract(job)
                records.append(record)
                try pictures?.add(job.scan.lastPathComponent, scan, brain, record)
            } catch {
                guard jobs.count > 1, let failure = Failure(error) else { throw error }
                Console.error("\(job.scan.lastPathComponent): \(failure.sentence)")
                continue
            }
            progress.show(number + 1, of: jobs.count, job.scan.lastPathComponent)
            if !json { Console.result(job.brain.path) }
        }
        if let page { try pictures?.write(to: page) }
        if json { try Console.result(["scans": records]) }
        guard records.count == jobs.count else {
            throw Failure(.someFailed, "\(jobs.count - records.count) of \(jobs.count) scans failed, the rest is done")
        }
    }

    private func extractor() throws -> BrainExtractor? {
        if method == .surface { return nil }
        let settings = try engine.settings()
        return try BrainExtractor(
            ModelStore.model(named: model), isAlone: method == .network, precision: settings.type,
            device: settings.device)
    }

    private func listed() throws -> [ExtractionRun.Job] {
        let source = URL(fileURLWithPath: input)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: source.path, isDirectory: &isFolder) else {
            throw ImagingError.missing(path: source.path)
        }
        guard isFolder.boolValue else {
            return [
                ExtractionRun.Job(scan: source, brain: try OutputPath.file(output), mask: try mask.map(OutputPath.file))
            ]
        }
        guard mask == nil else {
            throw Failure(.usage, "--mask is for one scan: a folder's masks lie beside its brains")
        }
        let folder = try OutputPath.folder(output)
        let files = try ImageFile.files(in: source)
        guard !files.isEmpty else { throw Failure(.missing, "expected images in \(source.path), found none") }
        return files.map { file in
            let name = ImageFile.stem(of: file.lastPathComponent)
            return ExtractionRun.Job(
                scan: file, brain: folder.appendingPathComponent(name + "_brain.nii.gz"),
                mask: folder.appendingPathComponent(name + "_brain_mask.nii.gz"))
        }
    }
}
