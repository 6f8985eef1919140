/// Finds the brain in a scan of a head.
///
/// - A scan whose skull is gone already (most public tumour sets) is known by its zeros, and its brain is what is not 0.
/// - In a whole head a surface is grown from the middle (Smith, *Fast robust automated brain extraction*, Human Brain
///   Mapping 17, 2002). What it encloses is freed of fat, which is bright, and of skull, which is dark; an opening cuts the
///   bridges to muscle and scalp; the largest part is closed and its holes are filled, so that ventricles, enhancing tumour
///   and vessels come back. If more is left than a brain can measure, the surface is grown again with a stricter edge.
///
/// The second is a classical estimate for T1-like contrasts, where white matter is bright, fat brighter, and bone dark. It is
/// weak where much neck is in view, at the skull base and at the vertex of scans with thick slices (muscle below the temporal
/// lobe, scalp at the top), and where a tumour lies against the skull. Look at the mask before you trust what is computed
/// inside it.
public enum BrainMask {
    /// The largest volume of a brain and its fluid that is taken as plausible, in millilitres.
    private static let largest = 1800.0
    /// The tissue that is kept, against the median inside: between bone and fat.
    private static let tissue: ClosedRange<Float> = 0.55...1.7
    /// Radii in millimetres: to cut bridges, to grow back with a rim for the cortex, and to close the bays that are left.
    private static let (bridge, regrowth, bay) = (3.0, 5.0, 10.0)

    /// The brain of the first frame; empty where there is no head to be seen.
    public static func estimate(_ volume: Volume) -> Mask { stripped(volume) ?? grown(volume) }

    /// The same with a surface of other fineness, grown for as many steps.
    static func estimate(_ volume: Volume, subdivisions: Int, iterations: Int) -> Mask {
        stripped(volume) ?? grown(volume, subdivisions: subdivisions, iterations: iterations)
    }

    /// The brain in a whole head.
    public static func grown(_ volume: Volume) -> Mask { grown(volume, subdivisions: 4, iterations: 1000) }

    private static func grown(_ volume: Volume, subdivisions: Int, iterations: Int) -> Mask {
        let scan = volume.frame(0).finite().volume
        var mask = Mask(grid: scan.grid, voxels: .init(repeating: false, count: scan.grid.count))
        guard let surface = BrainSurface(of: scan) else { return mask }
        var fraction = 0.5
        while fraction <= 0.8 {
            let enclosed = surface.mask(fraction: fraction, subdivisions: subdivisions, iterations: iterations)
            mask = refined(enclosed, of: scan)
            if mask.millilitres <= largest { break }
            fraction += mask.millilitres > largest + 100 ? 0.1 : 0.05
        }
        return mask
    }

    /// The brain inside a surface that may have taken in other tissue.
    private static func refined(_ enclosed: Mask, of scan: Volume) -> Mask {
        guard let box = enclosed.box?.expanded(by: 1).clamped(to: scan.grid) else { return enclosed }
        let (inside, part) = (enclosed.cropped(to: box), scan.cropped(to: box))
        let core = inside.eroded(millimetres: 8)
        let sample = core.count > 0 ? core : inside
        guard let median = Percentiles(of: part.voxels.indices.filter { sample.voxels[$0] }.map { part.voxels[$0] })(50)
        else { return enclosed }
        let (low, high) = (tissue.lowerBound * median, tissue.upperBound * median)
        let kept = min(low, high)...max(low, high)
        var brain = inside
        for index in part.voxels.indices where !kept.contains(part.voxels[index]) { brain.voxels[index] = false }
        brain = brain.eroded(millimetres: bridge).largestComponent(.faces).dilated(millimetres: regrowth)
        return brain.intersection(inside).closed(millimetres: bay).holesFilled().placed(in: scan.grid, at: box)
    }

    /// The brain of a scan whose skull was taken off before, nil where it was not.
    ///
    /// It was where at least 40 % are zeros, and the rest is one part, no larger than a brain can be, that is cut by one face of
    /// the grid at most.
    public static func stripped(_ volume: Volume) -> Mask? {
        let scan = volume.frame(0).finite().volume
        let tissue = Mask(grid: scan.grid, voxels: scan.voxels.map { $0 != 0 })
        let inside = tissue.count
        guard inside > 0, Double(inside) <= 0.6 * Double(tissue.grid.count) else { return nil }
        let part = tissue.largestComponent(.faces)
        guard Double(part.count) >= 0.95 * Double(inside), part.millilitres <= 2300 else { return nil }
        return facesCut(by: part) <= 1 ? part.holesFilled() : nil
    }

    /// Faces of the grid of which more than a tenth lies inside.
    private static func facesCut(by mask: Mask) -> Int {
        let size = mask.grid.size
        var faces = 0
        for axis in 0..<3 {
            for end in [0, size[axis] - 1] {
                var slice = Box(mask.grid)
                (slice.lower[axis], slice.upper[axis]) = (end, end + 1)
                if mask.cropped(to: slice).count * 10 > slice.count { faces += 1 }
            }
        }
        return faces
    }
}
