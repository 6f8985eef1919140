import BrainData
import Evaluation
import Foundation
import Training

/// The page that shows synthetic cases: three planes, all contrasts, the tumour's outlines.
struct SyntheticPreview {
    private var report: Report

    init(seed: UInt64) {
        report = Report(
            title: "Synthetic cases", subject: "Seed \(seed)",
            warnings: [
                "No patient was scanned: anatomy comes from label maps, everything else from a random generator."
            ])
    }

    mutating func add(_ head: SyntheticHead) throws(EvaluationError) {
        let labels = SyntheticHead.scheme.labels
        let colours = Dictionary(uniqueKeysWithValues: labels.map { ($0.number, Colour(hex: $0.colour)) })
        let images = Contrast.allCases.compactMap { contrast in
            head.images[contrast].map { ViewerImage(name: contrast.displayName, volume: $0) }
        }
        let sheet = try ContactSheet(
            title: head.name, images: images, labels: head.labels, colours: colours, caption: Self.caption(head.record))
        report.sections.append(.contactSheet(sheet))
    }

    func write(to file: URL) throws(EvaluationError) { try report.write(to: file) }

    /// What was drawn, in one line.
    private static func caption(_ record: SyntheticHead.Record) -> String {
        let parts = record.tumour.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.formatted(decimals: 1)) ml" }
        let kind = record.enhancement.map { "enhancement: \($0)" } ?? "no tumour"
        return ([kind] + parts + ["brain \(record.brain.formatted(decimals: 0)) ml"]).joined(separator: " · ")
    }
}
