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

    let voxels: [Voxel]
    let plan: TumourPlan

    /// How quickly oedema spreads: along the white matter, hardly into the cortex, not into fluid. The ratio for white and
    /// grey matter is near the factor of five by which glioma cells spread differently there (Swanson, Alvord, Murray, *A
    /// quantitative model for differential motility of gliomas in grey and white matter*, Cell Proliferation 33, 2000).
    private static func speed(_ tissue: HeadTissue) -> Float {
        switch tissue {
        case .whiteMatter, .cerebellarWhiteMatter, .lesion: 1
        case .thalamus, .putamen, .caudate, .pallidum, .brainstem, .hippocampus: 0.3
        case .cortex, .cerebellarCortex: 0.2
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
        func place(_ n: Int) -> SIMD3<Double> { grid.affine(SIMD3<Double>(grid.voxel(n))) }
        let front = GrowthFront(from: core.voxels.map(Int.init), reaching: whole, size: grid.size) { n in
            let speed = anatomy[n] & HeadMap.brainBit == 0 ? 0 : table[Int(anatomy[n])]
            return speed > 0 ? exp(0.7 * paths(place(n))) / speed : .infinity
        }
        var voxels = zip(core.voxels, core.enhances).map {
            Voxel(index: $0, tissue: $1 ? .enhancing : .core, strength: 1)
        }
        let end = max(front.times.last ?? 1, 1)
        for (index, time) in zip(front.reached, front.times).dropFirst(core.voxels.count) {
            let strength = 1 - 0.45 * time / end + 0.12 * density(place(Int(index)))
            voxels.append(Voxel(index: index, tissue: .oedema, strength: min(max(strength, 0.35), 1)))
        }
        (self.voxels, self.plan) = (voxels, plan)
    }
}
