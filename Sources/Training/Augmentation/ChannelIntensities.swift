import Foundation
import NeuralNet

/// One channel of a patch, `k, j, i` with i varying fastest. Everything done to it leaves zeros, the air, as they are.
struct ChannelVoxels {
    let values: UnsafeMutableBufferPointer<Float>
    let side: Int

    /// Puts the steps of an augmentation that are drawn for this channel to work.
    ///
    /// - Parameter look: scale and shift, which come last.
    func vary(_ augmentation: Augmentation, look: Augmentation.Look, _ random: inout SplitMix) {
        if let width = augmentation.blur.draw(&random) { blur(deviation: width) }
        if augmentation.lowResolution.draw(&random) != nil {
            let factor = augmentation.lowResolution.block(&random)
            let (isThick, axis) = (random.uniform() < 0.5, Int(random.uniform() * 3))
            for n in 0..<3 where !isThick || n == axis { lowerResolution(by: factor, along: n) }
        }
        if let strength = augmentation.bias.draw(&random) {
            let field = CoarseField(points: 4, side: side) {
                SIMD4(repeating: Float(pow(1 + strength, 2 * random.uniform() - 1)))
            }
            multiply(by: field)
        }
        if augmentation.gamma.draw(&random) != nil {
            raise(to: Float(pow(1 + augmentation.gamma.upTo, 2 * random.uniform() - 1)))
        }
        if let deviation = augmentation.noise.draw(&random) { addNoise(deviation: Float(deviation), &random) }
        if look != .init() { apply(look) }
    }

    func apply(_ look: Augmentation.Look) {
        for n in values.indices where values[n] != 0 { values[n] = values[n] * look.scale + look.shift }
    }

    /// Noise as the sum of four even draws (Irwin–Hall): close to a Gaussian, ending at 3.5 deviations, and fast.
    func addNoise(deviation: Float, _ random: inout SplitMix) {
        let unit = deviation * Float(3).squareRoot() / 65536
        for n in values.indices {
            let draw = random.next()
            guard values[n] != 0 else { continue }
            let sum = (draw & 0xffff) + (draw >> 16 & 0xffff) + (draw >> 32 & 0xffff) + draw >> 48
            values[n] += (Float(Int32(truncatingIfNeeded: sum)) - 131_070) * unit
        }
    }

    /// Counts intensities from the darkest voxel, as a scanner's coil would, and multiplies them by the field's first number.
    func multiply(by field: CoarseField) {
        guard let least = extent?.lowerBound else { return }
        withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: side) { row in
            guard let start = row.baseAddress else { return }
            for line in 0..<side * side {
                field.row(j: line % side, k: line / side, into: start)
                for i in 0..<side where values[line * side + i] != 0 {
                    values[line * side + i] = (values[line * side + i] - least) * row[i].x + least
                }
            }
        }
    }

    /// Gamma: brightens or darkens the middle tones, then restores mean and standard deviation.
    func raise(to power: Float) {
        guard let extent, extent.upperBound > extent.lowerBound else { return }
        let (before, least) = (moments, extent.lowerBound)
        let range = extent.upperBound - least
        for n in values.indices where values[n] != 0 {
            values[n] = pow((values[n] - least) / range, power) * range + least
        }
        let after = moments
        let scale = after.deviation > 0 ? before.deviation / after.deviation : 1
        for n in values.indices where values[n] != 0 {
            values[n] = (values[n] - after.mean) * scale + before.mean
        }
    }

    /// The darkest and the brightest voxel that is not air; nil where all is air.
    var extent: ClosedRange<Float>? {
        var (low, high) = (Float.infinity, -Float.infinity)
        for value in values where value != 0 {
            low = min(low, value)
            high = max(high, value)
        }
        return low <= high ? low...high : nil
    }

    /// Mean and standard deviation of what is not air.
    var moments: (mean: Float, deviation: Float) {
        var (sum, squares, count) = (0.0, 0.0, 0.0)
        for value in values where value != 0 {
            sum += Double(value)
            squares += Double(value) * Double(value)
            count += 1
        }
        let mean = sum / max(1, count)
        return (Float(mean), Float(max(0, squares / max(1, count) - mean * mean).squareRoot()))
    }
}
