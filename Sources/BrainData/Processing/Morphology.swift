extension Mask {
    /// The mask grown by all voxels whose centres lie within a distance of one inside.
    ///
    /// - Parameter millimetres: the radius of the ball; along an axis with larger spacing nothing grows.
    public func dilated(millimetres: Double) -> Mask {
        guard millimetres > 0 else { return self }
        let limit = Float(millimetres * millimetres * (1 + 1e-6))
        return Mask(grid: grid, voxels: squaredDistances().map { $0 <= limit })
    }

    /// The mask less all voxels whose centres lie within a distance of one outside. What lies beyond the grid takes nothing
    /// away, so a brain that is cut by the edge of the scan stays whole there.
    ///
    /// - Parameter millimetres: the radius of the ball.
    public func eroded(millimetres: Double) -> Mask { inverted.dilated(millimetres: millimetres).inverted }

    /// The mask grown `voxels` times by all voxels that share a face with it.
    public func dilated(voxels steps: Int) -> Mask { Mask(grid: grid, voxels: faceDistances().map { $0 <= steps }) }

    /// The mask shrunk `voxels` times by all voxels that share a face with one outside.
    ///
    /// - Parameter edges: whether what lies beyond the grid counts as outside, as in SciPy's `binary_erosion`.
    public func eroded(voxels steps: Int, edges: Bool = false) -> Mask {
        guard edges else { return inverted.dilated(voxels: steps).inverted }
        let wide = cropped(to: Box(grid).expanded(by: 1)).eroded(voxels: steps)
        return wide.cropped(to: Box(lower: [1, 1, 1], upper: grid.size &+ 1)).moved(to: grid)
    }

    /// Eroded, then dilated: thin bridges and specks go.
    public func opened(millimetres: Double) -> Mask {
        eroded(millimetres: millimetres).dilated(millimetres: millimetres)
    }

    /// Dilated, then eroded: thin gaps go. Room is made beyond the grid meanwhile, so that its faces draw nothing in.
    public func closed(millimetres: Double) -> Mask {
        let room = Box(grid).expanded(byMillimetres: millimetres, in: grid)
        let wide = cropped(to: room).dilated(millimetres: millimetres).eroded(millimetres: millimetres)
        return wide.cropped(to: Box(lower: .zero &- room.lower, upper: grid.size &- room.lower)).moved(to: grid)
    }

    /// Inside and outside changed over.
    public var inverted: Mask { Mask(grid: grid, voxels: voxels.map { !$0 }) }

    /// The voxels that lie in both masks.
    ///
    /// - Precondition: both have the same size.
    public func intersection(_ other: Mask) -> Mask {
        precondition(grid.size == other.grid.size, "masks of \(grid.size) and \(other.grid.size)")
        return Mask(grid: grid, voxels: zip(voxels, other.voxels).map { $0 && $1 })
    }

    /// The voxels that lie in either mask.
    ///
    /// - Precondition: both have the same size.
    public func union(_ other: Mask) -> Mask {
        precondition(grid.size == other.grid.size, "masks of \(grid.size) and \(other.grid.size)")
        return Mask(grid: grid, voxels: zip(voxels, other.voxels).map { $0 || $1 })
    }

    private func moved(to grid: Grid) -> Mask { Mask(grid: grid, voxels: voxels) }

    /// Steps over shared faces from each voxel to the mask: two passes along each axis.
    private func faceDistances() -> [Int32] {
        let (size, far) = (grid.size, Int32.max / 2)
        var distances: [Int32] = voxels.map { $0 ? 0 : far }
        guard grid.count > 0 else { return distances }
        distances.withUnsafeMutableBufferPointer { values in
            for (stride, length) in [(1, size.x), (size.x, size.y), (size.x * size.y, size.z)] {
                for index in values.indices where index / stride % length > 0 {
                    values[index] = min(values[index], values[index - stride] + 1)
                }
                for index in values.indices.reversed() where index / stride % length < length - 1 {
                    values[index] = min(values[index], values[index + stride] + 1)
                }
            }
        }
        return distances
    }
}
