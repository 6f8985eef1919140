import BrainData
import BrainModels
import Evaluation
import Foundation

/// The page about one segmented case.
struct TumourReport {
    let run: SegmentationRun
    let tumour: TumourCase
    let images: [Contrast: Volume]
    let input: TumourInput
    let labels: LabelMap
    let scheme: LabelScheme
    let masks: [TumourRegion: Mask]
    let scores: (evaluation: SegmentationEvaluation, truth: [TumourRegion: Mask])?
    let sidecar: Sidecar

    func page() throws -> Report {
        var report = Report(
            title: "Brain tumour segmentation",
            subject: "\(tumour.name) · \(tumour.contrasts.map(\.displayName).joined(separator: ", "))")
        report.warnings = warnings
        report.sections = [.highlights(highlights), .viewer(viewer)]
        if let scores {
            report.sections.append(.table(ReportTable("Agreement with the expert", scores: scores.evaluation)))
        }
        report.sections += [
            .narrowTable(volumes), .steps("Preprocessing", input.steps),
            .facts(
                "Versions",
                [
                    ("Software", sidecar.software), ("Model", sidecar.model), ("Weights", sidecar.weights),
                    ("SHA-256", String(sidecar.weightsSHA256.prefix(16)) + "…"), ("Label scheme", scheme.name),
                    ("Windows", "\(run.window.patch)³, overlap \(run.window.overlap), \(run.window.blending.rawValue)"),
                ] + sidecar.engine.sorted { $0.key < $1.key }.map { ($0.key.capitalized, $0.value) }),
            .facts(
                "Timing",
                ["reading", "preparing", "network", "writing", "scoring"].compactMap { lap in
                    sidecar.seconds[lap].map { (lap.capitalized, "\($0.formatted(decimals: 1)) s") }
                }),
            .text("Source of the method", run.model.card.citation),
        ]
        return report
    }

    private var warnings: [String] {
        var warnings = input.warnings
        if run.model.card.experimental {
            warnings.insert(
                "The model \(run.model.card.name) is experimental: " + run.model.card.limits.joined(separator: "; "),
                at: 0)
        }
        let absent = run.contract.contrasts.filter { images[$0] == nil }
        if !absent.isEmpty {
            warnings.append(
                "without \(absent.map(\.displayName).joined(separator: ", ")) the regions that show there are guesses: "
                    + "oedema shows on FLAIR and T2, enhancement on T1ce")
        }
        for region in TumourRegion.allCases {
            guard let dice = scores?.evaluation.scores[region.displayName]?.dice, dice < 0.5 else { continue }
            warnings.append(
                "the \(region.displayName) agrees poorly with the expert's: Dice \(dice.formatted(decimals: 2))")
        }
        return warnings
    }

    private var highlights: [Report.Highlight] {
        let names: [TumourRegion: String] = [.wt: "Whole tumour", .tc: "Tumour core", .et: "Enhancing tumour"]
        var list = TumourRegion.allCases.map {
            Report.Highlight(names[$0] ?? "", (masks[$0]?.millilitres ?? 0).formatted(decimals: 1), unit: "ml")
        }
        for region in TumourRegion.allCases {
            guard let dice = scores?.evaluation.scores[region.displayName]?.dice else { continue }
            list.append(Report.Highlight("Dice \(region.displayName)", dice.formatted(decimals: 3)))
        }
        return list
    }

    private var volumes: ReportTable {
        let total = Double(labels.grid.voxelMillilitres)
        return ReportTable(
            "Volumes", columns: ["Label", .number("Number"), .number("Volume", unit: "ml")],
            rows: scheme.labels.map { label in
                let count = labels.voxels.reduce(0) { $0 + ($1 == label.number ? 1 : 0) }
                return [
                    Cell(label.name, colour: Colour(hex: label.colour)), "\(Int(label.number))",
                    "\((Double(count) * total).formatted(decimals: 2))",
                ]
            })
    }

    private typealias Cell = ReportTable.Cell

    private var viewer: Viewer {
        let pictures = tumour.contrasts.compactMap { contrast in
            images[contrast].map { ViewerImage(name: contrast.displayName, volume: $0.reoriented(to: .ras)) }
        }
        let pairs = scheme.labels.map { ($0.number, $0) }
        var overlays = [
            ViewerOverlay(
                name: "BrainKit", labels: labels.reoriented(to: .ras),
                colours: Dictionary(uniqueKeysWithValues: pairs.map { ($0, Colour(hex: $1.colour)) }),
                names: Dictionary(uniqueKeysWithValues: pairs.map { ($0, $1.name) }), style: .filled)
        ]
        if let truth = scores?.truth { overlays.append(expert(truth)) }
        return Viewer(images: pictures, overlays: overlays)
    }

    private func expert(_ truth: [TumourRegion: Mask]) -> ViewerOverlay {
        var voxels = [UInt16](repeating: 0, count: labels.grid.count)
        var names: [UInt16: String] = [:]
        for (number, region) in TumourRegion.allCases.enumerated() {
            guard let mask = truth[region] else { continue }
            names[UInt16(number + 1)] = "Expert's \(region.displayName)"
            for n in voxels.indices where mask.voxels[n] { voxels[n] = UInt16(number + 1) }
        }
        let map = LabelMap(grid: labels.grid, voxels: voxels)
        return ViewerOverlay(name: "Expert", labels: map.reoriented(to: .ras), names: names, style: .outline)
    }
}

extension Colour {
    /// From `#rrggbb`; grey where it is none.
    init(hex: String) {
        let number = Int(hex.drop { $0 == "#" }, radix: 16) ?? 0x808080
        self.init(UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255))
    }
}
