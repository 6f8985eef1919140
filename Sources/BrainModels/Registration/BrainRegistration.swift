public import BrainData
public import NeuralNet

/// Aligns one scan of a brain with another, whatever their contrasts, grids and orientations.
///
/// The brains' affine map comes first (``AffineRegistration``), then, where there is one, the answer of a network for
/// both scans on one grid, then steps of gradient descent for this very pair (``DeformableRegistration``).
public struct BrainRegistration: Sendable {
    /// The grid that a network sees both scans on: a cube around the middle of the fixed brain. Steps for the pair are taken
    /// on the cube that this one is where nothing else is said.
    public struct Contract: Codable, Sendable, Equatable {
        /// The side of a voxel in millimetres.
        public var spacing = 2.0
        /// Voxels along each side of the cube.
        public var side = 96

        public init() {}

        public init(from decoder: any Decoder) throws {
            let c = try decoder.container(keyedBy: CodingKeys.self)
            spacing = try c.value(.spacing, or: 2)
            side = try c.value(.side, or: 96)
            guard (0.5...8).contains(spacing), (16...512).contains(side), side % 16 == 0 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .side, in: c, debugDescription: "\(side) voxels of \(spacing) mm make no cube to work on")
            }
        }

        fileprivate func cube(around brain: Mask) throws(ImagingError) -> Grid {
            try Grid.cube(around: brain, spacing: spacing, side: side)
        }
    }

    /// A scan and the brain in it, on its grid.
    public struct Scan: Sendable {
        public let volume: Volume
        public let brain: Mask

        public init(_ volume: Volume, brain: Mask) { (self.volume, self.brain) = (volume, brain) }

        fileprivate func croppedToBrain() -> Scan {
            guard let box = brain.box?.expanded(by: 2).clamped(to: brain.grid) else { return self }
            return Scan(volume.frame(0).cropped(to: box), brain: brain.cropped(to: box))
        }
    }

    private let network: TransMorphDiff?
    private let contract: Contract
    private let settings: DeformableRegistration.Settings
    private let precision: ElementType
    private let device: Device

    /// - Parameters:
    ///   - network: nil to go from the affine map straight to the steps for the pair.
    ///   - settings: of those steps.
    public init(
        _ network: TransMorphDiff? = nil, contract: Contract = .init(),
        settings: DeformableRegistration.Settings = .init(), precision: ElementType = .float32, device: Device = .cpu
    ) {
        (self.network, self.contract, self.settings) = (network, contract, settings)
        (self.precision, self.device) = (precision, device)
    }

    /// Builds the network of a shipped model from its weights.
    ///
    /// - Throws: ``NetworkError`` where it is no model for registration, or its weights do not fit.
    public init(
        _ model: ShippedModel, settings: DeformableRegistration.Settings = .init(), precision: ElementType = .float32,
        device: Device = .cpu
    ) throws(NetworkError) {
        let card = try model.card(for: .registration)
        guard card.network == "transmorph-diff" else {
            throw .configuration("\(card.name) is a \(card.network), and registration runs transmorph-diff")
        }
        let weights = Weights(try TensorFiles.open(model.weights), type: precision, device: device)
        let network = try TransMorphDiff(weights, card.configuration(as: TransMorphDiff.Configuration.self))
        try weights.finish()
        let contract = try card.input(as: Contract.self)
        self.init(network, contract: contract, settings: settings, precision: precision, device: device)
    }

    /// What was found.
    public struct Answer: Sendable {
        /// From the fixed scan's places to the moving one's: a displacement, then the affine map.
        public let warp: Warp
        public let affine: Affine
        /// What the scans tell of each other in nats, at the centre-of-mass start and under the affine map.
        public let information: (before: Double, after: Double)
        /// The local similarity before and after the steps for the pair; nil where there were none.
        public let similarity: (before: Double, after: Double)?
        /// The Dice coefficient of the brains where the scans lay, under the affine map and in the end.
        public let dice: (before: Double, affine: Double, after: Double)
    }

    /// - Parameter lap: hears the name of each part of the work when it ends.
    /// - Throws: ``ImagingError`` where there is no brain or no overlap, ``NetworkError`` where the engine fails.
    public func callAsFunction(fixed: Scan, moving: Scan, lap: (String) -> Void = { _ in }) throws -> Answer {
        let fixed = fixed.croppedToBrain(), moving = moving.croppedToBrain()
        let still = try fixed.volume.brainOnly(fixed.brain), other = try moving.volume.brainOnly(moving.brain)
        let affine = try AffineRegistration(
            fixed: still, moving: other, brains: (fixed.brain, moving.brain))
        lap("affine")
        let grid = try Contract().cube(around: fixed.brain)
        // Overlaps of brains are a check, and twice the spacing will do for it.
        let coarse = grid.halved()
        let brains = try (fixed: fixed.brain.resampled(to: coarse), moving: moving.brain.share(on: coarse, affine.map))
        let aligned = brains.fixed.dice(brains.moving)
        guard aligned > 0.1 else {
            throw ImagingError.geometry(
                "the scans do not overlap: from their centres of mass on, no affine map lays the brains over each other"
            )
        }
        var field: DisplacementField?
        if let network {
            let pair = try Self.pair(still, other, affine.map, on: contract.cube(around: fixed.brain))
            field = try Warp(field: answer(of: network, pair.moving, pair.fixed)).field(on: grid)
            lap("network")
        }
        var similarity: (before: Double, after: Double)?
        if settings.steps.contains(where: { $0 > 0 }) {
            let box = Self.box(brains.fixed.union(brains.moving), in: grid)
            let pair = try Self.pair(still, other, affine.map, on: grid)
            let refined = DeformableRegistration(
                fixed: pair.fixed.cropped(to: box), moving: pair.moving.cropped(to: box),
                start: field?.cropped(to: box), settings: settings)
            (field, similarity) = (refined.field, refined.similarity)
            lap("refinement")
        }
        let warp = Warp(field: field, affine: affine.map)
        let before = try moving.brain.share(on: coarse, nil), after = try moving.brain.share(on: coarse, warp)
        return Answer(
            warp: warp, affine: affine.map, information: (affine.informationBefore, affine.informationAfter),
            similarity: similarity,
            dice: (brains.fixed.dice(before), aligned, brains.fixed.dice(after)))
    }

    /// Both brains on one grid, the moving one through the affine map.
    private static func pair(
        _ fixed: Volume, _ moving: Volume, _ map: Affine, on grid: Grid
    ) throws(ImagingError) -> (fixed: Volume, moving: Volume) {
        (
            try fixed.resampled(to: grid, antialiased: true, edge: .faces),
            try moving.onGrid(grid.seen(through: map), at: grid)
        )
    }

    /// The network's field in millimetres.
    private func answer(
        of network: TransMorphDiff, _ moving: Volume, _ fixed: Volume
    ) throws(NetworkError) -> DisplacementField {
        let input = try Tensor(channels: [moving.voxels, fixed.voxels], size: fixed.grid.size)
        let flow = try network(input.converted(to: precision).moved(to: device)).converted(to: .float32)
        let planes = try (0..<3).map { (axis) throws(NetworkError) in
            try flow.selecting(0, along: 0).selecting(axis, along: 0).moved(to: .cpu).voxels()
        }
        let spacing = Float(contract.spacing)
        return DisplacementField(
            grid: fixed.grid,
            vectors: planes[0].indices.map { SIMD3(planes[0][$0], planes[1][$0], planes[2][$0]) * spacing })
    }

    /// The voxels of a grid to work on: the brains, seen at twice its spacing, with a margin, sides in fours.
    private static func box(_ brains: Mask, in grid: Grid) -> Box {
        let coarse = (brains.box ?? Box(brains.grid)).expanded(by: 3)
        let room = Box(lower: coarse.lower &* 2, upper: coarse.upper &* 2).clamped(to: grid)
        return Box(lower: room.lower / 4 &* 4, upper: ((room.upper &+ 3) / 4 &* 4)).clamped(to: grid)
    }
}

extension Volume {
    /// The scan read on one grid and shown on another of the same size.
    fileprivate func onGrid(_ read: Grid, at shown: Grid) throws(ImagingError) -> Volume {
        Volume(grid: shown, voxels: try resampled(to: read, antialiased: true, edge: .faces).voxels)
    }
}

extension Mask {
    fileprivate func share(on grid: Grid, _ affine: Affine) throws(ImagingError) -> Mask {
        try share(on: grid, Warp(affine: affine))
    }

    /// The mask of the moving scan on a grid of the fixed one's space.
    fileprivate func share(on grid: Grid, _ warp: Warp?) throws(ImagingError) -> Mask {
        let labels = try LabelMap(self).warped(by: warp ?? Warp(), onto: grid)
        return Mask(grid: grid, voxels: labels.voxels.map { $0 != 0 })
    }

    /// How much two masks on one grid have in common, from 0 to 1.
    fileprivate func dice(_ other: Mask) -> Double {
        let common = zip(voxels, other.voxels).reduce(0) { $0 + ($1.0 && $1.1 ? 1 : 0) }
        return 2 * Double(common) / Double(max(1, count + other.count))
    }
}
