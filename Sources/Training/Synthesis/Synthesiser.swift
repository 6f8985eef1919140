public import BrainData
public import BrainModels
import NeuralNet

/// Makes labelled cases of heads with tumours from label maps: random anatomy, random contrast, random scanner.
///
/// After Billot et al., *SynthSeg: segmentation of brain MRI scans of any contrast and resolution without retraining*, Medical
/// Image Analysis 86, 2023, with tumours grown into the deformed maps. Case n hangs on the seed and on n alone, bit for bit,
/// on whatever thread and in whatever order cases are made.
///
///     let synthesiser = Synthesiser(try HeadMap.maps(in: folder), Synthesis(), seed: 1)
///     let patient = try synthesiser.preparedCase(0, for: TumourInput.Contract())
public struct Synthesiser: Sendable {
    private let maps: [HeadMap]
    private let settings: Synthesis
    private let seed: UInt64

    /// - Parameter maps: at least one.
    public init(_ maps: [HeadMap], _ settings: Synthesis = Synthesis(), seed: UInt64) {
        precondition(!maps.isEmpty, "a synthesiser without label maps")
        (self.maps, self.settings, self.seed) = (maps, settings, seed)
    }

    /// A case as a network reads it: prepared by the code that prepares real ones, over the brain as the synthetic extraction
    /// left it. A case that keeps its skull is prepared over the whole head.
    public func preparedCase(
        _ number: Int, for contract: TumourInput.Contract = TumourInput.Contract()
    ) throws(ImagingError) -> PreparedCase {
        let head = try head(number, contrasts: contract.contrasts, spacing: contract.spacing)
        return try PreparedCase(
            name: head.name, images: head.images, labels: head.labels, scheme: SyntheticHead.scheme,
            brain: (head.shown, .stripped), for: contract)
    }

    /// A whole head in one of the contract's contrasts, whose brain is to be found.
    ///
    /// - Parameter spacing: the side of the voxels that the head is drawn on, in millimetres; the contract's are coarser.
    func preparedHead(
        _ number: Int, for contract: TumourInput.Contract, spacing: Double = 1
    ) throws(ImagingError) -> PreparedCase {
        var choice = stream(number, "contrast")
        let contrast = contract.contrasts[Int(choice.uniform() * Double(contract.contrasts.count))]
        let head = try head(number, contrasts: [contrast], spacing: spacing)
        guard let scan = head.images[contrast] else { throw .layout("no \(contrast.displayName) was drawn") }
        return try PreparedCase(name: head.name, scan: scan, brain: head.brain, spacing: contract.spacing)
    }

    /// A case as volumes on one grid along right, anterior and superior.
    ///
    /// - Parameters:
    ///   - contrasts: which to make; each looks the same whether others are made or not.
    ///   - spacing: the side of a voxel in millimetres.
    public func head(
        _ number: Int, contrasts: [Contrast] = Contrast.allCases, spacing: Double = 1
    ) throws(ImagingError) -> SyntheticHead {
        var choice = stream(number, "case")
        let map = maps[Int(choice.uniform() * Double(maps.count))]
        let isWhole = choice.chance(settings.wholeHead), isRandom = choice.chance(settings.randomContrast)
        let hasTumour = choice.chance(settings.tumour.share)
        let scene = scene(number, map, isWhole: isWhole, hasTumour: hasTumour, spacing: spacing)
        var random = stream(number, "extraction")
        let brain = Mask(grid: scene.grid, voxels: scene.anatomy.map { $0 & HeadMap.brainBit != 0 })
        let shown =
            isWhole
            ? Mask(grid: scene.grid, voxels: scene.anatomy.map { $0 != 0 })
            : Extraction(settings.stripping, &random).mask(of: brain, &random)
        random = stream(number, "texture")
        let shared = Painter.Textures(on: scene.grid, &random)
        var images: [Contrast: Volume] = [:]
        for contrast in contrasts {
            var random = stream(number, contrast.rawValue)
            let look = isRandom ? Painter.Look(random: &random) : Painter.Look(contrast, settings.appearance, &random)
            let picture = Painter(look: look, shared: shared, grid: scene.grid)
                .paint(scene.anatomy, scene.tumour, &random)
            let scanner = Scanner(settings: settings.acquisition, grid: scene.grid, moves: contrast != .t1ce)
            let scan = Volume(grid: scene.grid, voxels: try scanner.scan(picture, &random))
            images[contrast] = isWhole ? scan : scan.extracted(shown)
        }
        return SyntheticHead(
            number: number, map: map.name, isWhole: isWhole, isRandom: isRandom, images: images, brain: brain,
            shown: shown, tumour: scene.tumour)
    }

    /// What is there to be scanned.
    private struct Scene {
        let grid: Grid
        /// The map's voxels on the grid.
        let anatomy: [UInt8]
        let tumour: SyntheticTumour?
    }

    private func scene(_ number: Int, _ map: HeadMap, isWhole: Bool, hasTumour: Bool, spacing: Double) -> Scene {
        var random = stream(number, "anatomy")
        var deformation = Deformation(of: map, settings.anatomy, shifted: isWhole, &random)
        let edges = (
            neck: random.uniform(in: settings.anatomy.neck), crown: random.uniform(in: settings.anatomy.crown)
        )
        let grid = FieldOfView(of: map, deformation, edges: isWhole ? edges : nil).grid(spacing: spacing)
        let grown = hasTumour ? grow(number, map, &deformation, on: grid) : nil
        var anatomy = grown?.anatomy ?? deformation.voxels(of: map, on: grid)
        random = stream(number, "vessels")
        Vessels(on: grid, &random).add(to: &anatomy, on: grid)
        return Scene(grid: grid, anatomy: anatomy, tumour: grown?.tumour)
    }

    /// Grows a core into the anatomy, lets it push the rest aside, and surrounds it with oedema.
    private func grow(
        _ number: Int, _ map: HeadMap, _ deformation: inout Deformation, on grid: Grid
    ) -> (tumour: SyntheticTumour, anatomy: [UInt8])? {
        var random = stream(number, "tumour")
        let before = deformation.voxels(of: map, on: grid)
        let plan = TumourPlan(settings.tumour, &random)
        guard let core = TumourCore(plan, in: before, on: grid, &random) else { return nil }
        let brain = before.map { $0 & HeadMap.brainBit != 0 }
        deformation.push = MassEffect(of: core.voxels, in: brain, on: grid, share: plan.massEffect).fields
        let after = deformation.voxels(of: map, on: grid)
        return (SyntheticTumour(plan, around: core, in: after, on: grid, &random), after)
    }

    private func stream(_ number: Int, _ name: String) -> SplitMix {
        SplitMix(seed: seed, name: "synthetic \(number) \(name)")
    }
}

extension Volume {
    /// The scan with everything outside a mask set to 0, and everything inside above it.
    fileprivate func extracted(_ mask: Mask) -> Volume {
        var result = self
        for n in voxels.indices { result.voxels[n] = mask.voxels[n] ? max(voxels[n], 1e-3) : 0 }
        return result
    }
}
