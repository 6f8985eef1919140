import BrainData
import BrainModels
import NeuralNet

/// Draws augmented patches from cases. Patch n hangs on the seed and n alone, so a resumed training sees the very patches that
/// an uninterrupted one would have seen.
struct PatchSampler: Sendable {
    /// Numbers for one step, the patches of a batch one after the other.
    struct Batch: Sendable {
        /// Channel, k, j, i of each patch, i varying fastest.
        var image: [Float]
        /// Region, k, j, i of each patch.
        var target: [Float]
    }

    let source: any CaseSource
    let sampling: Experiment.Sampling
    let augmentation: Augmentation
    let channels, outputs: Int
    let seed: UInt64

    init(_ source: any CaseSource, _ experiment: Experiment) {
        self.source = source
        (sampling, augmentation, seed) = (experiment.sampling, experiment.augmentation, experiment.seed)
        (channels, outputs) = (experiment.network.inputs, experiment.network.outputs)
    }

    /// The patches of one step.
    func batch(at step: Int) throws -> Batch {
        let count = sampling.patch * sampling.patch * sampling.patch
        var batch = Batch(
            image: [Float](repeating: 0, count: sampling.batch * channels * count),
            target: [Float](repeating: 0, count: sampling.batch * outputs * count))
        for n in 0..<sampling.batch { try draw(n, of: step, into: &batch) }
        return batch
    }

    private func draw(_ n: Int, of step: Int, into batch: inout Batch) throws {
        var random = SplitMix(seed: seed, name: "patch \(step) \(n)")
        let count = sampling.patch * sampling.patch * sampling.patch
        let found = try source.draw(at: step, &random)
        let corner = corner(in: found, &random)
        let flips = (0..<3).map { _ in random.uniform() < augmentation.flip }
        let present = (0..<channels).filter { found.channels[$0] != nil }
        let looks = augmentation.looks(channels: channels, present: present, &random)
        let shown = present.filter { looks[$0] != nil }
        // Generators of their own: what one step draws does not shift the next.
        var spatial = SplitMix(seed: seed, name: "spatial \(step) \(n)")
        var transform = SpatialTransform(side: sampling.patch, corner: corner, flips: flips)
        transform.vary(augmentation, &spatial)
        let cutter = PatchCutter(source: found, transform: transform)
        var slices = SplitMix(seed: seed, name: "slices \(step) \(n)")
        let thickness = augmentation.sliceThickness(&slices)
        batch.image.withUnsafeMutableBufferPointer { image in
            let image = UnsafeMutableBufferPointer(rebasing: image[n * channels * count..<(n + 1) * channels * count])
            batch.target.withUnsafeMutableBufferPointer { target in
                guard let start = image.baseAddress, let marks = target.baseAddress else { return }
                cutter.cut(image: start, shown: shown, target: marks + n * outputs * count, outputs: outputs)
            }
            for channel in shown {
                let values = UnsafeMutableBufferPointer(rebasing: image[channel * count..<(channel + 1) * count])
                var random = SplitMix(seed: seed, name: "intensity \(step) \(n) \(channel)")
                let voxels = ChannelVoxels(values: values, side: sampling.patch)
                voxels.vary(augmentation, look: looks[channel] ?? .init(), &random)
                if let thickness { voxels.lowerResolution(by: thickness, along: 2) }
            }
        }
    }

    /// Where a patch starts: around a voxel of the tumour, or anywhere that the patch and the case share all they can.
    private func corner(in source: PreparedCase, _ random: inout SplitMix) -> SIMD3<Int> {
        let size = source.grid.size
        var corner = SIMD3<Int>.zero
        let centred = random.uniform() < sampling.foreground && !source.foreground.isEmpty
        if centred {
            let n = Int(source.foreground[Int(random.uniform() * Double(source.foreground.count))])
            corner = source.grid.voxel(at: n) &- sampling.patch / 2
        }
        for axis in 0..<3 {
            let free = size[axis] - sampling.patch
            let drawn = random.uniform()
            if !centred { corner[axis] = Int((Double(free) * drawn).rounded()) }
            corner[axis] = min(max(corner[axis], min(0, free)), max(0, free))
        }
        return corner
    }
}
