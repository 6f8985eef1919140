/// Where the voxels of a volume lie: how many along i, j and k, and the map from voxels to the world.
public struct Grid: Sendable, Equatable, Codable {
    /// Voxels along i, j and k.
    public var size: SIMD3<Int>
    /// From voxel indices to millimetres, RAS+.
    public var affine: Affine

    public init(size: SIMD3<Int>, affine: Affine) { (self.size, self.affine) = (size, affine) }

    /// Voxels in the whole grid.
    public var count: Int { size.x * size.y * size.z }

    /// The indices i, j and k of a place in an array of voxels.
    public func voxel(at place: Int) -> SIMD3<Int> {
        SIMD3(place % size.x, place / size.x % size.y, place / (size.x * size.y))
    }
    /// The volume of one voxel in millilitres.
    public var voxelMillilitres: Double { abs(affine.determinant) / 1000 }

    /// Whether two grids put every voxel in the same place, to within a tenth of a voxel at the corners.
    public func matches(_ other: Grid, tolerance: Double = 0.1) -> Bool {
        guard size == other.size else { return false }
        let far = SIMD3<Double>(size &- 1)
        let limit = tolerance * affine.spacing.min()
        for corner in 0..<8 {
            let voxel = SIMD3(corner & 1 == 0 ? 0 : far.x, corner & 2 == 0 ? 0 : far.y, corner & 4 == 0 ? 0 : far.z)
            let distance = length(affine(voxel) - other.affine(voxel))
            guard distance <= limit else { return false }
        }
        return true
    }
}

/// A scan: numbers on a grid, once or once for each frame of a series (time points, contrasts).
public struct Volume: Sendable {
    public var grid: Grid
    /// Volumes in the series; 1 for an ordinary scan.
    public var frames: Int
    /// The values, i varying fastest, then j, k and the frame.
    public var voxels: [Float]
    /// What the reader found odd and how it was mended, one sentence each.
    public var notes: [String]

    /// - Precondition: `voxels` fills the grid once for each frame.
    public init(grid: Grid, frames: Int = 1, voxels: [Float], notes: [String] = []) {
        precondition(voxels.count == grid.count * frames, "\(voxels.count) values do not fill \(frames) × \(grid.size)")
        (self.grid, self.frames, self.voxels, self.notes) = (grid, frames, voxels, notes)
    }

    /// One volume of a series.
    ///
    /// - Precondition: `index` is below ``frames``.
    public func frame(_ index: Int) -> Volume {
        precondition(index < frames, "frame \(index) of \(frames)")
        return Volume(
            grid: grid, voxels: Array(voxels[index * grid.count..<(index + 1) * grid.count]), notes: notes)
    }

    /// The value at a voxel of the first frame.
    public subscript(i: Int, j: Int, k: Int) -> Float {
        get { voxels[i + grid.size.x * (j + grid.size.y * k)] }
        set { voxels[i + grid.size.x * (j + grid.size.y * k)] = newValue }
    }
}

/// Whole numbers on a grid, each the label of a tissue, structure or lesion; 0 is background.
public struct LabelMap: Sendable, Equatable {
    public var grid: Grid
    /// The labels, i varying fastest, then j and k.
    public var voxels: [UInt16]

    /// - Precondition: `voxels` fills the grid.
    public init(grid: Grid, voxels: [UInt16]) {
        precondition(voxels.count == grid.count, "\(voxels.count) labels do not fill \(grid.size)")
        (self.grid, self.voxels) = (grid, voxels)
    }

    /// A mask as labels: 1 inside.
    public init(_ mask: Mask) { self.init(grid: mask.grid, voxels: mask.voxels.map { $0 ? 1 : 0 }) }

    /// The label at a voxel.
    public subscript(i: Int, j: Int, k: Int) -> UInt16 {
        get { voxels[i + grid.size.x * (j + grid.size.y * k)] }
        set { voxels[i + grid.size.x * (j + grid.size.y * k)] = newValue }
    }

    /// The labels that occur, in order.
    public var labels: [UInt16] {
        var seen = [Bool](repeating: false, count: Int(UInt16.max) + 1)
        for label in voxels { seen[Int(label)] = true }
        return seen.indices.filter { seen[$0] }.map(UInt16.init)
    }
}

/// True or false on a grid: a brain mask or one region of a segmentation.
public struct Mask: Sendable, Equatable {
    public var grid: Grid
    /// Inside or not, i varying fastest, then j and k.
    public var voxels: [Bool]

    /// - Precondition: `voxels` fills the grid.
    public init(grid: Grid, voxels: [Bool]) {
        precondition(voxels.count == grid.count, "\(voxels.count) voxels do not fill \(grid.size)")
        (self.grid, self.voxels) = (grid, voxels)
    }

    /// Voxels inside.
    public var count: Int { voxels.reduce(0) { $0 + ($1 ? 1 : 0) } }
    /// The volume inside, in millilitres.
    public var millilitres: Double { Double(count) * grid.voxelMillilitres }
}
