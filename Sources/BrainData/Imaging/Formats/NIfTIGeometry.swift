/// How a NIfTI header places its voxels: by its sform, else its qform, else the spacing alone.
struct NIfTIGeometry {
    var affine: Affine
    var units: String
    var notes: [String] = []

    private let millimetres: Double
    private let header: NIfTIHeader

    /// - Parameter size: voxels along i, j and k.
    init(_ header: NIfTIHeader, size: SIMD3<Int>) {
        self.header = header
        affine = Affine(spacing: [1, 1, 1])
        switch header.units & 7 {
        case 1: (units, millimetres) = ("m", 1000)
        case 2: (units, millimetres) = ("mm", 1)
        case 3: (units, millimetres) = ("µm", 0.001)
        default:
            (units, millimetres) = ("unknown", 1)
            notes.append("the unit of length is unknown; millimetres were assumed")
        }
        let spacing = mendedSpacing()
        choose(spacing, size)
    }

    private mutating func choose(_ spacing: SIMD3<Double>, _ size: SIMD3<Int>) {
        let sform = header.sformCode > 0 ? usable(sformAffine) : nil
        let qform = header.qformCode > 0 ? usable(qformAffine(spacing)) : nil
        if header.sformCode > 0, sform == nil {
            notes.append("the sform is singular or holds numbers that are not finite, and was ignored")
        }
        if header.qformCode > 0, qform == nil {
            notes.append("the qform holds numbers that are not finite, and was ignored")
        }
        if let sform, let qform, !Grid(size: size, affine: sform).matches(Grid(size: size, affine: qform)) {
            notes.append("sform and qform place the voxels differently; the sform was taken")
        }
        if sform == nil, qform == nil {
            notes.append("no transform says how the head lies; i, j and k were taken as right, anterior and superior")
        }
        affine = sform ?? qform ?? Affine(spacing: spacing * millimetres)
    }

    /// The steps along i, j and k in the file's unit, each above zero.
    private mutating func mendedSpacing() -> SIMD3<Double> {
        var spacing = SIMD3<Double>(repeating: 1)
        for n in 0..<3 {
            let (stored, axis) = (header.pixdim[n + 1], ["i", "j", "k"][n])
            if stored.isFinite, stored != 0 {
                spacing[n] = abs(stored)
                if stored < 0 {
                    notes.append("the spacing along \(axis) is negative (\(stored)); its magnitude was taken")
                }
            } else if n < header.dim[0] {
                notes.append("the spacing along \(axis) is \(stored); 1 was taken")
            }
        }
        return spacing
    }

    private var sformAffine: Affine {
        let rows = header.srow
        return Affine(
            i: [rows[0].x, rows[1].x, rows[2].x], j: [rows[0].y, rows[1].y, rows[2].y],
            k: [rows[0].z, rows[1].z, rows[2].z], origin: [rows[0].w, rows[1].w, rows[2].w])
    }

    /// The rotation of the quaternion, the spacing, and the handedness in `pixdim[0]`.
    private func qformAffine(_ spacing: SIMD3<Double>) -> Affine {
        var q = header.quaternion
        let square = dot(q, q)
        if square > 1 { q /= square.squareRoot() }
        let (a, b, c, d) = (max(0, 1 - square).squareRoot(), q.x, q.y, q.z)
        let side: Double = header.pixdim[0] < 0 ? -1 : 1
        return Affine(
            i: SIMD3(a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c)) * spacing.x,
            j: SIMD3(2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b)) * spacing.y,
            k: SIMD3(2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - c * c - b * b) * spacing.z * side,
            origin: header.qoffset)
    }

    /// The affine in millimetres, or nil where it cannot place voxels.
    private func usable(_ affine: Affine) -> Affine? {
        var scaled = affine
        scaled.i *= millimetres
        scaled.j *= millimetres
        scaled.k *= millimetres
        scaled.origin *= millimetres
        let numbers = [scaled.i, scaled.j, scaled.k, scaled.origin]
        guard numbers.allSatisfy({ length($0).isFinite }), scaled.inverse != nil else { return nil }
        return scaled
    }
}

extension NIfTIHeader {
    /// Fills both transforms from an affine; the qform only where it can hold it, which a sheared one it cannot.
    mutating func place(_ affine: Affine) {
        let (spacing, origin) = (affine.spacing, affine.origin)
        srow = (0..<3).map { SIMD4(affine.i[$0], affine.j[$0], affine.k[$0], origin[$0]) }
        (sformCode, qoffset) = (1, origin)
        (pixdim[1], pixdim[2], pixdim[3]) = (spacing.x, spacing.y, spacing.z)
        pixdim[0] = affine.determinant < 0 ? -1 : 1
        let (x, y, z) = (affine.i / spacing.x, affine.j / spacing.y, affine.k / spacing.z * pixdim[0])
        let shear = max(abs(dot(x, y)), abs(dot(y, z)), abs(dot(z, x)))
        guard shear < 1e-4 else { return }
        qformCode = 1
        quaternion = Self.quaternion(x, y, z)
    }

    /// b, c and d of the unit quaternion, a ≥ 0, of the rotation with these columns.
    static func quaternion(_ x: SIMD3<Double>, _ y: SIMD3<Double>, _ z: SIMD3<Double>) -> SIMD3<Double> {
        // Each component from the diagonal; the largest is safe to divide by and gives the others their signs.
        let squares = [
            1 + x.x + y.y + z.z, 1 + x.x - y.y - z.z, 1 - x.x + y.y - z.z, 1 - x.x - y.y + z.z,
        ]
        let largest = squares.indices.max { squares[$0] < squares[$1] } ?? 0
        let pivot = max(squares[largest], 0).squareRoot() / 2
        let quarter = 1 / (4 * pivot)
        var q: SIMD4<Double>
        switch largest {
        case 0: q = [pivot, (y.z - z.y) * quarter, (z.x - x.z) * quarter, (x.y - y.x) * quarter]
        case 1: q = [(y.z - z.y) * quarter, pivot, (x.y + y.x) * quarter, (z.x + x.z) * quarter]
        case 2: q = [(z.x - x.z) * quarter, (x.y + y.x) * quarter, pivot, (y.z + z.y) * quarter]
        default: q = [(x.y - y.x) * quarter, (z.x + x.z) * quarter, (y.z + z.y) * quarter, pivot]
        }
        q /= (q * q).sum().squareRoot()
        return q.x < 0 ? [-q.y, -q.z, -q.w] : [q.y, q.z, q.w]
    }
}
