import BrainData
import BrainModels
import Evaluation
import Foundation

/// The page about one pair: both scans and their mixture in chequers, under the fixed scan's contours.
struct RegistrationPage {
    let fixed, moving: RegistrationRun.Source
    let answer: BrainRegistration.Answer
    let warped: Volume
    /// The moving scan's labels on the fixed grid.
    let labels: LabelMap?
    let sidecar: RegistrationSidecar

    /// The side of the pictures' voxels, and of a chequer, in millimetres.
    private static let spacing = 1.5, chequer = 24.0
    /// With more labels their tints and names would hide the scans.
    private static let mostLabels = 40

    func report() throws -> Report {
        var report = Report(
            title: "Registration",
            subject: "\(moving.file.lastPathComponent) on \(fixed.file.lastPathComponent)")
        report.warnings = ["For research use only. Look at the contours before you trust the map."] + sidecar.warnings
        report.sections = [
            .highlights(highlights), .viewer(try viewer()), .narrowTable(brains),
            .facts("Field", facts),
            .facts(
                "Timing",
                ["brains", "affine", "network", "refinement", "warping", "writing"].compactMap { lap in
                    sidecar.seconds[lap].map { (lap.capitalized, "\($0.formatted(decimals: 2)) s") }
                }),
            .facts("Versions", [("Software", sidecar.software), ("Model", sidecar.model ?? "none")]),
        ]
        return report
    }

    private var highlights: [Report.Highlight] {
        [
            .init("Dice of the brains", sidecar.brainDice.after.formatted(decimals: 3)),
            .init("Folds", (100 * sidecar.field.foldedShare).formatted(decimals: 3), unit: "%"),
            .init("Time", sidecar.seconds.values.reduce(0, +).formatted(decimals: 1), unit: "s"),
        ]
    }

    private var brains: ReportTable {
        let dice = sidecar.brainDice, local = sidecar.similarity
        func row(_ name: String, _ dice: Double, _ similarity: Double?) -> [ReportTable.Cell] {
            [
                ReportTable.Cell(name), "\(dice.formatted(decimals: 3))",
                "\(similarity?.formatted(decimals: 3) ?? "–")",
            ]
        }
        return ReportTable(
            "Agreement", columns: ["Stage", .number("Dice of the brains"), .number("Local similarity")],
            rows: [
                row("As the files lie", dice.before, nil), row("Affine map", dice.affine, local?.before),
                row("In the end", dice.after, local?.after),
            ])
    }

    private var facts: [(String, String)] {
        let field = sidecar.field
        return [
            ("Folds in the brain", "\((100 * field.foldedShare).formatted(decimals: 4)) %"),
            ("Folds on the grid", "\((100 * sidecar.foldedShareOfGrid).formatted(decimals: 4)) %"),
            ("Deviation of log J", field.logJacobianDeviation.formatted(decimals: 3)),
            ("J", "\(field.smallest.formatted(decimals: 2)) to \(field.largest.formatted(decimals: 2))"),
            ("Fixed brain", fixed.method), ("Moving brain", moving.method),
        ]
    }

    private func viewer() throws -> Viewer {
        let still = fixed.scan.volume, brain = fixed.scan.brain
        let room = (brain.box ?? Box(still.grid)).expanded(byMillimetres: 15, in: still.grid).clamped(to: still.grid)
        let grid = try Grid.isotropic(spacing: Self.spacing, covering: still.grid.cropped(to: room))
        func picture(_ scan: Volume) throws -> Volume {
            try scan.finite().volume.resampled(to: grid, antialiased: true, edge: .faces)
        }
        let shown = try picture(still), result = try picture(warped)
        let before = try moving.scan.volume.warped(by: Warp(affine: answer.affine), onto: grid)
        let inside = try brain.resampled(to: grid)
        var overlays = [
            ViewerOverlay(
                name: "Contours of the fixed scan", labels: shown.contours(in: inside),
                colours: [1: Colour(hex: "#f2c14e"), 2: Colour(hex: "#4cc9f0"), 3: Colour(hex: "#f25f5c")],
                names: [1: "dark", 2: "medium", 3: "bright"], style: .outline)
        ]
        if let labels, labels.labels.count <= Self.mostLabels {
            overlays.append(ViewerOverlay(name: "Warped labels", labels: try labels.resampled(to: grid)))
        }
        return Viewer(
            images: [
                ViewerImage(name: "Warped", volume: result), ViewerImage(name: "Fixed", volume: shown),
                ViewerImage(name: "Chequers", volume: shown.chequered(with: result, side: Self.chequer, in: inside)),
                ViewerImage(name: "Affine only", volume: before),
            ], overlays: overlays)
    }
}

extension Volume {
    /// Cubes of this scan and of another by turns, both scaled to the same range in the brain.
    fileprivate func chequered(with other: Volume, side: Double, in brain: Mask) -> Volume {
        func scaled(_ scan: Volume) -> [Float] {
            let ranks = Percentiles(of: scan.voxels.indices.filter { brain.voxels[$0] }.map { scan.voxels[$0] })
            let low = ranks(0.5) ?? 0, high = ranks(99.5) ?? 1
            return scan.voxels.map { min(max(($0 - low) / max(high - low, .leastNormalMagnitude), 0), 1) }
        }
        let (own, others) = (scaled(self), scaled(other)), step = max(1, Int(side / grid.affine.spacing.x))
        var mixed = self
        for n in mixed.voxels.indices {
            let at = grid.voxel(at: n) / step
            mixed.voxels[n] = (at.x + at.y + at.z) % 2 == 0 ? own[n] : others[n]
        }
        return mixed
    }

    /// Dark, medium and bright tissue inside a mask (k-means of the blurred intensities), whose borders are the
    /// contours.
    fileprivate func contours(in brain: Mask) -> LabelMap {
        let blurred = smoothed(sigma: SIMD3(repeating: 0.8))
        let inside = blurred.voxels.indices.filter { brain.voxels[$0] }
        let ranks = Percentiles(of: inside.map { blurred.voxels[$0] })
        var centres = [15.0, 50, 85].map { ranks($0) ?? 0 }
        func nearest(_ value: Float) -> Int {
            abs(value - centres[1]) <= min(abs(value - centres[0]), abs(value - centres[2]))
                ? 1 : abs(value - centres[0]) < abs(value - centres[2]) ? 0 : 2
        }
        for _ in 0..<10 {
            var sums = [Double](repeating: 0, count: 3), counts = sums
            for n in inside {
                let kind = nearest(blurred.voxels[n])
                sums[kind] += Double(blurred.voxels[n])
                counts[kind] += 1
            }
            for kind in 0..<3 where counts[kind] > 0 { centres[kind] = Float(sums[kind] / counts[kind]) }
        }
        var labels = LabelMap(grid: grid, voxels: [UInt16](repeating: 0, count: grid.count))
        for n in inside { labels.voxels[n] = UInt16(nearest(blurred.voxels[n]) + 1) }
        return labels
    }
}
