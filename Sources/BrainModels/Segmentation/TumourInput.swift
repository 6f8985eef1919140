public import BrainData

/// The scans of one patient, brought to what a tumour network reads, and the way back to the grid they came on.
///
/// All contrasts come onto one grid, turn to right–anterior–superior, are resampled to 1 mm where they are of another
/// spacing, cropped to the brain, and get zero mean and unit variance over it; outside the brain they are 0.
public struct TumourInput: Sendable {
    /// What a network expects of its input.
    public struct Contract: Sendable, Codable, Equatable {
        /// Contrasts in the order of the input's channels.
        public var contrasts: [Contrast]
        /// Voxel size in millimetres, the same along every axis.
        public var spacing: Double

        public init(contrasts: [Contrast] = [.flair, .t1, .t1ce, .t2], spacing: Double = 1) {
            (self.contrasts, self.spacing) = (contrasts, spacing)
        }
    }

    /// The prepared images in the contract's order, nil where a contrast is absent.
    public let channels: [[Float]?]
    /// Where the prepared voxels lie.
    public let grid: Grid
    /// The brain on ``grid``.
    public let brain: Mask
    /// The grid of the files, which results return to.
    public let source: Grid
    /// What was done, in order, for the report.
    public let steps: [String]
    /// What the user should know.
    public let warnings: [String]

    private let oriented: Grid
    private let working: Grid
    private let box: Box

    /// - Parameters:
    ///   - images: at least one; the grid of the first in the contract's order is the one that results return to.
    ///   - known: the brain on the grid of that image, and how it was found; found in the image if left out.
    ///   - contract: what the network expects.
    /// - Throws: ``ImagingError`` where there is no image, two do not overlap, or no brain is found.
    public init(
        _ images: [Contrast: Volume], brain known: (mask: Mask, method: BrainExtractor.Method)? = nil,
        for contract: Contract
    ) throws(ImagingError) {
        let present = contract.contrasts.filter { images[$0] != nil }
        guard let first = present.first, let reference = images[first] else {
            let names = contract.contrasts.map(\.displayName).joined(separator: ", ")
            throw .layout("expected at least one of \(names), found none")
        }
        var log = Log()
        source = reference.grid
        var volumes = try Self.turned(images, present, to: reference.grid, &log)
        guard let anatomy = volumes[first] else { throw .layout("expected \(first.displayName), found none") }
        oriented = anatomy.grid
        log.steps.append("reoriented from \(source.orientation) to RAS")

        let spacing = oriented.affine.spacing
        let isFine = (0..<3).allSatisfy { abs(spacing[$0] / contract.spacing - 1) < 0.05 }
        working = isFine ? oriented : try oriented.resampled(spacing: SIMD3(repeating: contract.spacing))
        var (estimate, method) =
            if let known { (try Self.given(known.mask, on: source), known.method) } else {
                Self.brain(of: anatomy, &log)
            }
        log.found(estimate, method)
        if method != .stripped { try Self.mend(&volumes, &estimate, &log) }
        let mask = isFine ? estimate : try estimate.resampled(to: working)
        guard let box = mask.box else {
            throw .geometry("expected a brain in \(first.displayName), found an empty image")
        }
        if !isFine {
            for (contrast, volume) in volumes { volumes[contrast] = try volume.resampled(to: working, by: .linear) }
            log.resampled(from: spacing, to: contract.spacing)
        }
        self.box = box
        brain = mask.cropped(to: box)
        grid = brain.grid
        let (turned, brain) = (volumes, brain)
        channels = try contract.contrasts.mappedConcurrently { (contrast) throws(ImagingError) in
            try turned[contrast]?.cropped(to: box).normalised(over: brain).voxels
        }
        log.steps.append("cropped to the brain, \(grid.size.x) × \(grid.size.y) × \(grid.size.z) voxels")
        log.steps.append("zero mean and unit variance over the brain, each contrast for itself")
        (steps, warnings) = (log.steps, log.warnings)
    }

    /// What was done and what the user should know, as it gathers.
    private struct Log {
        var steps: [String] = [], warnings: [String] = []

        mutating func found(_ brain: Mask, _ method: BrainExtractor.Method) {
            steps.append("brain mask: \(Int(brain.millilitres.rounded())) ml, \(method.description)")
        }

