import BrainData
import NeuralNet

/// A made-up scan without a skull: a block of tissue in a field of zeros.
enum Phantom {
    static let size: SIMD3<Int> = [30, 34, 28]
    static let box = Box(lower: [4, 5, 6], upper: [24, 27, 22])

    static func scan(
        seed: UInt64, spacing: Double = 1, origin: SIMD3<Double> = [-10, 20, 5]
    ) -> Volume {
        // Columns run to the left, to the back and upwards, as in BraTS.
        let affine = Affine(i: [-spacing, 0, 0], j: [0, -spacing, 0], k: [0, 0, spacing], origin: origin)
        var volume = Volume(
            grid: Grid(size: size, affine: affine), voxels: [Float](repeating: 0, count: size.x * size.y * size.z))
        var random = SplitMix(seed: seed)
        for k in box.lower.z..<box.upper.z {
            for j in box.lower.y..<box.upper.y {
                for i in box.lower.x..<box.upper.x { volume[i, j, k] = Float(100 + 20 * random.uniform() + Double(i)) }
            }
        }
        return volume
    }
}
