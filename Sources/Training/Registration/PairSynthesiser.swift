import BrainData
import BrainModels
import NeuralNet

/// Makes pairs of brains that look like no scanner's images in particular, with the structures that they show.
///
/// After Hoffmann et al., *SynthMorph: learning contrast-invariant registration without acquired images*, IEEE Transactions
/// on Medical Imaging 41, 2022, [doi:10.1109/TMI.2021.3116879](https://doi.org/10.1109/TMI.2021.3116879), section III: label
/// maps are deformed, and each gets intensities of its own. Pair n hangs on the seed and on n alone.
struct PairSynthesiser: PairSource {
    /// The maps that pairs are made from, and those that only validation sees.
    let training, heldOut: [BrainMap]
    private let settings: RegistrationSettings
    private let synthesis: Synthesis
    private let contrasts: [Contrast]
    private let spacing: Double
    private let seed: UInt64

    init(training: [BrainMap], heldOut: [BrainMap], _ experiment: Experiment) {
        precondition(!training.isEmpty, "pairs without label maps")
        (self.training, self.heldOut) = (training, heldOut)
        (settings, synthesis) = (experiment.registration, experiment.data.synthetic.settings)
        (contrasts, spacing) = (experiment.data.input.contrasts, experiment.data.input.spacing)
        seed = experiment.seed
    }

    var counts: (training: Int, heldOut: Int) { (training.count, heldOut.count) }

    func pair(_ number: Int) throws(ImagingError) -> RegistrationPair {
        var random = stream("pair \(number)")
        func draw() -> BrainMap { training[Int(random.uniform() * Double(training.count))] }
        let fixed = draw()
        let moving = random.chance(settings.pairs.sameMap) ? fixed : draw()
        return try pair(moving, fixed, "pair \(number)")
    }

    /// A map that is trained on and one that is not, in either order.
    func validationPair(_ number: Int) throws(ImagingError) -> RegistrationPair {
        let known = training[number % training.count], unseen = heldOut[number % heldOut.count]
        let (moving, fixed) = number % 2 == 0 ? (known, unseen) : (unseen, known)
        return try pair(moving, fixed, "validation \(number)")
    }

    private func stream(_ name: String) -> SplitMix { SplitMix(seed: seed, name: "registration \(name)") }

    private func pair(_ moving: BrainMap, _ fixed: BrainMap, _ name: String) throws(ImagingError) -> RegistrationPair {
        var random = stream(name + " anatomy")
        let linear = Deformation.linear(synthesis.anatomy, &random)
        func deformation(_ map: BrainMap, _ jitter: Affine) -> PairDeformation {
            PairDeformation(
                of: map, linear: linear, jitter: jitter, synthesis.anatomy, settings.pairs, &random)
        }
        let target = deformation(fixed, Affine(spacing: [1, 1, 1]))
        let source = deformation(moving, jitter(&random))
        let grid = grid(around: target)
        let shared = random.chance(settings.pairs.sameContrast) ? look(&random) : nil
        let a = try image(source, grid, shared, name + " moving"), b = try image(target, grid, shared, name + " fixed")
        let coarse = Self.halved(grid)
        return RegistrationPair(
            name: "\(moving.name) to \(fixed.name)", size: settings.size, images: a.voxels + b.voxels,
            moving: Self.channels(a.structures), fixed: Self.channels(b.structures),
            structures: BrainStructure.compared.count,
            places: moving.name == fixed.name && settings.loss.correspondence > 0
                ? (source.places(on: coarse), target.places(on: coarse)) : nil)
    }

    private func jitter(_ random: inout SplitMix) -> Affine {
        var left = Synthesis.Anatomy()
        (left.rotation, left.scaling, left.shear) = (
            settings.pairs.rotation, settings.pairs.scaling, settings.pairs.shear
        )
        left.mirror = 0
        var jitter = Deformation.linear(left, &random)
        let most = settings.pairs.translation
        for axis in 0..<3 { jitter.origin[axis] = random.uniform(in: -most...most) }
        return jitter
    }

    /// The network's grid, its middle that of the fixed brain's box.
    private func grid(around fixed: PairDeformation) -> Grid {
        let step = 4.0, count = 60
        let coarse = Grid(
            size: SIMD3(repeating: count),
            affine: Affine(
                spacing: SIMD3(repeating: step), origin: SIMD3(repeating: -step * Double(count - 1) / 2)))
        var corners = [UInt8](repeating: 0, count: 4 * coarse.count)
        let found = fixed.structures(on: coarse, corners: &corners)
        let box = Mask(grid: coarse, voxels: found.map { $0 != 0 }).box ?? Box(coarse)
        let middle = coarse.affine(SIMD3<Double>(box.lower &+ box.upper &- 1) / 2)
        let size = SIMD3(settings.size[0], settings.size[1], settings.size[2])
        return Grid(
            size: size,
            affine: Affine(
                spacing: SIMD3(repeating: spacing), origin: middle - spacing / 2 * SIMD3<Double>(size &- 1)))
    }

