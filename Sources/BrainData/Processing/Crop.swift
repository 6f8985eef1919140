extension Volume {
    /// The smallest box around all voxels of all frames that are not zero, or nil where all are. NaN counts as zero.
    public var nonZeroBox: Box? {
        bounds(of: voxels, size: grid.size) { $0 != 0 && !$0.isNaN }
    }

    /// The voxels of a box, in the same places of the world; where the box reaches beyond the grid, `outside`.
    public func cropped(to box: Box, outside: Float = 0) -> Volume {
        Volume(
            grid: grid.cropped(to: box), frames: frames,
            voxels: window(voxels, of: grid.size, at: box, frames: frames, outside: outside), notes: notes)
    }

    /// The volume with voxels of `outside` added before the first and after the last voxel of each axis.
    public func padded(before: SIMD3<Int>, after: SIMD3<Int>, outside: Float = 0) -> Volume {
        cropped(to: Box(lower: .zero &- before, upper: grid.size &+ after), outside: outside)
    }

    /// The inverse of ``cropped(to:outside:)``: the box put back into its whole grid, `outside` around it.
    ///
    /// - Precondition: the volume has the size of `box`.
    public func placed(in grid: Grid, at box: Box, outside: Float = 0) -> Volume {
        let back = inverse(of: box, size: self.grid.size, in: grid)
        return Volume(
            grid: grid, frames: frames,
            voxels: window(voxels, of: self.grid.size, at: back, frames: frames, outside: outside), notes: notes)
    }
}

extension LabelMap {
    /// The smallest box around all labels but 0, or nil where there are none.
    public var nonZeroBox: Box? { bounds(of: voxels, size: grid.size) { $0 != 0 } }

    /// The labels of a box, in the same places of the world; 0 where the box reaches beyond the grid.
    public func cropped(to box: Box) -> LabelMap {
        LabelMap(grid: grid.cropped(to: box), voxels: window(voxels, of: grid.size, at: box, outside: 0))
    }

    /// The inverse of ``cropped(to:)``: the box put back into its whole grid, 0 around it.
    ///
    /// - Precondition: the map has the size of `box`.
    public func placed(in grid: Grid, at box: Box) -> LabelMap {
        let back = inverse(of: box, size: self.grid.size, in: grid)
        return LabelMap(grid: grid, voxels: window(voxels, of: self.grid.size, at: back, outside: 0))
    }
}

extension Mask {
    /// The smallest box around all voxels inside, or nil where there are none.
    public var box: Box? { bounds(of: voxels, size: grid.size) { $0 } }

    /// The mask in a box, in the same places of the world; false where the box reaches beyond the grid.
    public func cropped(to box: Box) -> Mask {
        Mask(grid: grid.cropped(to: box), voxels: window(voxels, of: grid.size, at: box, outside: false))
    }

    /// The inverse of ``cropped(to:)``: the box put back into its whole grid, false around it.
    ///
    /// - Precondition: the mask has the size of `box`.
    public func placed(in grid: Grid, at box: Box) -> Mask {
        let back = inverse(of: box, size: self.grid.size, in: grid)
        return Mask(grid: grid, voxels: window(voxels, of: self.grid.size, at: back, outside: false))
    }
}

/// The whole grid, seen from a box inside it.
private func inverse(of box: Box, size: SIMD3<Int>, in grid: Grid) -> Box {
    precondition(box.size == size, "a box of \(box.size) cannot take \(size) voxels")
    return Box(lower: .zero &- box.lower, upper: grid.size &- box.lower)
}

/// Copies a box, which may reach beyond the source, row by row.
private func window<Element>(
    _ voxels: [Element], of size: SIMD3<Int>, at box: Box, frames: Int = 1, outside: Element
) -> [Element] {
    let new = box.size
    var result = [Element](repeating: outside, count: box.count * frames)
    let (from, to) = (max(0, box.lower.x), min(size.x, box.upper.x))
    guard from < to else { return result }
    voxels.withUnsafeBufferPointer { source in
        result.withUnsafeMutableBufferPointer { target in
            for frame in 0..<frames {
                for k in max(0, box.lower.z)..<max(0, box.lower.z, min(size.z, box.upper.z)) {
                    for j in max(0, box.lower.y)..<max(0, box.lower.y, min(size.y, box.upper.y)) {
                        let read = size.x * (j + size.y * (k + size.z * frame))
                        let row = j - box.lower.y + new.y * (k - box.lower.z + new.z * frame)
                        let write = row * new.x - box.lower.x
                        for i in from..<to { target[write + i] = source[read + i] }
                    }
                }
            }
        }
    }
    return result
}

/// The box around the elements that count, over all frames. Rows are searched from both ends, so it is one quick pass.
private func bounds<Element>(of voxels: [Element], size: SIMD3<Int>, where counts: (Element) -> Bool) -> Box? {
    guard size.x > 0, size.y > 0, size.z > 0 else { return nil }
    var (lower, upper) = (size, SIMD3<Int>(repeating: -1))
    voxels.withUnsafeBufferPointer { source in
        for row in 0..<source.count / size.x {
            let start = row * size.x
            var (first, last) = (0, size.x - 1)
            while first < size.x, !counts(source[start + first]) { first += 1 }
            guard first < size.x else { continue }
            while !counts(source[start + last]) { last -= 1 }
            let (j, k) = (row % size.y, row / size.y % size.z)
            lower = SIMD3(min(lower.x, first), min(lower.y, j), min(lower.z, k))
            upper = SIMD3(max(upper.x, last), max(upper.y, j), max(upper.z, k))
        }
    }
    return upper.x < 0 ? nil : Box(lower: lower, upper: upper &+ 1)
}
