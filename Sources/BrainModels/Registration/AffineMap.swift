public import NeuralNet

/// An affine map between the grids of two volumes, one for every sample of a batch.
///
/// It works in coordinates of -1 to 1 between the outer faces of the volume, in the order k, j, i, as PyTorch's
/// `affine_grid` with `align_corners=False` does.
public struct AffineMap: Sendable {
    /// `[batch, 3, 4]`: where a voxel of the answer is read.
    public let matrix: Tensor

    /// - Parameter matrix: `[batch, 3, 4]`.
    public init(_ matrix: Tensor) { self.matrix = matrix }

    /// The map back.
    ///
    /// - Precondition: none of the maps is flat; its inverse is infinite otherwise.
    public func inverse() throws(NetworkError) -> AffineMap {
        let m = try (0..<3).map { (row) throws(NetworkError) in
            try (0..<3).map { (column) throws(NetworkError) in
                try matrix.narrowed(1, from: row, length: 1).narrowed(2, from: column, length: 1)
            }
        }
        func cofactor(_ row: Int, _ column: Int) throws(NetworkError) -> Tensor {
            let (r, s, c, d) = ((row + 1) % 3, (row + 2) % 3, (column + 1) % 3, (column + 2) % 3)
            return try m[r][c] * m[s][d] - m[r][d] * m[s][c]
        }
        let rows = try (0..<3).map { (row) throws(NetworkError) in
            try Tensor.joined([cofactor(0, row), cofactor(1, row), cofactor(2, row)], along: 2)
        }
        let determinant = try m[0][0] * cofactor(0, 0) + m[0][1] * cofactor(0, 1) + m[0][2] * cofactor(0, 2)
        let turned = try Tensor.joined(rows, along: 1) / determinant
        let shift = try turned.matmul(matrix.narrowed(2, from: 3, length: 1)).scaled(by: -1)
        return AffineMap(try turned.appending(shift, along: 2))
    }

    /// Where every voxel of a grid is read, in voxels of a grid of the same sides: `[batch, 3, i, j, k]`.
    public func places(_ sides: [Int]) throws(NetworkError) -> Tensor {
        precondition(sides.count == 3, "\(sides) are no sides of a volume")
        let grid = try Self.coordinates(sides).converted(to: matrix.type).moved(to: matrix.device)
        let found = try matrix.matmul(grid)  // [batch, 3, voxel], k j i
        let order = try (0..<3).map { (axis) throws(NetworkError) in
            let half = Double(sides[axis]) / 2
            return try found.narrowed(1, from: 2 - axis, length: 1).scaled(by: half, plus: half - 0.5)
        }
        return try Tensor.joined(order, along: 1).reshaped([matrix.shape[0], 3] + sides)
    }

    /// The images or labels `[batch, channel, i, j, k]` read through this map; outside they are 0.
    public func warp(_ x: Tensor, _ interpolation: Tensor.Interpolation = .linear) throws(NetworkError) -> Tensor {
        try x.sampled(at: places(Array(x.shape.suffix(3))), interpolation)
    }

    /// The coordinates of all voxels, `[4, voxel]`: k, j, i and 1.
    private static func coordinates(_ sides: [Int]) throws(NetworkError) -> Tensor {
        let axes = try [2, 1, 0].map { (axis) throws(NetworkError) -> Tensor in
            let side = sides[axis]
            var shape = [1, 1, 1]
            shape[axis] = side
            return try Tensor((0..<side).map { (2 * Float($0) + 1) / Float(side) - 1 }, shape: shape)
                .expanded(to: sides).reshaped([1, -1])
        }
        return try Tensor.joined(axes + [Tensor(repeating: 1, shape: axes[0].shape)], along: 0)
    }
}
