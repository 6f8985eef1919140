import BrainData
import Foundation
import NeuralNet

/// The core of a synthetic tumour: where it lies, and which parts of it enhance.
struct TumourCore {
    /// The voxels of all foci.
    let voxels: [Int32]
    /// For each of them whether it enhances.
    let enhances: [Bool]

    /// How eagerly a focus begins in a tissue; gliomas of adults are rare below the tentorium.
    private static let origins: [HeadTissue: Double] = [
        .whiteMatter: 1, .thalamus: 0.4, .caudate: 0.4, .putamen: 0.4, .hippocampus: 0.3, .cortex: 0.1, .brainstem: 0.1,
        .cerebellarWhiteMatter: 0.05,
    ]
    /// How quickly a core grows into a tissue. It takes in furrows slowly; ventricles and the fluid between the halves hold
    /// it up.
    private static func speed(_ tissue: HeadTissue) -> Float {
        switch tissue {
        case .whiteMatter, .lesion: 1
        case .fluid: 0.12
        case .ventricle, .choroidPlexus, .dura, .vein, .artery: 0.03
        default: tissue.isParenchyma ? 0.65 : 0
        }
    }

    /// - Parameters:
    ///   - anatomy: the map's voxels on the grid, ``HeadMap/brainBit`` inside the brain's outline.
    init?(_ plan: TumourPlan, in anatomy: [UInt8], on grid: Grid, _ random: inout SplitMix) {
        let (lower, upper) = grid.bounds
        let lobes = SmoothField(scale: 30, from: lower, to: upper, &random)
        let knobs = SmoothField(scale: 11, from: lower, to: upper, &random)
        let table = (0...UInt8.max).map { Self.speed(HeadTissue(rawValue: $0 & 0x7F) ?? .air) }
        var taken = [Bool](repeating: false, count: grid.count)
        for millilitres in plan.cores {
            guard let seed = Self.seed(in: anatomy, avoiding: taken, &random) else { break }
            let count = max(1, Int(millilitres / grid.voxelMillilitres))
            let front = GrowthFront(from: [seed], reaching: count, size: grid.size) { n in
                let speed = anatomy[n] & HeadMap.brainBit == 0 ? 0 : table[Int(anatomy[n])]
                guard speed > 0 else { return .infinity }
                let place = grid.affine(SIMD3<Double>(grid.voxel(at: n)))
                return exp(0.35 * lobes(place) + 0.2 * knobs(place)) / speed
            }
            for voxel in front.reached { taken[Int(voxel)] = true }
        }
        guard let core = Self.rounded(taken, on: grid, within: anatomy) else { return nil }
        voxels = core.voxels.indices.filter { core.voxels[$0] }.map(Int32.init)
        enhances = Self.enhancing(plan, core, voxels, &random)
    }

    private static func seed(in anatomy: [UInt8], avoiding taken: [Bool], _ random: inout SplitMix) -> Int? {
        var counts = [Int](repeating: 0, count: 256)
        for n in anatomy.indices where !taken[n] { counts[Int(anatomy[n])] += 1 }
        let choices = HeadTissue.allCases.compactMap { tissue -> (code: UInt8, weight: Double)? in
            let code = tissue.rawValue | HeadMap.brainBit
            guard let weight = origins[tissue], counts[Int(code)] > 0 else { return nil }
            return (code, weight * Double(counts[Int(code)]))
        }
        var drawn = random.uniform() * choices.reduce(0) { $0 + $1.weight }
        guard
            let choice = choices.first(where: {
                drawn -= $0.weight; return drawn < 0
            }) ?? choices.last
        else { return nil }
        var rank = Int(random.uniform() * Double(counts[Int(choice.code)]))
        for n in anatomy.indices where anatomy[n] == choice.code && !taken[n] {
            if rank == 0 { return n }
            rank -= 1
        }
        return nil
    }

    /// The same region with a smoother outline, and without holes.
    private static func rounded(_ taken: [Bool], on grid: Grid, within anatomy: [UInt8]) -> Mask? {
        let mask = Mask(grid: grid, voxels: taken)
        guard let box = mask.box?.expanded(by: 4).clamped(to: grid) else { return nil }
        var part = mask.cropped(to: box)
        let soft = AxisFilter.blurred(part, sigma: 1.5)
        for n in part.voxels.indices { part.voxels[n] = soft[n] > 0.5 }
        var whole = part.holesFilled().placed(in: grid, at: box)
        for n in whole.voxels.indices where whole.voxels[n] && anatomy[n] & HeadMap.brainBit == 0 {
            whole.voxels[n] = false
        }
        return whole.count > 0 ? whole : mask
    }

    /// The rim is as thick as a smooth field says; where it is broken another field leaves gaps in it.
    private static func enhancing(
        _ plan: TumourPlan, _ core: Mask, _ voxels: [Int32], _ random: inout SplitMix
    ) -> [Bool] {
        guard plan.enhancement != .none, let tight = core.box else { return voxels.map { _ in false } }
        let box = tight.expanded(by: 1), grid = core.grid.cropped(to: box)
        let (lower, upper) = grid.bounds
        let thickness = SmoothField(scale: 12, from: lower, to: upper, &random)
        let gaps = SmoothField(scale: 18, from: lower, to: upper, &random)
        let share = random.uniform(in: 0.2...1.4)
        let finest = Float(1.01 * core.grid.affine.spacing.max())  // the outermost voxels always enhance
        let depths = core.cropped(to: box).inverted.squaredDistances()
        return voxels.map { n in
            let voxel = core.grid.voxel(at: Int(n)), inside = voxel &- box.lower
            let place = core.grid.affine(SIMD3<Double>(voxel))
            let depth = depths[inside.x + box.size.x * (inside.y + box.size.y * inside.z)].squareRoot()
            switch plan.enhancement {
            case .solid: return thickness(place) < 1.8
            case .brokenRim where Double(gaps(place)) > share: return false
            default: return depth <= max(finest, Float(plan.rim) * (1 + 0.5 * thickness(place)))
            }
        }
    }
}
