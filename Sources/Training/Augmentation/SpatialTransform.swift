import Foundation
import NeuralNet

/// Where the voxels of a patch lie in their case: `centre + axes · (voxel − middle of the patch) + displacement`, in voxels.
struct SpatialTransform: Sendable {
    /// Voxels along each side of the patch.
    let side: Int
    /// The place in the case that the middle of the patch shows.
    let centre: SIMD3<Float>
    /// The way in the case from one voxel of the patch to the next along i, j and k.
    var axes: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)
    /// Displacements along i, j and k; nil for none.
    var displacement: CoarseField?
    /// Whether places lie between the case's voxels.
    var interpolates: Bool

    /// A plain copy, mirrored along some axes.
    init(side: Int, corner: SIMD3<Int>, flips: [Bool]) {
        self.side = side
        centre = SIMD3<Float>(corner) + Float(side - 1) / 2
        func sign(_ axis: Int) -> Float { flips[axis] ? -1 : 1 }
        axes = (SIMD3(sign(0), 0, 0), SIMD3(0, sign(1), 0), SIMD3(0, 0, sign(2)))
        interpolates = false
    }

    /// Turns, scales and bends, where drawn.
    mutating func vary(_ augmentation: Augmentation, _ random: inout SplitMix) {
        var turns = SIMD3<Double>.zero
        if augmentation.rotation.draw(&random) != nil {
            for axis in 0..<3 { turns[axis] = augmentation.rotation.upTo * (2 * random.uniform() - 1) }
            turn(degrees: turns)
        }
        if augmentation.scaling.draw(&random) != nil {
            // The way grows where the picture shrinks.
            scale(by: Float(pow(1 + augmentation.scaling.upTo, 2 * random.uniform() - 1)))
        }
        if let strength = augmentation.elastic.draw(&random) {
            let reach = Float(strength)
            displacement = CoarseField(points: max(2, (side + 12) / 24 + 1), side: side) {
                var way = SIMD4<Float>.zero
                for axis in 0..<3 { way[axis] = reach * Float(2 * random.uniform() - 1) }
                return way
            }
            interpolates = true
        }
    }

    /// Turns about i, then j, then k.
    mutating func turn(degrees: SIMD3<Double>) {
        func turned(_ v: SIMD3<Float>) -> SIMD3<Float> {
            var v = v
            for axis in 0..<3 {
                let angle = degrees[axis] * .pi / 180, a = (axis + 1) % 3, b = (axis + 2) % 3
                let (c, s) = (Float(cos(angle)), Float(sin(angle)))
                (v[a], v[b]) = (c * v[a] - s * v[b], s * v[a] + c * v[b])
            }
            return v
        }
        axes = (turned(axes.0), turned(axes.1), turned(axes.2))
        interpolates = true
    }

    mutating func scale(by factor: Float) {
        axes = (axes.0 * factor, axes.1 * factor, axes.2 * factor)
        interpolates = true
    }

    /// Writes the places of row `(j, k)`.
    ///
    /// - Parameter bend: room for `side` displacements.
    func row(
        j: Int, k: Int, bend: UnsafeMutablePointer<SIMD4<Float>>, into places: UnsafeMutablePointer<SIMD3<Float>>
    ) {
        let middle = Float(side - 1) / 2
        let start = centre + axes.1 * (Float(j) - middle) + axes.2 * (Float(k) - middle) - axes.0 * middle
        for i in 0..<side { places[i] = start + axes.0 * Float(i) }
        guard let displacement else { return }
        displacement.row(j: j, k: k, into: bend)
        for i in 0..<side { places[i] += SIMD3(bend[i].x, bend[i].y, bend[i].z) }
    }
}
