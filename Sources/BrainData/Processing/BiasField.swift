internal import Foundation

extension Volume {
    /// The scan without the slow change of brightness that receiving coils leave over a head.
    ///
    /// The logarithm of the intensities inside the brain, on a grid of 4 mm, is blurred by a Gaussian, each voxel counting
    /// the less the further it lies from the median (Tukey's biweight), so that fluid and enhancing tumour do not pull the
    /// field. What is left is blurred again, round after round; the exponential of the sum is divided out. Homomorphic
    /// filtering as in Brinkmann, Manduca and Robb, *Optimized homomorphic unsharp masking for MR grayscale inhomogeneity
    /// correction*, IEEE Transactions on Medical Imaging 17, 1998, with robust weights. It is simpler than N4 and takes
    /// a part of a slow change of tissue for shading.
    ///
    /// - Parameters:
    ///   - mask: the brain, on the scan's grid.
    ///   - sigma: the standard deviation of the blur in millimetres.
    /// - Returns: the scan with every voxel divided by the field, whose median over the brain is near 1; the scan as it is where
    ///   nothing in the mask is above 0. Only the first frame is looked at; all are divided.
    /// - Throws: ``ImagingError/geometry(_:)`` where the mask lies on another grid.
    public func biasCorrected(over mask: Mask, sigma: Double = 25, rounds: Int = 4) throws(ImagingError) -> Volume {
        guard mask.grid.matches(grid) else {
            throw .geometry("expected the mask on the grid of the scan, found it on another")
        }
        let spacing = grid.affine.spacing
        let coarse = try grid.resampled(spacing: spacing.replacing(with: 4, where: spacing .< 4))
        let (scan, inside) = (try frame(0).resampled(to: coarse, by: .nearest), try mask.resampled(to: coarse))
        var field = LogField(scan, inside, sigma: SIMD3(repeating: sigma) / coarse.affine.spacing)
        guard field.isDefined else { return self }
        for _ in 0..<rounds { field.refine() }
        let logarithm = try field.volume.resampled(to: grid, by: .linear, edge: .faces)
        var result = self
        for index in result.voxels.indices { result.voxels[index] /= exp(logarithm.voxels[index % grid.count]) }
        return result
    }
}

/// The logarithm of a bias field as it grows, on a coarse grid.
private struct LogField {
    private(set) var volume: Volume
    private let logarithms: [Float]
    /// The brain's voxels that have a logarithm.
    private let inside: [Int]
    private let sigma: SIMD3<Double>

    init(_ scan: Volume, _ brain: Mask, sigma: SIMD3<Double>) {
        volume = Volume(grid: scan.grid, voxels: .init(repeating: 0, count: scan.grid.count))
        inside = brain.voxels.indices.filter { brain.voxels[$0] && scan.voxels[$0] > 0 && scan.voxels[$0].isFinite }
        logarithms = inside.map { log(scan.voxels[$0]) }
        self.sigma = sigma
    }

    var isDefined: Bool { !inside.isEmpty }

    /// Adds the blurred rest.
    mutating func refine() {
        let rest = zip(inside, logarithms).map { $1 - volume.voxels[$0] }
        guard let median = Percentiles(of: rest)(50),
            let spread = Percentiles(of: rest.map { abs($0 - median) })(50), spread > 0
        else { return }
        // 1.4826 makes the median deviation that of a normal distribution; beyond 2.5 of them a voxel counts nothing.
        let reach = 2.5 * 1.4826 * spread
        var (sums, weights) = (volume, volume)
        for index in volume.voxels.indices { (sums.voxels[index], weights.voxels[index]) = (0, 0) }
        for (place, value) in zip(inside, rest) {
            let share = (value - median) / reach
            let weight = max(0, 1 - share * share)
            (sums.voxels[place], weights.voxels[place]) = (weight * weight * (value - median), weight * weight)
        }
        (sums, weights) = (sums.smoothed(sigma: sigma), weights.smoothed(sigma: sigma))
        for index in volume.voxels.indices {
            volume.voxels[index] += sums.voxels[index] / max(weights.voxels[index], 1e-3)
        }
    }
}
