import BrainData

/// How far a growing tumour pushes what lies around it.
///
/// Each part q of the core swells by a share κ of its volume, and the tissue around yields as an incompressible one without
/// walls would: u(p) = κ/4π · Σ V(q) · (p − q) / |p − q|³, the field whose divergence is κ inside the core and 0 outside.
/// Towards the skull, which does not yield, it fades.
struct MassEffect {
    /// The push along right, anterior and superior in millimetres.
    let fields: [SmoothField]

    /// Millimetres between the points at which the push is computed.
    private static let spacing = 6.0

    /// - Parameters:
    ///   - core: the tumour's core.
    ///   - brain: the brain's outline on the same grid.
    ///   - share: κ.
    init(of core: [Int32], in brain: [Bool], on grid: Grid, share: Double) {
        let blocks = Blocks(of: grid, side: Self.spacing)
        let (sources, room) = (blocks.centres(of: core), blocks.smoothedShare(of: brain))
        let softening = Float(Self.spacing * Self.spacing) / 4  // a block is no point: keeps the push finite inside it
        let strength = Float(share / (4 * .pi) * grid.voxelMillilitres * 1000)
        var values = [[Float]](repeating: [Float](repeating: 0, count: blocks.count), count: 3)
        for n in 0..<blocks.count where room[n] > 0 {
            let place = blocks.place(n)
            var sum = SIMD3<Float>.zero
            for source in sources {
                let away = place - source.centre
                let square = (away * away).sum() + softening
                sum += away * (source.voxels / (square * square.squareRoot()))
            }
            for axis in 0..<3 { values[axis][n] = sum[axis] * strength * room[n] }
        }
        fields = values.map {
            SmoothField(size: blocks.size, spacing: Self.spacing, origin: SIMD3<Double>(blocks.origin), values: $0)
        }
    }
}

/// A coarse lattice of cubes over a grid.
private struct Blocks {
    let size: SIMD3<Int>
    let origin: SIMD3<Float>
    private let grid: Grid
    private let side: Double
    private let voxelsOfOne: Float

    init(of grid: Grid, side: Double) {
        (self.grid, self.side) = (grid, side)
        let spacing = grid.affine.spacing
        let extent = spacing * SIMD3<Double>(grid.size)
        let count = (extent / side).rounded(.up)
        size = SIMD3(Int(count.x) + 1, Int(count.y) + 1, Int(count.z) + 1)
        origin = SIMD3<Float>(grid.affine.origin + side / 2)
        voxelsOfOne = Float(side * side * side / (spacing.x * spacing.y * spacing.z))
    }

    var count: Int { size.x * size.y * size.z }

    func place(_ n: Int) -> SIMD3<Float> {
        let index = SIMD3(Float(n % size.x), Float(n / size.x % size.y), Float(n / (size.x * size.y)))
        return origin + index * Float(side)
    }

    /// The middle and the number of a region's voxels in each cube that has some.
    func centres(of region: [Int32]) -> [(centre: SIMD3<Float>, voxels: Float)] {
        var sums = [SIMD4<Float>](repeating: .zero, count: count)
        for voxel in region {
            let index = grid.voxel(at: Int(voxel))
            let place = SIMD3<Float>(grid.affine(SIMD3<Double>(index)))
            sums[block(of: index)] += SIMD4(place, 1)
        }
        return sums.filter { $0.w > 0 }.map { (SIMD3($0.x, $0.y, $0.z) / $0.w, $0.w) }
    }

    /// 1 deep inside a mask, 0 where half of the surrounding cubes lie outside.
    func smoothedShare(of mask: [Bool]) -> [Float] {
        var counts = [Float](repeating: 0, count: count)
        for voxel in mask.indices where mask[voxel] { counts[block(of: grid.voxel(at: voxel))] += 1 / voxelsOfOne }
        for axis in 0..<3 {
            counts = AxisFilter.blur(length: size[axis], sigma: 1).applied(to: counts, size: size, axis: axis)
        }
        return counts.map { min(max(2 * $0 - 0.9, 0), 1) }
    }

    private func block(of voxel: SIMD3<Int>) -> Int {
        let at = SIMD3<Double>(voxel) * grid.affine.spacing / side
        return Int(at.x) + size.x * (Int(at.y) + size.y * Int(at.z))
    }
}
