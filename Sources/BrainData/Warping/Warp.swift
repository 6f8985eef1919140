/// The way from the places of a fixed scan to those of a moving one: a displacement, then an affine map; either may be
/// missing.
public struct Warp: Sendable {
    /// From the fixed scan's millimetres to those of the field; nil where they are the same.
    public var first: Affine?
    /// In the fixed scan's millimetres.
    public var field: DisplacementField?
    /// From where the field leads to the moving scan's millimetres.
    public var affine: Affine?

    public init(first: Affine? = nil, field: DisplacementField? = nil, affine: Affine? = nil) {
        (self.first, self.field, self.affine) = (first, field, affine)
    }

    /// Where a place of the fixed scan lies in the moving one; both in millimetres, RAS+.
    public func callAsFunction(_ place: SIMD3<Double>) -> SIMD3<Double> {
        let place = first.map { $0(place) } ?? place
        let there = place + ((try? FieldReader(field))?(place) ?? .zero)
        return affine.map { $0(there) } ?? there
    }
}

extension Volume {
    /// The moving scan as it looks on the fixed one's grid, linear between voxels, frame by frame.
    ///
    /// - Parameter outside: the value where the warp leads out of the scan.
    /// - Throws: ``ImagingError/geometry(_:)`` where an affine is singular.
    public func warped(by warp: Warp, onto fixed: Grid, outside: Float = 0) throws(ImagingError) -> Volume {
        let places = try grid.places(of: fixed, by: warp)
        let (size, source, count, frames) = (grid.size, voxels, grid.count, frames)
        let voxels: [Float] = filledArray(fixed.count * frames) { target in
            nonisolated(unsafe) let target = target
            inParallel(fixed.size.z) { k in
                for n in k * fixed.size.x * fixed.size.y..<(k + 1) * fixed.size.x * fixed.size.y {
                    let cell = VoxelCell(at: places[n], in: size)
                    for frame in 0..<frames {
                        target[n + frame * fixed.count] = cell?.value { source[$0 + frame * count] } ?? outside
                    }
                }
            }
        }
        return Volume(grid: fixed, frames: frames, voxels: voxels, notes: notes)
    }
}

extension LabelMap {
    /// The moving labels on the fixed scan's grid, each the one of the closest voxel; 0 where the warp leads out of the
    /// map.
    ///
    /// - Throws: ``ImagingError/geometry(_:)`` where an affine is singular.
    public func warped(by warp: Warp, onto fixed: Grid) throws(ImagingError) -> LabelMap {
        let places = try grid.places(of: fixed, by: warp)
        let size = grid.size, limit = SIMD3<Float>(size) - 0.5
        let labels = places.map { place -> UInt16 in
            guard all(place .>= SIMD3(repeating: -0.5)), all(place .< limit) else { return 0 }
            let at = SIMD3<Int>(place + 0.5)
            return voxels[at.x + size.x * (at.y + size.y * at.z)]
        }
        return LabelMap(grid: fixed, voxels: labels)
    }
}

extension Grid {
    /// Where the voxels of a fixed grid lie in voxels of this one.
    fileprivate func places(of fixed: Grid, by warp: Warp) throws(ImagingError) -> [SIMD3<Float>] {
        guard let back = affine.inverse else {
            throw .geometry("cannot warp: a map from voxels to millimetres is singular")
        }
        let moved = try FieldReader(warp.field), map = warp.affine.map { back.after($0) } ?? back
        // A field on the very grid need not be interpolated.
        let direct = warp.field.map { $0.grid == fixed && warp.first == nil } ?? false ? warp.field : nil
        return filledArray(fixed.count) { target in
            nonisolated(unsafe) let target = target
            inParallel(fixed.size.z) { k in
                for n in k * fixed.size.x * fixed.size.y..<(k + 1) * fixed.size.x * fixed.size.y {
                    let voxel = fixed.affine(SIMD3<Double>(fixed.voxel(at: n)))
                    let place = warp.first.map { $0(voxel) } ?? voxel
                    let displacement = direct.map { SIMD3<Double>($0.vectors[n]) } ?? moved(place)
                    target[n] = SIMD3<Float>(map(place + displacement))
                }
            }
        }
    }
}
