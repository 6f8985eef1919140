extension Grid {
    /// A grid with the same axes and field of view and another distance between voxels.
    ///
    /// The new voxels fill a box around the same centre that is at least as large as the old one, to a thousandth of a voxel.
    ///
    /// - Parameter spacing: millimetres along i, j and k.
    /// - Throws: ``ImagingError/geometry(_:)`` where a spacing is not positive, or the grid would be beyond any memory.
    public func resampled(spacing: SIMD3<Double>) throws(ImagingError) -> Grid {
        let old = affine.spacing
        let extent = old * SIMD3<Double>(size)
        let new = try Grid.size(of: extent, spacing: spacing)
        func step(_ column: SIMD3<Double>, _ axis: Int) -> SIMD3<Double> {
            old[axis] > 0 ? column * (spacing[axis] / old[axis]) : column
        }
        return Grid.centred(
            Affine(i: step(affine.i, 0), j: step(affine.j, 1), k: step(affine.k, 2), origin: .zero), size: new,
            at: centre)
    }

    /// A grid of cubic voxels along right, anterior and superior that covers the field of view of another grid.
    ///
    /// - Parameter spacing: the side of a voxel in millimetres.
    /// - Throws: ``ImagingError/geometry(_:)`` where the spacing is not positive, or the grid would be beyond any memory.
    public static func isotropic(spacing: Double, covering grid: Grid) throws(ImagingError) -> Grid {
        let (lower, upper) = grid.bounds
        let size = try size(of: upper - lower, spacing: SIMD3(repeating: spacing))
        return centred(Affine(spacing: SIMD3(repeating: spacing)), size: size, at: (lower + upper) / 2)
    }

    /// The share of this grid's box (voxel faces, not centres) that lies inside another's: 1 where it is covered wholly, 0
    /// where the two are apart. Counted on a lattice of 32³ points, so good to about a hundredth.
    public func overlap(with other: Grid) -> Double {
        guard let back = other.affine.inverse, count > 0, other.count > 0 else { return 0 }
        let (points, limit) = (32, SIMD3<Double>(other.size) - 0.5)
        let map = back.after(affine)
        var inside = 0
        for c in 0..<points {
            for b in 0..<points {
                for a in 0..<points {
                    let share = (SIMD3<Double>(Double(a), Double(b), Double(c)) + 0.5) / Double(points)
                    let voxel = map(share * SIMD3<Double>(size) - 0.5)
                    let holds = all(voxel .>= SIMD3(repeating: -0.5)) && all(voxel .<= limit)
                    if holds { inside += 1 }
                }
            }
        }
        return Double(inside) / Double(points * points * points)
    }

    /// The middle of the field of view, in millimetres.
    public var centre: SIMD3<Double> { affine(SIMD3<Double>(size &- 1) / 2) }

    /// The smallest box along the world's axes around all voxels, faces included, in millimetres.
    public var bounds: (lower: SIMD3<Double>, upper: SIMD3<Double>) {
        var reach = SIMD3<Double>.zero  // half the extent along each world axis
        for (axis, column) in [affine.i, affine.j, affine.k].enumerated() {
            for world in 0..<3 { reach[world] += abs(column[world]) * Double(size[axis]) / 2 }
        }
        return (centre - reach, centre + reach)
    }

    private static func centred(_ directions: Affine, size: SIMD3<Int>, at centre: SIMD3<Double>) -> Grid {
        var affine = directions
        affine.origin = .zero
        affine.origin = centre - affine(SIMD3<Double>(size &- 1) / 2)
        return Grid(size: size, affine: affine)
    }

    private static func size(of extent: SIMD3<Double>, spacing: SIMD3<Double>) throws(ImagingError) -> SIMD3<Int> {
        var size = SIMD3<Int>.zero
        for axis in 0..<3 {
            guard spacing[axis] > 0, spacing[axis].isFinite, extent[axis].isFinite else {
                throw .geometry("expected a spacing above 0 mm, found \(spacing[axis])")
            }
            let voxels = max(1, (extent[axis] / spacing[axis] - 1e-3).rounded(.up))
            guard voxels <= 32_767 else {
                throw .geometry("a spacing of \(spacing[axis]) mm over \(extent[axis]) mm gives more than 32767 voxels")
            }
            size[axis] = Int(voxels)
        }
        guard size.x * size.y * size.z <= 1 << 31 else {
            throw .geometry("a spacing of \(spacing) mm gives \(size) voxels, more than any memory holds")
        }
        return size
    }
}
