import BrainData

/// How a head lies in its scanner.
enum Pose {
    /// How far the long axis of the cerebrum points up at the front in scans that are aligned to an atlas by the line between
    /// the commissures, in degrees; measured on public tumour scans.
    private static let pitch = 8.0

    /// The turn that brings directions of an aligned head to those of a map; none where the cerebrum has no long axis, or one
    /// that runs nowhere near from back to front.
    ///
    /// - Parameter cerebrum: on the map's grid.
    static func turn(of cerebrum: Mask) -> Affine {
        let none = Affine(spacing: [1, 1, 1])
        guard let long = longAxis(of: cerebrum), long.y > 0.7 else { return none }
        let aligned = Deformation.rotation(by: pitch * .pi / 180, about: 0)([0, 1, 0])
        return rotation(from: aligned, to: long)
    }

    /// The smallest turn that takes one direction to another (Rodrigues' formula).
    private static func rotation(from a: SIMD3<Double>, to b: SIMD3<Double>) -> Affine {
        let axis = cross(a, b), cosine = (a * b).sum()
        func turned(_ v: SIMD3<Double>) -> SIMD3<Double> {
            let once = cross(axis, v)
            return v + once + cross(axis, once) / (1 + cosine)
        }
        return Affine(i: turned([1, 0, 0]), j: turned([0, 1, 0]), k: turned([0, 0, 1]), origin: .zero)
    }

    /// The direction in which a region is longest, towards the front: the first principal axis, by power iteration.
    private static func longAxis(of region: Mask) -> SIMD3<Double>? {
        var (count, sum, squares) = (0.0, SIMD3<Double>.zero, [SIMD3<Double>](repeating: .zero, count: 3))
        for n in region.voxels.indices where region.voxels[n] {
            let place = region.grid.affine(SIMD3<Double>(region.grid.voxel(at: n)))
            count += 1
            sum += place
            for axis in 0..<3 { squares[axis] += place * place[axis] }
        }
        guard count > 0 else { return nil }
        let rows = (0..<3).map { squares[$0] / count - sum / count * (sum[$0] / count) }
        var direction = SIMD3<Double>(0, 1, 0)
        for _ in 0..<100 {
            let next = SIMD3((rows[0] * direction).sum(), (rows[1] * direction).sum(), (rows[2] * direction).sum())
            let length = (next * next).sum().squareRoot()
            guard length > 0 else { return nil }
            direction = next / length
        }
        return direction
    }

    private static func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
        [a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x]
    }
}
