import BrainData
import Foundation
import NeuralNet

/// A tumour in a synthetic brain, voxel by voxel.
struct SyntheticTumour {
    /// A voxel of the tumour, its tissue, and how far that has taken the place of what was there, from 0 to 1.
    struct Voxel {
        let index: Int32
        let tissue: TumourTissue
        let strength: Float
    }

    /// How far oedema has taken the place of what was there, at least.
    private static let weakest: Float = 0.35

    let voxels: [Voxel]
    let plan: TumourPlan

    /// How quickly oedema spreads: along the white matter, hardly into the cortex, not into fluid. The ratio for white and
    /// grey matter is near the factor of five by which glioma cells spread differently there (Swanson, Alvord, Murray, *A
    /// quantitative model for differential motility of gliomas in grey and white matter*, Cell Proliferation 33, 2000).
    private static func speed(_ tissue: HeadTissue) -> Float {
        switch tissue {
        case .whiteMatter, .cerebellarWhiteMatter, .lesion: 1
        case .thalamus, .putamen, .caudate, .pallidum, .brainstem, .hippocampus: 0.3
        case .cortex, .cerebellarCortex: 0.25
        default: 0
        }
    }

    /// Oedema around a core.
    ///
    /// - Parameter anatomy: the map's voxels after the core has pushed them aside.
    init(_ plan: TumourPlan, around core: TumourCore, in anatomy: [UInt8], on grid: Grid, _ random: inout SplitMix) {
        let (lower, upper) = grid.bounds
        let paths = SmoothField(scale: 25, from: lower, to: upper, &random)
        let density = SmoothField(scale: 12, from: lower, to: upper, &random)
        let table = (0...UInt8.max).map { Self.speed(HeadTissue(rawValue: $0 & 0x7F) ?? .air) }
        let whole = max(Int(plan.whole / grid.voxelMillilitres), core.voxels.count)
        func place(_ n: Int) -> SIMD3<Double> { grid.affine(SIMD3<Double>(grid.voxel(at: n))) }
        let front = GrowthFront(from: core.voxels.map(Int.init), reaching: whole, size: grid.size) { n in
            let speed = anatomy[n] & HeadMap.brainBit == 0 ? 0 : table[Int(anatomy[n])]
            return speed > 0 ? exp(0.7 * paths(place(n))) / speed : .infinity
        }
        let end = max(front.times.last ?? 1, 1)
        var strengths = [Float](repeating: 0, count: grid.count)
        for (index, time) in zip(front.reached, front.times) {
            let strength = 1 - 0.45 * time / end + 0.12 * density(place(Int(index)))
            strengths[Int(index)] = min(max(strength, Self.weakest), 1)
        }
        let inCore = Set(core.voxels)
        let oedema = Self.rounded(strengths, on: grid).filter { n in
            !inCore.contains(n) && anatomy[Int(n)] & HeadMap.brainBit != 0 && table[Int(anatomy[Int(n)])] > 0
        }
        let solid = zip(core.voxels, core.enhances).filter { anatomy[Int($0.0)] & HeadMap.brainBit != 0 }
        let voxels =
            solid.map { Voxel(index: $0, tissue: $1 ? .enhancing : .core, strength: 1) }
            + oedema.map { Voxel(index: $0, tissue: .oedema, strength: max(strengths[Int($0)], Self.weakest)) }
        (self.voxels, self.plan) = (voxels, plan)
    }

    /// The voxels that are reached, with a smoother outline.
    private static func rounded(_ strengths: [Float], on grid: Grid) -> [Int32] {
        let reached = Mask(grid: grid, voxels: strengths.map { $0 > 0 })
        guard let box = reached.box?.expanded(by: 3).clamped(to: grid) else { return [] }
        let soft = AxisFilter.blurred(reached.cropped(to: box), sigma: 1.5)
        var indices: [Int32] = []
        for n in soft.indices where soft[n] > 0.5 {
            let at = box.lower &+ SIMD3(n % box.size.x, n / box.size.x % box.size.y, n / (box.size.x * box.size.y))
            indices.append(Int32(at.x + grid.size.x * (at.y + grid.size.y * at.z)))
        }
        return indices
    }
}
