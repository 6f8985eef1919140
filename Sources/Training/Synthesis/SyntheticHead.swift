public import BrainData

/// A synthetic case: scans on one grid, what they show, and how it was drawn.
public struct SyntheticHead: Sendable {
    /// What was drawn, for the sidecar beside the files.
    public struct Record: Codable, Sendable, Equatable {
        /// The case's number.
        public let number: Int
        /// The label map it was made from.
        public let map: String
        /// Whether skull and skin are shown.
        public let wholeHead: Bool
        /// Whether intensities have nothing to do with any contrast.
        public let randomContrast: Bool
        /// How the tumour enhances: `rim`, `brokenRim`, `solid` or `none`; nil without a tumour.
        public let enhancement: String?
        /// The volume of the brain in millilitres.
        public let brain: Double
        /// The volume of each tissue of the tumour in millilitres.
        public let tumour: [String: Double]
    }

    /// The scheme of ``labels``.
    public static let scheme = LabelScheme.brats2021

    /// `synthetic-00012`.
    public let name: String
    public let images: [Contrast: Volume]
    /// The tumour under the numbers of ``scheme``.
    public let labels: LabelMap
    /// The brain: its tissue, ventricles, and the fluid between its folds.
    public let brain: Mask
    /// What the images show: the brain as an imperfect extraction left it, or the whole head.
    public let shown: Mask
    public let record: Record

    init(
        number: Int, map: String, isWhole: Bool, isRandom: Bool, images: [Contrast: Volume], brain: Mask, shown: Mask,
        tumour: SyntheticTumour?
    ) {
        let digits = String(number)
        name = "synthetic-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        (self.images, self.brain, self.shown) = (images, brain, shown)
        var labels = LabelMap(grid: brain.grid, voxels: [UInt16](repeating: 0, count: brain.grid.count))
        var counts: [TumourTissue: Int] = [:]
        let numbers = Dictionary(uniqueKeysWithValues: TumourTissue.allCases.map { ($0, Self.scheme.number(of: $0)) })
        for voxel in tumour?.voxels ?? [] where shown.voxels[Int(voxel.index)] {
            labels.voxels[Int(voxel.index)] = numbers[voxel.tissue] ?? 0
            counts[voxel.tissue, default: 0] += 1
        }
        self.labels = labels
        let millilitres = counts.map { ($0.key.rawValue, Double($0.value) * brain.grid.voxelMillilitres) }
        record = Record(
            number: number, map: map, wholeHead: isWhole, randomContrast: isRandom,
            enhancement: tumour?.plan.enhancement.rawValue, brain: brain.millilitres,
            tumour: Dictionary(uniqueKeysWithValues: millilitres))
    }
}
