public import NeuralNet

/// A map between two scans as a displacement of every voxel: voxel x of the fixed grid is found at x + u(x) of the
/// moving one.
///
/// Displacements are `[batch, 3, i, j, k]`, in voxels along i, j and k. Outside its grid a field is 0.
public struct FlowField: Sendable {
    public let displacements: Tensor

    /// - Parameter displacements: `[batch, 3, i, j, k]`, in voxels along i, j and k.
    public init(_ displacements: Tensor) { self.displacements = displacements }

    /// Follows a stationary velocity for a unit of time: the velocity divided by 2ⁿ, composed with itself n times.
    ///
    /// Arsigny et al., *A Log-Euclidean Framework for Statistics on Diffeomorphisms*, MICCAI 2006, LNCS 4190, 924–931,
    /// [doi:10.1007/11866565_113](https://doi.org/10.1007/11866565_113).
    ///
    /// - Parameter velocity: `[batch, 3, i, j, k]`, in voxels along i, j and k.
    public init(velocity: Tensor, squarings: Int = 7) throws(NetworkError) {
        precondition((0..<63).contains(squarings), "\(squarings) squarings")
        self = try FlowField(velocity.scaled(by: 1 / Double(1 << squarings))).squared(times: squarings)
    }

    /// The images or labels `[batch, channel, i, j, k]` of the moving grid on the fixed one.
    public func warp(_ x: Tensor, _ interpolation: Tensor.Interpolation = .linear) throws(NetworkError) -> Tensor {
        try x.warped(by: displacements, interpolation)
    }

    /// The map that goes along `first` and then along this field: `u(x) = first(x) + self(x + first(x))`.
    public func composed(after first: FlowField) throws(NetworkError) -> FlowField {
        try FlowField(first.displacements + displacements.warped(by: first.displacements))
    }

    /// The map taken 2ⁿ times, by composing it with itself n times.
    public func squared(times: Int) throws(NetworkError) -> FlowField {
        var field = self
        for _ in 0..<times { field = try field.composed(after: field) }
        return field
    }

    /// The map back, by fixed-point iteration: `v ← −u(x + v)`. It converges where u changes by less than a voxel a
    /// voxel.
    ///
    /// Chen et al., *A simple fixed-point approach to invert a deformation field*, Medical Physics 35, 2008,
    /// [doi:10.1118/1.2816107](https://doi.org/10.1118/1.2816107).
    ///
    /// - Parameters:
    ///   - iterations: at most.
    ///   - tolerance: ends when the root mean square of the last change, in voxels, is below it.
    public func inverse(iterations: Int = 30, tolerance: Double = 1e-4) throws(NetworkError) -> FlowField {
        try Engine.run { () throws(NetworkError) -> FlowField in
            var back = try displacements.scaled(by: -1)
            for _ in 0..<iterations {
                let next = try displacements.warped(by: back).scaled(by: -1)
                let change = try (next - back).squared().mean().doubles()[0].squareRoot()
                back = next
                if change < tolerance { break }
            }
            return FlowField(back)
        }
    }

    /// How a derivative is taken from voxels.
    public enum Differences: Sendable {
        /// Half the difference of both neighbours, one-sided at the borders, as published figures of folds are: one
        /// number a voxel.
        case central
        /// The difference to the next voxel: one number fewer along every axis.
        case forward
    }

    /// By how much the map stretches the volume around every voxel, `[batch, 1, i, j, k]`; it folds where this is not
    /// above 0.
    ///
    /// - Precondition: every side has at least two voxels.
    public func jacobianDeterminants(_ differences: Differences = .central) throws(NetworkError) -> Tensor {
        // d[a][b]: how component b of x + u changes along axis a, [batch, 1, i, j, k].
        let d = try (0..<3).map { (a) throws(NetworkError) -> [Tensor] in
            let slope = try slope(along: a, differences)
            return try (0..<3).map { (b) throws(NetworkError) in
                try slope.narrowed(1, from: b, length: 1).scaled(by: 1, plus: a == b ? 1 : 0)
            }
        }
        func minor(_ b: Int, _ c: Int) throws(NetworkError) -> Tensor { try d[1][b] * d[2][c] - d[1][c] * d[2][b] }
        return try d[0][0] * minor(1, 2) - d[0][1] * minor(0, 2) + d[0][2] * minor(0, 1)
    }

    /// The share of voxels, from 0 to 1, where the map folds.
    public func foldedShare() throws(NetworkError) -> Double {
        let determinants = try jacobianDeterminants().floats()
        return Double(determinants.count { !($0 > 0) }) / Double(max(1, determinants.count))
    }

    private func slope(along axis: Int, _ differences: Differences) throws(NetworkError) -> Tensor {
        let sides = Array(displacements.shape.suffix(3))
        precondition(sides.allSatisfy { $0 > 1 }, "a field of \(sides) voxels has no derivative")
        let (a, side) = (axis + 2, sides[axis])
        let next = try displacements.narrowed(a, from: 1, length: side - 1)
        let steps = try next - displacements.narrowed(a, from: 0, length: side - 1)
        switch differences {
        case .forward:
            var common = steps
            for other in 0..<3 where other != axis {
                common = try common.narrowed(other + 2, from: 0, length: sides[other] - 1)
            }
            return common
        case .central:
            let (first, final) = (
                try steps.narrowed(a, from: 0, length: 1), try steps.narrowed(a, from: side - 2, length: 1)
            )
            guard side > 2 else { return try first.appending(final, along: a) }
            let pairs = try steps.narrowed(a, from: 1, length: side - 2) + steps.narrowed(a, from: 0, length: side - 2)
            let middle = try pairs.scaled(by: 0.5)
            return try Tensor.joined([first, middle, final], along: a)
        }
    }
}
