import NeuralNet

/// A smooth random field over a patch: numbers at a few control points, linear in between.
struct CoarseField: Sendable {
    /// Control points along each axis, at least two; the outer ones lie on the patch's rim.
    let points: Int
    /// Voxels along each side of the patch.
    let side: Int
    /// Four numbers a control point, i varying fastest.
    private let values: [SIMD4<Float>]

    init(points: Int, side: Int, _ value: () -> SIMD4<Float>) {
        (self.points, self.side) = (points, side)
        values = (0..<points * points * points).map { _ in value() }
    }

    /// Writes the row `(j, k)` of the field, `side` values along i.
    func row(j: Int, k: Int, into row: UnsafeMutablePointer<SIMD4<Float>>) {
        let (j0, j1, y) = place(j), (k0, k1, z) = place(k)
        values.withUnsafeBufferPointer { values in
            func knot(_ i: Int) -> SIMD4<Float> {
                func along(_ k: Int) -> SIMD4<Float> {
                    let a = values[i + points * (j0 + points * k)], b = values[i + points * (j1 + points * k)]
                    return a + (b - a) * y
                }
                let a = along(k0), b = along(k1)
                return a + (b - a) * z
            }
            let step = Float(points - 1) / Float(max(1, side - 1))
            var (left, a, b) = (0, knot(0), knot(1))
            for i in 0..<side {
                let t = Float(i) * step
                if t > Float(left + 1), left + 2 < points { (left, a, b) = (left + 1, b, knot(left + 2)) }
                row[i] = a + (b - a) * (t - Float(left))
            }
        }
    }

    /// The control points around voxel `n` of an axis, and how far it lies between them.
    private func place(_ n: Int) -> (Int, Int, Float) {
        let t = Float(n) * Float(points - 1) / Float(max(1, side - 1))
        let left = min(Int(t), points - 2)
        return (left, left + 1, t - Float(left))
    }
}
