import BrainData
import BrainModels
import Foundation

/// Takes scans from their files to brains and masks with one loaded network.
struct ExtractionRun {
    /// A scan and where its results go.
    struct Job {
        let scan, brain: URL
        let mask: URL?
    }

    /// What came out, for `--json`.
    struct Record: Encodable {
        let scan, brain: String
        let mask: String?
        let millilitres: Double
        let method: BrainExtractor.Method
        let seconds: Double
        let warnings: [String]
    }

    /// What a brain with its fluid measures between a small child's and the largest ones', in millilitres.
    private static let plausible = 600.0...2000.0

    /// Nil to find brains by a surface alone.
    let extractor: BrainExtractor?
    let memory: Int

    func extract(_ job: Job) throws -> (record: Record, scan: Volume, brain: Mask) {
        let start = ContinuousClock.now
        let scan = try ImageFile.read(job.scan, limit: memory)
        guard scan.frames == 1 else {
            throw ImagingError.geometry("expected one volume, found a series of \(scan.frames): give one of them")
        }
        let (brain, method) = try extractor?.brain(in: scan) ?? (BrainMask.estimate(scan), .surface)
        let warnings = scan.notes + doubts(about: brain)
        warnings.forEach { Console.warning("\(job.scan.lastPathComponent): \($0)") }
        try ImageFile.write(scan.masked(by: brain), to: job.brain)
        if let mask = job.mask {
            try ImageFile.write(LabelMap(brain), to: mask, description: "brain mask, BrainKit \(Version.number)")
        }
        let record = Record(
            scan: job.scan.path, brain: job.brain.path, mask: job.mask?.path, millilitres: brain.millilitres,
            method: method, seconds: (ContinuousClock.now - start) / .seconds(1), warnings: warnings)
        return (record, scan, brain)
    }

    private func doubts(about brain: Mask) -> [String] {
        guard !Self.plausible.contains(brain.millilitres) else { return [] }
        let (volume, low, high) = (
            Int(brain.millilitres), Int(Self.plausible.lowerBound), Int(Self.plausible.upperBound)
        )
        return [
            "the brain that was found measures \(volume) ml, and \(low) to \(high) ml is usual: look at the mask, or a part "
                + "of the brain lies outside the scan"
        ]
    }
}
