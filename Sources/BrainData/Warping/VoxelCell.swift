/// The eight voxels around a place, and how near each is: for values that are linear in between.
struct VoxelCell {
    /// The place in the array of the voxel with the lowest indices, and the steps from it to the others.
    private let corner, x, y, z: Int
    /// How far the place lies from that voxel, from 0 to 1 along each axis.
    private let far: SIMD3<Float>

    /// - Parameter place: in voxels; nil beyond the outer faces of the outermost ones, whose values reach so far.
    init?(at place: SIMD3<Float>, in size: SIMD3<Int>) {
        let last = SIMD3<Float>(size &- 1)
        guard all(place .>= SIMD3(repeating: -0.5)), all(place .<= last + 0.5) else { return nil }
        let inside = place.clamped(lowerBound: .zero, upperBound: last)
        let (i, j, k) = (
            min(Int(inside.x), max(0, size.x - 2)), min(Int(inside.y), max(0, size.y - 2)),
            min(Int(inside.z), max(0, size.z - 2))
        )
        far = inside - SIMD3<Float>(Float(i), Float(j), Float(k))
        corner = i + size.x * (j + size.y * k)
        (x, y, z) = (size.x > 1 ? 1 : 0, size.y > 1 ? size.x : 0, size.z > 1 ? size.x * size.y : 0)
    }

    /// - Parameter voxel: the value at a place in the array.
    @inline(__always)
    func value(_ voxel: (Int) -> Float) -> Float {
        func edge(_ n: Int) -> Float { voxel(n) + (voxel(n + x) - voxel(n)) * far.x }
        func face(_ n: Int) -> Float { edge(n) + (edge(n + y) - edge(n)) * far.y }
        return face(corner) + (face(corner + z) - face(corner)) * far.z
    }
}
