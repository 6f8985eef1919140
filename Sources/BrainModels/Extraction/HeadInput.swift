public import BrainData

/// A scan of a head as the brain-extraction network reads it, and the way back to the grid it came on.
///
/// The scan turns to right–anterior–superior, comes to cubic voxels, and is divided by the mean of its tissue, so that air is near
/// 0 and tissue near 1 whatever the scanner's units are. Nothing is assumed of the contrast.
public struct HeadInput: Sendable {
    /// Voxels with i varying fastest, from 0 to ``brightest``.
    public let voxels: [Float]
    /// Where they lie.
    public let grid: Grid

    private let source: Grid

    /// Fat and vessels can be much brighter than the rest, and tell nothing more for it.
    private static let brightest: Float = 4

    /// - Parameters:
    ///   - scan: of any contrast, orientation and spacing; of a series the first volume counts.
    ///   - spacing: the side of the network's voxels in millimetres.
    /// - Throws: ``ImagingError`` where the scan shows nothing, or its map to millimetres is singular.
    public init(_ scan: Volume, spacing: Double) throws(ImagingError) {
        source = scan.grid
        let oriented = scan.frame(0).finite().volume.reoriented(to: .ras)
        grid = try oriented.grid.resampled(spacing: SIMD3(repeating: spacing))
        let coarse = try oriented.resampled(to: grid, by: .linear, antialiased: true, edge: .faces)
        voxels = try Self.scaled(coarse.voxels)
    }

    /// Values from 0, the darkest voxel's, on; the mean of the tissue is 1.
    private static func scaled(_ voxels: [Float]) throws(ImagingError) -> [Float] {
        let ranks = Percentiles(of: voxels)
        guard let darkest = ranks(0.5), let top = ranks(99.5), top > darkest else {
            throw .geometry("expected a scan of a head, found an image that is the same everywhere")
        }
        let low = min(0, darkest), air = low + 0.1 * (top - low)
        var (sum, count) = (0.0, 0.0)
        for value in voxels where value > air && value <= top {
            sum += Double(value - low)
            count += 1
        }
        let scale = count > 0 ? Float(count / sum) : 1 / (top - low)
        return voxels.map { min(max(($0 - low) * scale, 0), brightest) }
    }

    /// A map on ``grid`` brought back to the grid of the scan, linearly.
    public func restored(_ voxels: [Float], outside: Float) throws(ImagingError) -> Volume {
        try Volume(grid: grid, voxels: voxels).resampled(to: source, by: .linear, outside: outside, edge: .faces)
    }

    /// A mask on the scan's grid brought to ``grid``: the voxels of which it fills half or more.
    public func prepared(_ mask: Mask) throws(ImagingError) -> Mask {
        let share = try Volume(grid: mask.grid, voxels: mask.voxels.map { $0 ? 1 : 0 })
            .resampled(to: grid, by: .linear, antialiased: true, edge: .faces)
        return Mask(grid: grid, voxels: share.voxels.map { $0 >= 0.5 })
    }
}
