import BrainData

/// The block that a case shows: the brain, or the head down to somewhere in the neck.
struct FieldOfView {
    private let lower, upper: SIMD3<Double>

    /// Millimetres between the voxels that the head is looked for on, and around what is found.
    private static let (step, margin) = (5.0, 6.0)

    /// - Parameter edges: for a whole head, the millimetres below and above the brain that are shown; below 0 they cut into it.
    init(of map: HeadMap, _ deformation: Deformation, edges: (neck: Double, crown: Double)?) {
        let count = Int(2 * Deformation.reach.x / Self.step)
        let coarse = Grid(
            size: SIMD3(repeating: count),
            affine: Affine(spacing: SIMD3(repeating: Self.step), origin: -Deformation.reach))
        let voxels = deformation.voxels(of: map, on: coarse)
        let whole = Box(coarse)
        let brain = Mask(grid: coarse, voxels: voxels.map { $0 & HeadMap.brainBit != 0 }).box ?? whole
        var box = brain
        if let edges {
            box = Mask(grid: coarse, voxels: voxels.map { $0 != 0 }).box ?? whole
            box.lower.z = max(box.lower.z, brain.lower.z - Int(edges.neck / Self.step))
            box.upper.z = min(box.upper.z, brain.upper.z + Int(edges.crown / Self.step))
        }
        lower = coarse.affine(SIMD3<Double>(box.lower)) - Self.margin
        upper = coarse.affine(SIMD3<Double>(box.upper &- 1)) + Self.margin
    }

    /// Cubic voxels that fill the block.
    func grid(spacing: Double) -> Grid {
        let count = ((upper - lower) / spacing).rounded(.up)
        return Grid(
            size: SIMD3(Int(count.x) + 1, Int(count.y) + 1, Int(count.z) + 1),
            affine: Affine(spacing: SIMD3(repeating: spacing), origin: lower))
    }
}
