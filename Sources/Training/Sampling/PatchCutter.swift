import BrainData
import BrainModels

/// Cuts a patch out of a case along a spatial transform: images linearly, regions from the nearest voxel. Where the nearest
/// voxel is 0 (air) or lies outside the case, the patch is exactly 0, so images, regions and the brain's rim move together.
struct PatchCutter {
    let source: PreparedCase
    let transform: SpatialTransform

    /// Where one row of the patch reads: the nearest voxel (−1 outside the case), and eight voxels with their weights.
    private struct Row: ~Copyable {
        let nearest, base: UnsafeMutablePointer<Int>
        let weights: UnsafeMutablePointer<SIMD8<Float>>
        let places: UnsafeMutablePointer<SIMD3<Float>>
        let bend: UnsafeMutablePointer<SIMD4<Float>>

        init(_ side: Int) {
            (nearest, base) = (.allocate(capacity: side), .allocate(capacity: side))
            (weights, places, bend) = (
                .allocate(capacity: side), .allocate(capacity: side), .allocate(capacity: side)
            )
        }

        deinit {
            nearest.deallocate()
            base.deallocate()
            weights.deallocate()
            places.deallocate()
            bend.deallocate()
        }
    }

    /// - Parameters:
    ///   - image: zeros, `channel, k, j, i` with i varying fastest.
    ///   - shown: the channels to fill.
    ///   - target: zeros, `region, k, j, i`.
    func cut(
        image: UnsafeMutablePointer<Float>, shown: [Int], target: UnsafeMutablePointer<Float>, outputs: Int
    ) {
        let side = transform.side, count = side * side * side
        let row = Row(side)
        for k in 0..<side {
            for j in 0..<side {
                transform.row(j: j, k: k, bend: row.bend, into: row.places)
                guard locate(row) else { continue }
                let start = side * (j + side * k)
                for channel in shown {
                    source.channels[channel]?.withUnsafeBufferPointer { voxels in
                        fill(image + channel * count + start, from: voxels, row)
                    }
                }
                mark(target + start, outputs: outputs, count: count, row)
            }
        }
    }

    /// Finds the voxels that a row reads.
    ///
    /// - Returns: whether any place of it lies inside the case.
    private func locate(_ row: borrowing Row) -> Bool {
        let size = source.grid.size, limit = SIMD3<Float>(size) - 0.5
        var isInside = false
        for i in 0..<transform.side {
            let p = row.places[i]
            guard p.x > -0.5, p.y > -0.5, p.z > -0.5, p.x < limit.x, p.y < limit.y, p.z < limit.z else {
                row.nearest[i] = -1
                continue
            }
            isInside = true
            row.nearest[i] = Int(p.x + 0.5) + size.x * (Int(p.y + 0.5) + size.y * Int(p.z + 0.5))
            guard transform.interpolates else { continue }
            let q = p.clamped(lowerBound: .zero, upperBound: limit - 0.5)
            let corner = SIMD3(
                min(Int(q.x), max(0, size.x - 2)), min(Int(q.y), max(0, size.y - 2)), min(Int(q.z), max(0, size.z - 2)))
            row.base[i] = corner.x + size.x * (corner.y + size.y * corner.z)
            let far = q - SIMD3<Float>(corner), near = 1 - far
            let xs = SIMD4(near.x, far.x, near.x, far.x), ys = SIMD4(near.y, near.y, far.y, far.y)
            row.weights[i] = SIMD8(lowHalf: xs * ys * near.z, highHalf: xs * ys * far.z)
        }
        return isInside
    }

    private func fill(
        _ values: UnsafeMutablePointer<Float>, from voxels: UnsafeBufferPointer<Float>, _ row: borrowing Row
    ) {
        let size = source.grid.size
        let x = size.x > 1 ? 1 : 0, y = size.y > 1 ? size.x : 0, z = size.z > 1 ? size.x * size.y : 0
        for i in 0..<transform.side where row.nearest[i] >= 0 {
            let nearest = voxels[row.nearest[i]]
            guard transform.interpolates, nearest != 0 else {
                values[i] = nearest
                continue
            }
            let n = row.base[i]
            let corners = SIMD8(
                voxels[n], voxels[n + x], voxels[n + y], voxels[n + x + y], voxels[n + z], voxels[n + x + z],
                voxels[n + y + z], voxels[n + x + y + z])
            values[i] = (corners * row.weights[i]).sum()
        }
    }

    private func mark(_ target: UnsafeMutablePointer<Float>, outputs: Int, count: Int, _ row: borrowing Row) {
        source.regions.withUnsafeBufferPointer { regions in
            for i in 0..<transform.side where row.nearest[i] >= 0 {
                let bits = regions[row.nearest[i]]
                guard bits != 0 else { continue }
                for output in 0..<outputs where bits & (1 << UInt8(output)) != 0 { target[output * count + i] = 1 }
            }
        }
    }
}
