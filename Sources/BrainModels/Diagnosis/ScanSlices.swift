public import BrainData

/// The slices of a scan that networks on slices know, cut where those of OASIS-1 lie and turned as they are.
public enum ScanSlices {
    /// Where the planes lie in a box around a brain, in its terms; of OASIS-1 measured on the pictures of 40 subjects: the rows and
    /// columns in which two pictures of one brain are alike are where their planes meet.
    ///
    /// The axial plane is measured from the top, as a share of the brain's length: where a brain ends below, between medulla and
    /// neck, masks do not agree.
    static func place(lower: SIMD3<Double>, upper: SIMD3<Double>) -> SIMD3<Double> {
        let extent = upper - lower
        return SIMD3(lower.x + 0.56 * extent.x, lower.y + 0.535 * extent.y, upper.z - 0.365 * extent.y)
    }

    /// A plane in the terms of its picture.
    private struct Plane {
        /// The world's axis that the plane stands on, 0 to right, 1 to front, 2 to top.
        let axis: Int
        /// Where the picture's columns and rows run to.
        let columns, rows: SIMD3<Double>
    }

    private static let planes = [
        // The front on top; the patient's right on the left.
        "axial": Plane(axis: 2, columns: [-1, 0, 0], rows: [0, -1, 0]),
        // The pictures of OASIS-1 show the patient's right on the right here.
        "coronal": Plane(axis: 1, columns: [1, 0, 0], rows: [0, 0, -1]),
        // The face to the right.
        "sagittal": Plane(axis: 0, columns: [0, 1, 0], rows: [0, 0, -1]),
    ]

    /// Cuts the slices of a network's views, pixels of a millimetre, over the scan's whole field of view.
    ///
    /// - Parameters:
    ///   - scan: in any orientation; the first of several volumes is taken.
    ///   - brain: on the scan's grid.
    ///   - contract: of the network: one view is the axial one, whatever it is called, and of several each is a plane's name.
    /// - Returns: the slices in the order of the views, black outside the brain where the network knows brains without heads.
    /// - Throws: ``ImagingError`` where the mask is empty or of another grid, the scan's affine is singular, or a view is no plane.
    public static func cut(
        _ scan: Volume, brain: Mask, _ contract: SliceInput.Contract
    ) throws(ImagingError) -> [Volume] {
        guard brain.grid.matches(scan.grid) else { throw .geometry("expected a brain on the scan's grid") }
        guard let box = extent(of: brain) else { throw .geometry("expected a scan of a brain, found none in it") }
        let whole = scan.frame(0).finite().volume
        let shown = contract.isExtracted == true ? whole.masked(by: brain) : whole
        let views = contract.views.count == 1 ? ["axial"] : contract.views
        let (lower, upper) = scan.grid.bounds, middle = place(lower: box.lower, upper: box.upper)
        var slices: [Volume] = []
        for view in views {
            guard let plane = planes[view] else {
                throw .layout("a scan is cut into axial, coronal and sagittal slices, and \(view) is none of them")
            }
            let size = SIMD3(
                steps(plane.columns, upper - lower), steps(plane.rows, upper - lower), 1)
            guard all(size .> 0), all(size .<= 4096) else {
                throw .geometry("expected a scan of a head, found one that measures \(upper - lower) mm")
            }
            var normal = SIMD3<Double>.zero
            normal[plane.axis] = 1
            // The middle of the field of view, moved into the plane.
            var centre = (lower + upper) / 2
            centre[plane.axis] = middle[plane.axis]
            let corner =
                centre - plane.columns * (Double(size.x - 1) / 2) - plane.rows * (Double(size.y - 1) / 2)
            let grid = Grid(
                size: size, affine: Affine(i: plane.columns, j: plane.rows, k: normal, origin: corner))
            slices.append(try shown.resampled(to: grid, antialiased: true, edge: .faces))
        }
        return slices
    }

    private static func steps(_ direction: SIMD3<Double>, _ extent: SIMD3<Double>) -> Int {
        let length = abs((direction * extent).sum())
        return length.isFinite && length < 1e6 ? Int(length.rounded(.up)) : 0
    }

    /// The box around a mask's voxels along the world's axes, in millimetres between centres; nil for an empty mask.
    static func extent(of mask: Mask) -> (lower: SIMD3<Double>, upper: SIMD3<Double>)? {
        let size = mask.grid.size
        var box: (lower: SIMD3<Double>, upper: SIMD3<Double>)?
        func add(_ i: Int, _ j: Int, _ k: Int) {
            let place = mask.grid.affine(SIMD3(Double(i), Double(j), Double(k)))
            box = box.map { (pointwiseMin($0.lower, place), pointwiseMax($0.upper, place)) } ?? (place, place)
        }
        mask.voxels.withUnsafeBufferPointer { voxels in
            for k in 0..<size.z {
                for j in 0..<size.y {
                    let row = voxels[(j + k * size.y) * size.x..<(j + 1 + k * size.y) * size.x]
                    // Along a row the world's coordinates only rise or only fall: its ends are enough.
                    guard let first = row.firstIndex(of: true), let last = row.lastIndex(of: true) else { continue }
                    add(first - row.startIndex, j, k)
                    add(last - row.startIndex, j, k)
                }
            }
        }
        return box
    }
}
