public import NeuralNet

/// A field on a coarse grid of control points, and the smooth field that cubic B-splines make of it.
///
/// Rueckert et al., *Nonrigid registration using free-form deformations*, IEEE Transactions on Medical Imaging 18, 1999,
/// [doi:10.1109/42.796284](https://doi.org/10.1109/42.796284).
public struct BSplineGrid: Sendable {
    /// Voxels between control points along i, j and k.
    public let spacing: [Int]

    public init(spacing: [Int]) { self.spacing = spacing }

    /// Control points along each axis of an image: one beyond its first voxel, and as many as its last one wants.
    public func points(for sides: [Int]) -> [Int] {
        zip(sides, spacing).map { side, step in (side - 1 + step - 1) / step + 3 }
    }

    /// The field at every voxel.
    ///
    /// - Parameters:
    ///   - controls: `[batch, channel, i, j, k]` with ``points(for:)`` of the sides.
    ///   - sides: voxels of the image along i, j and k.
    /// - Returns: `[batch, channel, sides…]`.
    public func field(_ controls: Tensor, sides: [Int]) throws(NetworkError) -> Tensor {
        var field = controls
        for axis in 0..<3 {
            let weights = try Self.weights(side: sides[axis], points: field.shape[axis + 2], step: spacing[axis])
                .converted(to: field.type).moved(to: field.device)
            // The axis goes last, is multiplied, and goes back.
            var order = Array(0..<5)
            order.swapAt(axis + 2, 4)
            field = try field.permuted(order).matmul(weights).permuted(order)
        }
        return try field.contiguous()
    }

    /// What each control point gives to each voxel along one axis, `[point, voxel]`.
    private static func weights(side: Int, points: Int, step: Int) throws(NetworkError) -> Tensor {
        let values = (0..<points).flatMap { point in
            (0..<side).map { Float(cubic(Double($0) / Double(step) + 1 - Double(point))) }
        }
        return try Tensor(values, shape: [points, side])
    }

    /// The cubic B-spline, which is 0 from ±2 on.
    private static func cubic(_ x: Double) -> Double {
        let t = abs(x)
        if t >= 2 { return 0 }
        return t < 1 ? 2.0 / 3 + (t / 2 - 1) * t * t : (2 - t) * (2 - t) * (2 - t) / 6
    }
}
