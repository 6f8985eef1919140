import BrainModels
import Evaluation
import Foundation

/// The page that shows what was told of each brain, and what the answer hung on.
struct SlicePage {
    /// Brains that are shown; more would make a page that no browser likes.
    static let most = 200

    private var items: [Report.Section] = []
    private var leftOut = 0
    private let model: ShippedModel
    private let reason: SliceModel.Reason
    private let tells: SliceRun.Tells

    init(_ model: ShippedModel, _ reason: SliceModel.Reason, tells: SliceRun.Tells) {
        (self.model, self.reason, self.tells) = (model, reason, tells)
    }

    /// Whether another brain fits.
    var hasRoom: Bool { items.count < Self.most }

    /// Notes that a brain was not shown for want of room.
    mutating func leaveOut() { leftOut += 1 }

    mutating func add(_ record: SliceRun.Record, _ map: SliceMap) throws {
        let views = map.contract.views.count > 1 ? map.contract.views.joined(separator: ", ") : ""
        items.append(
            .figures(
                record.file + ": " + Self.headline(record),
                [
                    Figure("as the network sees it", caption: views, png: try map.picture()),
                    Figure("what the answer hung on", caption: Self.caption(reason), png: try map.overlay()),
                ], note: note(record)))
    }

    func write(to file: URL) throws(EvaluationError) {
        var report = Report(
            title: tells == .age ? "Brain age" : "Classes of slices", subject: "told by \(model.card.name)")
        report.warnings = ["For research use only, not a diagnosis. No decision about a person may rest on this page."]
        if model.card.experimental {
            report.warnings.append(
                model.card.evaluation.isEmpty
                    ? "The model is experimental: nothing says how well it does on data it never saw."
                    : "The model is experimental: its limits below say where it fails.")
        }
        if leftOut > 0 {
            report.warnings.append("\(leftOut) more are in the table alone: a page shows \(Self.most).")
        }
        let facts = [
            ("Model", model.card.name), ("Network", model.card.network), ("Tells", model.card.task),
            ("Learned from", model.card.trainingData), ("Limits", model.card.limits.joined(separator: "; ")),
            ("Source", model.card.citation), ("BrainKit", Version.number),
        ]
        report.sections = items + [.text("What the maps show", Self.explained(reason)), .facts("Model", facts)]
        try report.write(to: file)
    }

    private static func headline(_ record: SliceRun.Record) -> String {
        if let age = record.age { return "\(age.formatted(decimals: 0)) years" }
        return record.label ?? ""
    }

    private func note(_ record: SliceRun.Record) -> String {
        if let age = record.age, let low = record.low, let high = record.high {
            let interval =
                low < high
                ? "nine of ten lie between \(low.formatted(decimals: 0)) and \(high.formatted(decimals: 0))"
                : "no interval was measured for this model"
            return "\(age.formatted(decimals: 1)) years; \(interval). Research use, not a diagnosis."
        }
        let shares = (record.probabilities ?? [:]).sorted { $0.value > $1.value }
        return shares.map { "\($0.key) \($0.value.formatted(decimals: 3))" }.joined(separator: " · ")
            + ". Research use, not a diagnosis."
    }

    private static func caption(_ reason: SliceModel.Reason) -> String {
        switch reason {
        case .occlusion: "occlusion"
        case .gradients: "Grad-CAM"
        case .rollout: "attention rollout"
        }
    }

    private static func explained(_ reason: SliceModel.Reason) -> String {
        switch reason {
        case .occlusion:
            "Red is where hiding a part lowers the probability of the told class, or moves the age, most (Zeiler & Fergus, ECCV 2014)."
        case .gradients:
            "Red is where the features that speak for the told class, or move the age, are strongest (Grad-CAM: Selvaraju et al., ICCV "
                + "2017), as coarse as the network's last map."
        case .rollout:
            "Red is what the class token attends to, followed back through all blocks (Abnar & Zuidema, ACL 2020). It is the same "
                + "whatever class is told."
        }
    }
}
