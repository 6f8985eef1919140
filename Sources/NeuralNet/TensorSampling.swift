internal import CEngine

extension Tensor {
    /// How a volume is read between its voxels.
    public enum Interpolation: String, Sendable, Codable, CaseIterable {
        /// Weighted by nearness among the eight voxels around: for images.
        case linear
        /// The nearest voxel: for labels. Places get no gradient.
        case nearest
    }

    /// Reads a volume, `[batch, channel, i, j, k]`, at places between its voxels; outside it is 0.
    ///
    /// - Parameters:
    ///   - places: `[batch, 3, i', j', k']`, in voxels of this volume along i, j and k, the first voxel's centre being
    ///   0.
    ///   - usingLibtorch: leaves the work to libtorch's `grid_sample`, to compare with.
    /// - Returns: `[batch, channel, i', j', k']`.
    public func sampled(
        at places: Tensor, _ interpolation: Interpolation = .linear, usingLibtorch: Bool = false
    ) throws(NetworkError) -> Tensor {
        try sample(places, relative: false, interpolation, usingLibtorch)
    }

    /// Warps a volume: every voxel of the answer is read at its own place plus a displacement. Outside it is 0.
    ///
    /// Jaderberg et al., *Spatial Transformer Networks*, NeurIPS 2015,
    /// [arXiv:1506.02025](https://arxiv.org/abs/1506.02025).
    ///
    /// - Parameters:
    ///   - displacements: `[batch, 3, i', j', k']`, in voxels along i, j and k.
    ///   - usingLibtorch: leaves the work to libtorch's `grid_sample`, to compare with.
    /// - Returns: `[batch, channel, i', j', k']`.
    public func warped(
        by displacements: Tensor, _ interpolation: Interpolation = .linear, usingLibtorch: Bool = false
    ) throws(NetworkError) -> Tensor {
        try sample(displacements, relative: true, interpolation, usingLibtorch)
    }

    private func sample(
        _ places: Tensor, relative: Bool, _ interpolation: Interpolation, _ usingLibtorch: Bool
    ) throws(NetworkError) -> Tensor {
        try Tensor(
            engine_sample(raw, places.raw, relative ? 1 : 0, interpolation == .nearest ? 1 : 0, usingLibtorch ? 0 : 1),
            "sample")
    }

    /// A volume, `[batch, channel, i, j, k]`, resized by trilinear interpolation between voxels' centres (the corners
    /// are not aligned).
    public func resized(to sides: [Int]) throws(NetworkError) -> Tensor {
        precondition(sides.count == 3, "\(sides) are no sides of a volume")
        return try Tensor(engine_resize3d(raw, sides.map(Int64.init)))
    }

    /// A volume, `[batch, channel, i, j, k]`, twice as fine along every axis.
    public func doubled() throws(NetworkError) -> Tensor { try resized(to: shape.suffix(3).map { 2 * $0 }) }

    /// The mean of cubes of voxels; zeros around the volume count as voxels.
    ///
    /// - Parameters:
    ///   - kernel: voxels along each side of the cube.
    ///   - padding: zeros on every face.
    public func averagePooled(kernel: Int, stride: Int, padding: Int = 0) throws(NetworkError) -> Tensor {
        try Tensor(engine_average_pool3d(raw, Int64(kernel), Int64(stride), Int64(padding)))
    }

    /// The sum over the cube of `window` voxels a side around every voxel of `[batch, channel, i, j, k]`, zeros
    /// outside.
    ///
    /// - Precondition: `window` is odd.
    public func boxSum(window: Int) throws(NetworkError) -> Tensor {
        precondition(window > 0 && window % 2 == 1, "a window of \(window) has no middle")
        return try Tensor(engine_box_sum(raw, Int64(window / 2)))
    }
}
