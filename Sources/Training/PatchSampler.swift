import BrainData
import BrainModels
import NeuralNet

/// Draws augmented patches from prepared cases. Patch n hangs on the seed and n alone, so a resumed training sees the very
/// patches that an uninterrupted one would have seen.
struct PatchSampler: Sendable {
    /// Numbers for one step, the patches of a batch one after the other.
    struct Batch: Sendable {
        /// Channel, k, j, i of each patch, i varying fastest.
        var image: [Float]
        /// Region, k, j, i of each patch.
        var target: [Float]
    }

    let cases: [PreparedCase]
    let sampling: Experiment.Sampling
    let augmentation: Augmentation
    let outputs: Int
    let seed: UInt64

    /// The patches of one step.
    func batch(at step: Int) -> Batch {
        let side = sampling.patch
        let count = side * side * side
        let channels = cases[0].input.channels.count
        var batch = Batch(
            image: [Float](repeating: 0, count: sampling.batch * channels * count),
            target: [Float](repeating: 0, count: sampling.batch * outputs * count))
        for n in 0..<sampling.batch {
            var random = SplitMix(seed: seed, name: "patch \(step) \(n)")
            let source = cases[Int(random.uniform() * Double(cases.count))]
            let corner = corner(in: source, &random)
            let flips = (0..<3).map { _ in random.uniform() < augmentation.flip }
            let looks = augmentation.looks(channels: channels, &random)
            for channel in 0..<channels {
                guard let look = looks[channel], let voxels = source.input.channels[channel] else { continue }
                copy(from: source, at: corner, flips, to: &batch.image, from: (n * channels + channel) * count) {
                    voxels[$0] == 0 ? 0 : voxels[$0] * look.scale + look.shift
                }
            }
            for output in 0..<outputs {
                copy(from: source, at: corner, flips, to: &batch.target, from: (n * outputs + output) * count) {
                    source.regions[$0] & (1 << UInt8(output)) != 0 ? 1 : 0
                }
            }
        }
        return batch
    }

    /// Where a patch starts: around a voxel of the tumour, or anywhere that the patch and the case share all they can.
    private func corner(in source: PreparedCase, _ random: inout SplitMix) -> SIMD3<Int> {
        let size = source.input.grid.size
        var corner = SIMD3<Int>.zero
        let centred = random.uniform() < sampling.foreground && !source.foreground.isEmpty
        if centred {
            let n = Int(source.foreground[Int(random.uniform() * Double(source.foreground.count))])
            corner = SIMD3(n % size.x, n / size.x % size.y, n / (size.x * size.y)) &- sampling.patch / 2
        }
        for axis in 0..<3 {
            let free = size[axis] - sampling.patch
            let drawn = random.uniform()
            if !centred { corner[axis] = Int((Double(free) * drawn).rounded()) }
            corner[axis] = min(max(corner[axis], min(0, free)), max(0, free))
        }
        return corner
    }

    /// Copies a patch row by row; beyond the case it stays zero.
    private func copy(
        from source: PreparedCase, at corner: SIMD3<Int>, _ flips: [Bool], to target: inout [Float], from start: Int,
        _ value: (Int) -> Float
    ) {
        let size = source.input.grid.size, side = sampling.patch
        let from = max(0, -corner.x), to = min(side, size.x - corner.x)
        guard from < to else { return }
        target.withUnsafeMutableBufferPointer { target in
            for k in 0..<side {
                let z = corner.z + k
                guard z >= 0, z < size.z else { continue }
                for j in 0..<side {
                    let y = corner.y + j
                    guard y >= 0, y < size.y else { continue }
                    let read = corner.x + size.x * (y + size.y * z)
                    let row = start + side * ((flips[1] ? side - 1 - j : j) + side * (flips[2] ? side - 1 - k : k))
                    for i in from..<to { target[row + (flips[0] ? side - 1 - i : i)] = value(read + i) }
                }
            }
        }
    }
}
