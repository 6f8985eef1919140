extension Warp {
    /// The whole way as one field on a grid of the fixed scan's space: displacement and affine map together.
    ///
    /// - Throws: ``ImagingError/geometry(_:)`` where an affine is singular.
    public func field(on grid: Grid) throws(ImagingError) -> DisplacementField {
        let moved = try FieldReader(field)
        let (first, affine) = (first, affine)
        return DisplacementField(
            grid: grid,
            vectors: displacements(on: grid) { start in
                let place = first.map { $0(start) } ?? start
                let there = place + moved(place)
                return (affine.map { $0(there) } ?? there) - start
            })
    }

    /// The way back as one field on a grid of the moving scan's space: where each of its places lies in the fixed scan.
    ///
    /// The displacements are inverted on their own grid (``DisplacementField/inverse(iterations:)``).
    ///
    /// - Throws: ``ImagingError/geometry(_:)`` where an affine is singular.
    public func inverse(on grid: Grid) throws(ImagingError) -> DisplacementField {
        guard let back = Self.inverse(of: affine), let start = Self.inverse(of: first) else {
            throw .geometry("the affine map is singular: there is no way back")
        }
        var inverted: DisplacementField?
        if let field { inverted = try field.inverse() }
        let moved = try FieldReader(inverted)
        return DisplacementField(
            grid: grid,
            vectors: displacements(on: grid) { place in
                let there = back(place)
                return start(there + moved(there)) - place
            })
    }

    private static func inverse(of map: Affine?) -> Affine? {
        guard let map else { return Affine(spacing: [1, 1, 1]) }
        return map.inverse
    }

    private func displacements(
        on grid: Grid, _ displacement: @Sendable (SIMD3<Double>) -> SIMD3<Double>
    ) -> [SIMD3<Float>] {
        filledArray(grid.count) { target in
            nonisolated(unsafe) let target = target
            inParallel(grid.size.z) { k in
                for j in 0..<grid.size.y {
                    let start = grid.size.x * (j + grid.size.y * k)
                    let row = grid.affine(SIMD3(0, Double(j), Double(k)))
                    for i in 0..<grid.size.x {
                        target[start + i] = SIMD3<Float>(displacement(row + grid.affine.i * Double(i)))
                    }
                }
            }
        }
    }
}

/// A field, ready to be read at places in millimetres.
struct FieldReader: Sendable {
    private let field: DisplacementField?
    private let back: Affine

    init(_ field: DisplacementField?) throws(ImagingError) {
        let back = field.map(\.grid.affine.inverse) ?? Affine(spacing: [1, 1, 1])
        guard let back else { throw .geometry("the field's map from voxels to millimetres is singular") }
        (self.field, self.back) = (field, back)
    }

    @inline(__always)
    func callAsFunction(_ place: SIMD3<Double>) -> SIMD3<Double> {
        field.map { SIMD3<Double>($0.displacement(atVoxel: back(place))) } ?? .zero
    }
}