        mutating func resampled(from spacing: SIMD3<Double>, to fine: Double) {
            let from = (0..<3).map { String((spacing[$0] * 100).rounded() / 100) }.joined(separator: " × ")
            steps.append("resampled from \(from) mm to \(fine) mm, linearly")
            guard spacing.max() > 2.5 * fine else { return }
            let thick = (spacing.max() * 10).rounded() / 10
            warnings.append("the slices are \(thick) mm apart, and the network learned from \(fine) mm")
        }
    }

    /// All contrasts on one grid, turned to RAS, without NaN and infinities.
    private static func turned(
        _ images: [Contrast: Volume], _ present: [Contrast], to grid: Grid, _ log: inout Log
    ) throws(ImagingError) -> [Contrast: Volume] {
        let turned = try present.mappedConcurrently { (contrast) throws(ImagingError) -> (Volume?, [String]) in
            guard let image = images[contrast] else { return (nil, []) }
            var warnings = image.notes
            let (clean, replaced) = image.finite()
            if replaced > 0 {
                warnings.append("\(contrast.displayName): \(replaced) NaN or infinite voxels were set to 0")
            }
            let aligned = try aligned(clean, contrast, to: grid, as: present[0], &warnings)
            return (aligned.reoriented(to: .ras), warnings)
        }
        log.warnings += turned.flatMap(\.1)
        return Dictionary(uniqueKeysWithValues: zip(present, turned.map(\.0))).compactMapValues { $0 }
    }

    private static func given(_ mask: Mask, on grid: Grid) throws(ImagingError) -> Mask {
        guard mask.grid.matches(grid) else {
            throw .geometry("expected the brain mask on the grid of the images, found it on another")
        }
        return mask.reoriented(to: .ras)
    }

    private static func brain(of anatomy: Volume, _ log: inout Log) -> (Mask, BrainExtractor.Method) {
        if let mask = BrainMask.stripped(anatomy) { return (mask, .stripped) }
        log.warnings.append(
            "the brain was found by a classical method, which may take in tissue outside it or cut into it")
        return (BrainMask.grown(anatomy), .surface)
    }

    /// Brings a scan whose skull was in view closer to those of tumour sets, which come without coil shading, are 0 outside
    /// the brain, and are stripped closer to the cortex than the outlines of ``BrainExtractor``, which end outside the fluid.
    private static func mend(
        _ volumes: inout [Contrast: Volume], _ brain: inout Mask, _ log: inout Log
    ) throws(ImagingError) {
        let core = brain.eroded(millimetres: rim)
        guard core.count > 0 else { return }
        for (contrast, volume) in volumes { volumes[contrast] = try volume.biasCorrected(over: brain).masked(by: core) }
        brain = core
        log.steps.append("bias field of each contrast divided out")
        log.steps.append(
            "outermost \(Int(rim)) mm of the brain mask left aside: dura, which is bright with contrast agent")
    }

    /// What is taken off the outline of a brain found in a head, in millimetres. Chosen on the demo's two scans.
    private static let rim = 4.0

    private static func aligned(
        _ image: Volume, _ contrast: Contrast, to grid: Grid, as first: Contrast, _ warnings: inout [String]
    ) throws(ImagingError) -> Volume {
        guard image.frames == 1 else {
            throw .geometry("expected one volume for \(contrast.displayName), found a series of \(image.frames)")
        }
        if image.grid.matches(grid) { return image }
        guard image.grid.overlap(with: grid) > 0.5 else {
            throw .geometry(
                "\(contrast.displayName) and \(first.displayName) show different places: their grids do not overlap")
        }
        warnings.append(
            "\(contrast.displayName) lies on another grid than \(first.displayName) and was resampled to it")
        return try image.resampled(to: grid, by: .linear)
    }

    /// A map on ``grid`` brought back to the grid of the files; 0 beyond the brain.
    public func restored(_ voxels: [Float]) throws(ImagingError) -> Volume {
        let volume = Volume(grid: grid, voxels: voxels).placed(in: working, at: box)
        return isResampled ? try volume.resampled(to: source, by: .linear) : volume.reoriented(to: source.orientation)
    }

    /// A label map or mask on the files' grid brought to ``grid``, nearest neighbour where it must be resampled.
    public func prepared(_ mask: Mask) throws(ImagingError) -> Mask {
        let turned = mask.reoriented(to: .ras)
        return (isResampled ? try turned.resampled(to: working) : turned).cropped(to: box)
    }

    private var isResampled: Bool { working != oriented }
}
