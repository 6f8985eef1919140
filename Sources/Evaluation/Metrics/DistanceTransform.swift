internal import Dispatch

/// The squared distance from every voxel to the nearest site, exact, in time linear in the number of voxels.
///
/// Felzenszwalb and Huttenlocher, *Distance Transforms of Sampled Functions*, Theory of Computing 8, 2012, section 2.1:
/// along each axis in turn, the lower envelope of one parabola a voxel; here with a spacing of its own for each axis.
///
/// - Parameters:
///   - sites: where the distance is 0, i varying fastest, then j and k.
///   - size: voxels along i, j and k.
///   - spacing: the distance of neighbouring voxels along i, j and k in millimetres.
/// - Returns: square millimetres, in the order of `sites`; infinite everywhere where there is no site.
func squaredDistances(to sites: [Bool], size: SIMD3<Int>, spacing: SIMD3<Double>) -> [Double] {
    var values = sites.map { $0 ? 0 : Double.infinity }
    let (row, slab) = (size.x, size.x * size.y)
    values.withUnsafeMutableBufferPointer { buffer in
        nonisolated(unsafe) let buffer = buffer  // every iteration below writes to lines of its own
        DispatchQueue.concurrentPerform(iterations: size.z) { k in
            var envelope = Envelope(length: max(size.x, size.y))
            for j in 0..<size.y {
                envelope.lower(buffer, from: slab * k + row * j, stride: 1, count: size.x, spacing: spacing.x)
            }
            for i in 0..<size.x {
                envelope.lower(buffer, from: slab * k + i, stride: row, count: size.y, spacing: spacing.y)
            }
        }
        DispatchQueue.concurrentPerform(iterations: size.y) { j in
            var envelope = Envelope(length: size.z)
            for i in 0..<size.x {
                envelope.lower(buffer, from: row * j + i, stride: slab, count: size.z, spacing: spacing.z)
            }
        }
    }
    return values
}

/// Room for the lower envelope of the parabolas along one line of voxels.
private struct Envelope {
    private var heights: [Double]  // the line's values before the pass
    private var apexes: [Int]  // voxel of each parabola on the envelope
    private var starts: [Double]  // where each parabola begins to be the lowest, in voxels

    init(length: Int) {
        heights = Array(repeating: 0, count: length)
        apexes = Array(repeating: 0, count: length)
        starts = Array(repeating: 0, count: length)
    }

    /// Replaces each value of a line by the least `value(q) + (spacing · (p − q))²` for any voxel q of it.
    mutating func lower(
        _ values: UnsafeMutableBufferPointer<Double>, from first: Int, stride: Int, count: Int, spacing: Double
    ) {
        for p in 0..<count { heights[p] = values[first + p * stride] }
        let parabolas = build(count: count, spacing: spacing)
        guard parabolas > 0 else { return }  // no site was seen from this line yet
        var n = 0
        for p in 0..<count {
            while n + 1 < parabolas && starts[n + 1] < Double(p) { n += 1 }
            let offset = Double(p - apexes[n]) * spacing
            values[first + p * stride] = heights[apexes[n]] + offset * offset
        }
    }

    /// Finds the envelope of `heights` and says how many parabolas it has.
    private mutating func build(count: Int, spacing: Double) -> Int {
        let weight = spacing * spacing
        var parabolas = 0
        for q in 0..<count where heights[q] < .infinity {
            var start = -Double.infinity
            while parabolas > 0 {
                let r = apexes[parabolas - 1]
                start = (Double(q + r) + (heights[q] - heights[r]) / (weight * Double(q - r))) / 2
                if start > starts[parabolas - 1] { break }
                parabolas -= 1
                start = -.infinity
            }
            apexes[parabolas] = q
            starts[parabolas] = start
            parabolas += 1
        }
        return parabolas
    }
}
