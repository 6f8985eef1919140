/// Where each place of a fixed scan lies in a moving one: place + displacement, in millimetres, RAS+.
///
/// A warp *pulls*: the warped image on the field's grid shows at x what the moving scan shows at x + u(x), as ITK, ANTs
/// and Slicer have it. Outside the field's grid nothing moves.
public struct DisplacementField: Sendable, Equatable {
    /// Where the displacements are given: the grid of the fixed scan.
    public var grid: Grid
    /// One for each voxel, i varying fastest, in millimetres along right, anterior and superior.
    public var vectors: [SIMD3<Float>]

    /// - Precondition: `vectors` fills the grid.
    public init(grid: Grid, vectors: [SIMD3<Float>]) {
        precondition(vectors.count == grid.count, "\(vectors.count) displacements do not fill \(grid.size)")
        (self.grid, self.vectors) = (grid, vectors)
    }

    /// Nothing moves.
    public static func identity(on grid: Grid) -> DisplacementField {
        DisplacementField(grid: grid, vectors: [SIMD3<Float>](repeating: .zero, count: grid.count))
    }

    /// The displacement at a place given in voxels of the grid, linear in between; zero outside it.
    func displacement(atVoxel place: SIMD3<Double>) -> SIMD3<Float> {
        guard let cell = VoxelCell(at: SIMD3<Float>(place), in: grid.size) else { return .zero }
        return SIMD3(
            cell.value { vectors[$0].x }, cell.value { vectors[$0].y }, cell.value { vectors[$0].z })
    }

    /// The field that leads back, by fixed-point iteration: v(y) = −u(y + v(y)) (Chen et al., *A simple fixed-point
    /// approach to invert a deformation field*, Medical Physics 35, 2008). It converges where the field does not fold.
    ///
    /// - Throws: ``ImagingError/geometry(_:)`` where the grid's affine is singular.
    public func inverse(iterations: Int = 20) throws(ImagingError) -> DisplacementField {
        let back = try worldToVoxels()
        let (grid, field) = (grid, self)
        let vectors: [SIMD3<Float>] = filledArray(grid.count) { target in
            nonisolated(unsafe) let target = target
            inParallel(grid.size.z) { k in
                for n in k * grid.size.x * grid.size.y..<(k + 1) * grid.size.x * grid.size.y {
                    let place = grid.affine(SIMD3<Double>(grid.voxel(at: n)))
                    var v = SIMD3<Float>.zero
                    for _ in 0..<iterations {
                        let next = -field.displacement(atVoxel: back(place + SIMD3<Double>(v)))
                        let change = next - v
                        v = next
                        if (change * change).sum() < 1e-6 { break }
                    }
                    target[n] = v
                }
            }
        }
        return DisplacementField(grid: grid, vectors: vectors)
    }

    /// How much a small piece of the fixed space grows on its way to the moving one: the determinant of 1 + ∂u/∂x at
    /// every voxel, by central differences, one-sided at the edge. At or below 0 the field folds.
    ///
    /// - Throws: ``ImagingError/geometry(_:)`` where the grid's affine is singular.
    public func jacobian() throws(ImagingError) -> Volume {
        let back = try worldToVoxels()
        let size = grid.size
        let (x, y, z) = (SIMD3<Float>(back.i), SIMD3<Float>(back.j), SIMD3<Float>(back.k))
        let voxels: [Float] = vectors.withUnsafeBufferPointer { vectors in
            filledArray(grid.count) { target in
                nonisolated(unsafe) let (vectors, target) = (vectors, target)
                inParallel(size.z) { k in
                    for n in k * size.x * size.y..<(k + 1) * size.x * size.y {
                        func slope(_ at: Int, _ side: Int, _ step: Int) -> SIMD3<Float> {
                            guard side > 1 else { return .zero }
                            let (low, high) = (at > 0 ? n - step : n, at < side - 1 ? n + step : n)
                            return (vectors[high] - vectors[low]) * (high - low == step ? 1 : 0.5)
                        }
                        let i = slope(n % size.x, size.x, 1), j = slope(n / size.x % size.y, size.y, size.x)
                        let s = slope(k, size.z, size.x * size.y)
                        // By the chain rule: along right, anterior and superior.
                        let a = i * x.x + j * x.y + s * x.z + [1, 0, 0]
                        let b = i * y.x + j * y.y + s * y.z + [0, 1, 0]
                        let c = i * z.x + j * z.y + s * z.z + [0, 0, 1]
                        target[n] =
                            a.x * (b.y * c.z - b.z * c.y) - a.y * (b.x * c.z - b.z * c.x)
                            + a.z * (b.x * c.y - b.y * c.x)
                    }
                }
            }
        }
        return Volume(grid: grid, voxels: voxels)
    }

    private func worldToVoxels() throws(ImagingError) -> Affine {
        guard let back = grid.affine.inverse else {
            throw .geometry("the field's map from voxels to millimetres is singular")
        }
        return back
    }
}

extension DisplacementField {
    /// The displacements of a box of voxels.
    ///
    /// - Precondition: the box lies in the grid.
    public func cropped(to box: Box) -> DisplacementField {
        let inside = grid.cropped(to: box)
        return DisplacementField(
            grid: inside,
            vectors: (0..<inside.count).map { n in
                let at = inside.voxel(at: n) &+ box.lower
                return vectors[at.x + grid.size.x * (at.y + grid.size.y * at.z)]
            })
    }
}
