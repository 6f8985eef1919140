internal import Foundation

extension Volume {
    /// The volume blurred by a Gaussian, each frame for itself; beyond the edge the outermost value goes on.
    ///
    /// - Parameter sigma: the standard deviation along i, j and k in voxels; 0 leaves an axis alone. Cut at 4 σ.
    public func smoothed(sigma: SIMD3<Double>) -> Volume {
        var result = self
        guard grid.count > 0 else { return result }
        let inner = [1, grid.size.x, grid.size.x * grid.size.y]
        for axis in 0..<3 where sigma[axis] > 0 && sigma[axis].isFinite && grid.size[axis] > 1 {
            let weights = gaussian(sigma[axis])
            result.voxels = convolved(result.voxels, by: weights, length: grid.size[axis], inner: inner[axis])
        }
        return result
    }
}

/// The weights of a Gaussian at −r … r voxels, of sum 1.
private func gaussian(_ sigma: Double) -> [Float] {
    let radius = min(Int(4 * sigma + 0.5), 32_767)
    let weights = (-radius...radius).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = weights.reduce(0, +)
    return weights.map { Float($0 / sum) }
}

/// Convolves along one axis of an array seen as `[outer, length, inner]`.
private func convolved(_ voxels: [Float], by weights: [Float], length: Int, inner: Int) -> [Float] {
    let radius = weights.count / 2
    return voxels.withUnsafeBufferPointer { source in
        filledArray(voxels.count) { target in
            nonisolated(unsafe) let (source, target) = (source, target)
            inParallel(voxels.count / inner) { row in
                let (outer, place, write) = (row / length, row % length, row * inner)
                for index in 0..<inner { target[write + index] = 0 }
                for (tap, weight) in weights.enumerated() {
                    let read = (outer * length + min(max(place + tap - radius, 0), length - 1)) * inner
                    for index in 0..<inner { target[write + index] += weight * source[read + index] }
                }
            }
        }
    }
}
