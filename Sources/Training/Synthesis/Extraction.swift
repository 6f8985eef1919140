import BrainData
import NeuralNet

/// An imperfect brain extraction: the true outline, shifted in or out as a whole and from place to place.
struct Extraction {
    private let shift, waviness: Float

    /// How far the outline is blurred, in millimetres, so that a level of it other than a half lies in or out of the true one;
    /// and the distance over which the error stays alike.
    private static let (blur, scale) = (2.5, 25.0)

    init(_ settings: Synthesis.Stripping, _ random: inout SplitMix) {
        shift = Float(settings.shift * random.normal())
        waviness = Float(settings.waviness)
    }

    func mask(of brain: Mask, _ random: inout SplitMix) -> Mask {
        let grid = brain.grid, size = grid.size
        let soft = AxisFilter.blurred(brain, sigma: Self.blur / grid.affine.spacing.x)
        let (lower, upper) = grid.bounds
        let slope = Float(1 / (Self.blur * (2 * Double.pi).squareRoot()))  // of a blurred edge, per millimetre
        let field = SmoothField(scale: Self.scale, from: lower, to: upper, &random).mapped {
            0.5 - slope * min(max(shift + waviness * $0, -2.5), 2.5)
        }
        var rows = FieldRows(field, on: grid)
        var limits = [Float](repeating: 0, count: size.x)
        var mask = brain
        for line in 0..<size.y * size.z {
            limits.withUnsafeMutableBufferPointer { rows.read(line % size.y, line / size.y, into: $0.baseAddress!) }
            for i in 0..<size.x { mask.voxels[line * size.x + i] = soft[line * size.x + i] > limits[i] }
        }
        return mask
    }
}
