internal import BrainData

/// How far each surface voxel of one region lies from the nearest surface voxel of the other, in millimetres.
///
/// A region's surface is the region minus its erosion by the six face neighbours; what lies outside the image counts as
/// outside the region. Voxel axes are taken as perpendicular: a sheared affine is measured by its spacing alone.
public struct SurfaceDistances: Sendable {
    /// From each surface voxel of the prediction to the truth.
    public let fromPrediction: [Double]
    /// From each surface voxel of the truth to the prediction.
    public let fromTruth: [Double]

    /// Both directions together.
    public var pooled: [Double] { fromPrediction + fromTruth }

    /// - Returns: nil where either region is empty.
    init?(of pair: MaskPair) {
        guard pair.overlap.predicted > 0, pair.overlap.actual > 0,
            let box = Box(holding: [pair.prediction, pair.truth])
        else { return nil }
        let spacing = pair.truth.grid.affine.spacing
        let prediction = Self.surface(of: pair.prediction, in: box)
        let truth = Self.surface(of: pair.truth, in: box)
        fromPrediction = Self.distances(at: prediction, to: truth, box: box, spacing: spacing)
        fromTruth = Self.distances(at: truth, to: prediction, box: box, spacing: spacing)
    }

    private static func distances(
        at places: [Bool], to sites: [Bool], box: Box, spacing: SIMD3<Double>
    ) -> [Double] {
        let squared = squaredDistances(to: sites, size: box.size, spacing: spacing)
        var distances: [Double] = []
        for n in places.indices where places[n] { distances.append(squared[n].squareRoot()) }
        return distances
    }

    /// The voxels of a region, within a box that holds it, that have a face neighbour outside it.
    static func surface(of mask: Mask, in box: Box) -> [Bool] {
        let size = box.size
        let region = box.crop(mask)
        var surface = [Bool](repeating: false, count: region.count)
        let (row, slab) = (size.x, size.x * size.y)
        surface.withUnsafeMutableBufferPointer { surface in
            region.withUnsafeBufferPointer { region in
                for k in 0..<size.z {
                    for j in 0..<size.y {
                        let edge = k == 0 || k == size.z - 1 || j == 0 || j == size.y - 1
                        let start = row * j + slab * k
                        for i in 0..<size.x where region[start + i] {
                            let n = start + i
                            surface[n] =
                                edge || i == 0 || i == size.x - 1
                                || !(region[n - 1] && region[n + 1] && region[n - row] && region[n + row]
                                    && region[n - slab] && region[n + slab])
                        }
                    }
                }
            }
        }
        return surface
    }
}
