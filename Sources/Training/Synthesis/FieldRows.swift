import BrainData

/// A smooth field read row by row on a grid along the world's axes: quick, because what a row shares is done once.
struct FieldRows {
    private let field: SmoothField
    private let first, step: SIMD3<Double>
    /// For each voxel of a row the lattice point before it, and how far it lies on the way to the next.
    private let cells: [Int32]
    private let shares: [Float]
    private var line: [Float]

    init(_ field: SmoothField, on grid: Grid) {
        self.field = field
        let step = grid.affine.spacing / field.spacing
        let first = (grid.affine.origin - field.origin) / field.spacing
        let places = (0..<grid.size.x).map { Self.place(first.x + Double($0) * step.x, below: field.size.x) }
        (self.first, self.step) = (first, step)
        cells = places.map { Int32($0.cell) }
        shares = places.map(\.share)
        line = [Float](repeating: 0, count: field.size.x)
    }

    /// Writes the values of the row at `j` and `k` to `row`, which has room for one value a voxel.
    mutating func read(_ j: Int, _ k: Int, into row: UnsafeMutablePointer<Float>) {
        gather(j, k)
        line.withUnsafeBufferPointer { line in
            cells.withUnsafeBufferPointer { cells in
                shares.withUnsafeBufferPointer { shares in
                    for i in cells.indices {
                        let n = Int(cells[i])
                        row[i] = line[n] + shares[i] * (line[n + 1] - line[n])
                    }
                }
            }
        }
    }

    /// The lattice's line along i at `j` and `k`, from the four around it.
    private mutating func gather(_ j: Int, _ k: Int) {
        let y = Self.place(first.y + Double(j) * step.y, below: field.size.y)
        let z = Self.place(first.z + Double(k) * step.z, below: field.size.z)
        let (up, back) = (field.size.x, field.size.x * field.size.y)
        let corner = up * y.cell + back * z.cell
        let (a, b) = ((1 - y.share) * (1 - z.share), y.share * (1 - z.share))
        let (c, d) = ((1 - y.share) * z.share, y.share * z.share)
        field.values.withUnsafeBufferPointer { v in
            line.withUnsafeMutableBufferPointer { line in
                for i in line.indices {
                    let n = corner + i
                    line[i] = a * v[n] + b * v[n + up] + c * v[n + back] + d * v[n + up + back]
                }
            }
        }
    }

    private static func place(_ place: Double, below count: Int) -> (cell: Int, share: Float) {
        let inside = min(max(place, 0), Double(count - 1))
        let cell = min(Int(inside), count - 2)
        return (cell, Float(inside - Double(cell)))
    }
}
