/// A block of voxels: from `lower` up to, and without, `upper`. It may reach beyond a grid; cropping to it then pads.
public struct Box: Sendable, Equatable, Codable {
    public var lower, upper: SIMD3<Int>

    /// - Precondition: `lower` is not above `upper` along any axis.
    public init(lower: SIMD3<Int>, upper: SIMD3<Int>) {
        precondition((0..<3).allSatisfy { lower[$0] <= upper[$0] }, "a box from \(lower) to \(upper)")
        (self.lower, self.upper) = (lower, upper)
    }

    /// The whole of a grid.
    public init(_ grid: Grid) { self.init(lower: .zero, upper: grid.size) }

    /// Voxels along i, j and k.
    public var size: SIMD3<Int> { upper &- lower }
    /// Voxels inside.
    public var count: Int { size.x * size.y * size.z }

    /// The box with `margin` voxels more on every side.
    public func expanded(by margin: SIMD3<Int>) -> Box { Box(lower: lower &- margin, upper: upper &+ margin) }

    /// The box with `margin` voxels more on every side.
    public func expanded(by margin: Int) -> Box { expanded(by: SIMD3(repeating: margin)) }

    /// The box with at least `millimetres` more on every side of a grid.
    public func expanded(byMillimetres millimetres: Double, in grid: Grid) -> Box {
        let spacing = grid.affine.spacing
        var margin = SIMD3<Int>.zero
        for axis in 0..<3 where spacing[axis] > 0 {
            margin[axis] = Int(min((millimetres / spacing[axis]).rounded(.up), Double(grid.size[axis])))
        }
        return expanded(by: margin)
    }

    /// The part of the box that lies inside a grid; empty where there is none.
    public func clamped(to grid: Grid) -> Box {
        let from = lower.clamped(lowerBound: .zero, upperBound: grid.size)
        return Box(lower: from, upper: upper.clamped(lowerBound: from, upperBound: grid.size))
    }

    /// The box grown around its centre until every side has at least `size` voxels and is a multiple of `multiple`.
    public func grown(toAtLeast minimum: Int = 1, multiple: Int = 1) -> Box {
        var box = self
        for axis in 0..<3 {
            let wanted = (max(size[axis], minimum) + multiple - 1) / multiple * multiple
            box.lower[axis] -= (wanted - size[axis]) / 2
            box.upper[axis] = box.lower[axis] + wanted
        }
        return box
    }
}

extension Grid {
    /// The grid of a box of this one: the same voxels in the same places of the world.
    public func cropped(to box: Box) -> Grid {
        var affine = affine
        affine.origin = affine(SIMD3<Double>(box.lower))
        return Grid(size: box.size, affine: affine)
    }
}

extension SIMD3 where Scalar == Int {
    func clamped(lowerBound: SIMD3<Int>, upperBound: SIMD3<Int>) -> SIMD3<Int> {
        var result = self
        for axis in 0..<3 { result[axis] = Swift.min(Swift.max(self[axis], lowerBound[axis]), upperBound[axis]) }
        return result
    }
}
