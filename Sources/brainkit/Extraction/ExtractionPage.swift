import BrainData
import BrainModels
import Evaluation
import Foundation

/// The page that shows extracted brains: three planes of each scan and the brain's outline.
struct ExtractionPage {
    /// The side of the pictures' voxels in millimetres.
    private static let spacing = 1.5

    private var report = Report(
        title: "Brain extraction", subject: "the outline is the brain's",
        warnings: ["For research use only. Look at every outline before you trust what is computed inside it."])

    mutating func add(_ name: String, _ scan: Volume, _ brain: Mask, _ record: ExtractionRun.Record) throws {
        let grid = try Grid.isotropic(spacing: Self.spacing, covering: scan.grid)
        let picture = try scan.frame(0).finite().volume.resampled(to: grid, antialiased: true, edge: .faces)
        let outline = try brain.resampled(to: grid)
        let sheet = try ContactSheet(
            title: name, images: [ViewerImage(name: name, volume: picture)],
            labels: LabelMap(outline),
            caption: "brain \(record.millilitres.formatted(decimals: 0)) ml · \(record.method.rawValue)")
        report.sections.append(.contactSheet(sheet))
    }

    func write(to file: URL) throws(EvaluationError) { try report.write(to: file) }
}
