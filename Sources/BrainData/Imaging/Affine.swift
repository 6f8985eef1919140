/// Maps voxel indices (i, j, k) to world coordinates in millimetres, right–anterior–superior (RAS+).
///
/// The three columns of `matrix` are the steps of one voxel along i, j and k; `origin` is the centre of voxel (0, 0, 0).
public struct Affine: Sendable, Equatable, Codable {
    /// The step along i, j and k, in millimetres.
    public var i, j, k: SIMD3<Double>
    /// Where the centre of the first voxel lies, in millimetres.
    public var origin: SIMD3<Double>

    public init(i: SIMD3<Double>, j: SIMD3<Double>, k: SIMD3<Double>, origin: SIMD3<Double>) {
        (self.i, self.j, self.k, self.origin) = (i, j, k, origin)
    }

    /// Voxels along right, anterior and superior of the given size, the first one at the world's origin.
    public init(spacing: SIMD3<Double>, origin: SIMD3<Double> = .zero) {
        self.init(i: [spacing.x, 0, 0], j: [0, spacing.y, 0], k: [0, 0, spacing.z], origin: origin)
    }

    /// The distance between neighbouring voxels along i, j and k, in millimetres.
    public var spacing: SIMD3<Double> { [length(i), length(j), length(k)] }

    /// The signed volume of a voxel in cubic millimetres; zero where the matrix is singular.
    public var determinant: Double { dot(cross(i, j), k) }

    /// The world position of a voxel, which need not be whole.
    public func callAsFunction(_ voxel: SIMD3<Double>) -> SIMD3<Double> {
        origin + i * voxel.x + j * voxel.y + k * voxel.z
    }

    /// The map from world to voxels, or nil where the matrix is singular.
    public var inverse: Affine? {
        let volume = determinant
        let scale = length(i) * length(j) * length(k)
        guard volume.isFinite, scale > 0, abs(volume) > 1e-9 * scale else { return nil }
        let (a, b, c) = (cross(j, k) / volume, cross(k, i) / volume, cross(i, j) / volume)  // rows of the inverse
        let back = Affine(
            i: [a.x, b.x, c.x], j: [a.y, b.y, c.y], k: [a.z, b.z, c.z], origin: .zero)
        return Affine(i: back.i, j: back.j, k: back.k, origin: -back(origin))
    }

    /// The map that applies `first` and then this one.
    public func after(_ first: Affine) -> Affine {
        let linear = Affine(i: i, j: j, k: k, origin: .zero)
        return Affine(i: linear(first.i), j: linear(first.j), k: linear(first.k), origin: self(first.origin))
    }
}

func dot(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { (a * b).sum() }
func length(_ a: SIMD3<Double>) -> Double { dot(a, a).squareRoot() }
func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    [a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x]
}