    /// Cells of 2×2×2 voxels.
    private static func halved(_ grid: Grid) -> Grid {
        let spacing = grid.affine.spacing
        return Grid(
            size: grid.size / 2, affine: Affine(spacing: 2 * spacing, origin: grid.affine.origin + spacing / 2))
    }

    private static let channelTable: [UInt8] = (0...UInt8.max).map { code in
        BrainStructure.compared.firstIndex { $0.rawValue == code }.map { UInt8($0 + 1) } ?? 0
    }

    private static func channels(_ structures: [UInt8]) -> [UInt8] { structures.map { channelTable[Int($0)] } }

    /// A brain in a contrast of its own, scanned, taken out of its head and brought to 0…1.
    private func image(
        _ deformation: PairDeformation, _ grid: Grid, _ shared: Painter.Look?, _ name: String
    ) throws(ImagingError) -> (voxels: [Float], structures: [UInt8]) {
        var random = stream(name)
        var corners = [UInt8](repeating: 0, count: 4 * grid.count)
        let structures = deformation.structures(on: grid, corners: &corners)
        let brain = Mask(grid: grid, voxels: structures.map { $0 != 0 })
        let shown = Extraction(synthesis.stripping, &random).mask(of: brain, &random)
        let own = look(&random)
        let picture = Self.painted(structures, corners, shared ?? own, grid, &random)
        let scan = try Scanner(settings: synthesis.acquisition, grid: grid, moves: false).scan(picture, &random)
        return (Self.normalised(scan, within: shown), structures)
    }

    /// How tissues look: as in one of the contrasts, or as in none.
    private func look(_ random: inout SplitMix) -> Painter.Look {
        let contrast = contrasts[Int(random.uniform() * Double(contrasts.count))]
        return random.chance(synthesis.randomContrast)
            ? Painter.Look(random: &random) : Painter.Look(contrast, synthesis.appearance, &random)
    }

    /// The mean of a voxel's corners, varied by smooth and by white noise. Fluid lies around the brain.
    private static func painted(
        _ structures: [UInt8], _ corners: [UInt8], _ look: Painter.Look, _ grid: Grid, _ random: inout SplitMix
    ) -> [Float] {
        let (lower, upper) = grid.bounds
        var rows = FieldRows(SmoothField(scale: 14, from: lower, to: upper, &random), on: grid)
        let grain = WhiteNoise(&random), width = grid.size.x
        var (means, spreads) = ([Float](repeating: 0, count: 256), [Float](repeating: 0, count: 256))
        for structure in BrainStructure.allCases {
            let tissue = Int(structure.tissue.rawValue)
            means[Int(structure.rawValue)] = look.means[tissue] / 4
            spreads[Int(structure.rawValue)] = look.textures[tissue]
        }
        var line = [Float](repeating: 0, count: width)
        return [Float](unsafeUninitializedCapacity: grid.count) { target, filled in
            line.withUnsafeMutableBufferPointer { line in
                corners.withUnsafeBufferPointer { corners in
                    means.withUnsafeBufferPointer { means in
                        for row in 0..<grid.size.y * grid.size.z {
                            guard let start = line.baseAddress else { return }
                            rows.read(row % grid.size.y, row / grid.size.y, into: start)
                            for i in 0..<width {
                                let n = row * width + i
                                var sum: Float = 0
                                for c in 4 * n..<4 * n + 4 { sum += means[Int(corners[c])] }
                                let texture = 0.7 * line[i] + 0.5 * grain(n)
                                target[n] = max(0, sum * (1 + spreads[Int(structures[n])] * texture))
                            }
                        }
                    }
                }
            }
            filled = grid.count
        }
    }

    /// From 0 at the 0.5th to 1 at the 99.5th percentile of what is shown; the rest is 0.
    private static func normalised(_ voxels: [Float], within mask: Mask) -> [Float] {
        let percentiles = Percentiles(of: voxels.indices.filter { mask.voxels[$0] }.map { voxels[$0] })
        let low = percentiles(0.5) ?? 0, high = percentiles(99.5) ?? 1
        let scale = 1 / max(high - low, .leastNormalMagnitude)
        return voxels.indices.map { mask.voxels[$0] ? min(max((voxels[$0] - low) * scale, 0), 1) : 0 }
    }
}
