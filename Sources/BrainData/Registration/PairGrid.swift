extension Grid {
    /// A cube of voxels along right, anterior and superior, around the middle of what a mask encloses.
    ///
    /// - Parameters:
    ///   - spacing: the side of a voxel in millimetres.
    ///   - side: voxels along each side of the cube.
    /// - Throws: ``ImagingError/geometry(_:)`` where the mask is empty or has no place in millimetres.
    public static func cube(around mask: Mask, spacing: Double, side: Int) throws(ImagingError) -> Grid {
        guard let extent = mask.extent else { throw .geometry("expected a brain, found an empty mask") }
        let corner = (extent.lower + extent.upper) / 2 - Double(side - 1) / 2 * spacing
        return Grid(
            size: SIMD3(repeating: side), affine: Affine(spacing: SIMD3(repeating: spacing), origin: corner))
    }

    /// The places of this grid's voxels as a map sees them: what is read there shows on this grid after the map.
    public func seen(through map: Affine) -> Grid { Grid(size: size, affine: map.after(affine)) }

    /// A grid of voxels of twice the side, each over eight of this one's.
    ///
    /// - Precondition: all sides are even.
    public func halved() -> Grid {
        precondition(all(size % 2 .== 0), "\(size) cannot be halved")
        var affine = affine
        affine.origin = affine([0.5, 0.5, 0.5])
        (affine.i, affine.j, affine.k) = (affine.i * 2, affine.j * 2, affine.k * 2)
        return Grid(size: size / 2, affine: affine)
    }
}

extension Mask {
    /// The smallest box along right, anterior and superior around the centres of all voxels inside, in millimetres; nil
    /// where the mask is empty or its places are no numbers.
    public var extent: (lower: SIMD3<Double>, upper: SIMD3<Double>)? {
        var lower = SIMD3(repeating: Double.infinity), upper = -lower
        for row in 0..<grid.size.y * grid.size.z {
            let start = row * grid.size.x, cells = start..<start + grid.size.x
            // The ends of a row of voxels are the ends of its box, whichever way it runs.
            guard let first = voxels[cells].firstIndex(of: true), let last = voxels[cells].lastIndex(of: true) else {
                continue
            }
            for place in [first, last].map({ grid.affine(SIMD3<Double>(grid.voxel(at: $0))) }) {
                (lower, upper) = (pointwiseMin(lower, place), pointwiseMax(upper, place))
            }
        }
        guard (lower + upper).sum().isFinite else { return nil }
        return (lower, upper)
    }

    /// The mean place of all voxels inside, in millimetres; nil where there are none.
    public var centreOfMass: SIMD3<Double>? {
        var (sum, count) = (SIMD3<Double>.zero, 0.0)
        for row in 0..<grid.size.y * grid.size.z {
            var (places, inside) = (0, 0)
            for i in 0..<grid.size.x where voxels[row * grid.size.x + i] { (places, inside) = (places + i, inside + 1) }
            let (j, k) = (Double(row % grid.size.y), Double(row / grid.size.y))
            sum += SIMD3(Double(places), j * Double(inside), k * Double(inside))
            count += Double(inside)
        }
        return count > 0 ? grid.affine(sum / count) : nil
    }
}

extension Volume {
    /// The first frame as registration compares it: the brain alone, its intensities from the 0.5th to the 99.5th
    /// percentile scaled to 0 … 1; outside it is 0.
    ///
    /// - Throws: ``ImagingError/geometry(_:)`` where the brain is empty or everywhere the same.
    public func brainOnly(_ brain: Mask) throws(ImagingError) -> Volume {
        precondition(brain.grid.size == grid.size, "a mask of \(brain.grid.size) for \(grid.size)")
        let scan = frame(0).finite().volume
        let inside = scan.voxels.indices.filter { brain.voxels[$0] }.map { scan.voxels[$0] }
        let ranks = Percentiles(of: inside)
        guard let low = ranks(0.5), let high = ranks(99.5), high > low else {
            throw .geometry("expected a scan of a brain, found a brain that is empty or the same everywhere")
        }
        let scale = 1 / (high - low)
        var result = scan
        for n in result.voxels.indices {
            result.voxels[n] = brain.voxels[n] ? min(max((scan.voxels[n] - low) * scale, 0), 1) : 0
        }
        return result
    }

    /// The mean of every eight voxels.
    func halved() -> Volume {
        let half = grid.halved(), size = grid.size
        let (row, plane) = (size.x, size.x * size.y)
        let voxels: [Float] = voxels.withUnsafeBufferPointer { source in
            filledArray(half.count) { target in
                nonisolated(unsafe) let (source, target) = (source, target)
                inParallel(half.size.z) { k in
                    for j in 0..<half.size.y {
                        let from = 2 * j * row + 2 * k * plane, to = half.size.x * (j + half.size.y * k)
                        for i in 0..<half.size.x {
                            let n = from + 2 * i
                            let near = source[n] + source[n + 1] + source[n + row] + source[n + row + 1]
                            let m = n + plane
                            let far = source[m] + source[m + 1] + source[m + row] + source[m + row + 1]
                            target[to + i] = (near + far) / 8
                        }
                    }
                }
            }
        }
        return Volume(grid: half, voxels: voxels)
    }
}
