import NeuralNet

/// Learned places of patches, brought to the grid of any input.
enum PositionTable {
    /// Resizes a table of a plane as timm does: cubic convolution (Keys, 1981, a = −0.5), widened where the grid gets coarser.
    ///
    /// - Parameters:
    ///   - table: `[1, token, width]`, one row a patch, columns varying fastest.
    ///   - grid: patches of the table along rows and columns.
    /// - Returns: `[1, token, width]` for the new grid.
    static func plane(_ table: Tensor, from grid: [Int], to new: [Int]) throws(NetworkError) -> Tensor {
        guard grid != new else { return table }
        let width = table.shape[2]
        let rows = try matrix(from: grid[0], to: new[0]).converted(to: table.type).moved(to: table.device)
        let columns = try matrix(from: grid[1], to: new[1]).converted(to: table.type).moved(to: table.device)
        let tall = try rows.matmul(table.reshaped([grid[0], grid[1] * width])).reshaped([new[0], grid[1], width])
        return try columns.matmul(tall).reshaped([1, new[0] * new[1], width])
    }

    /// Resizes a table of a volume between the patches' centres, linearly along each axis.
    static func volume(_ table: Tensor, from grid: [Int], to new: [Int]) throws(NetworkError) -> Tensor {
        guard grid != new else { return table }
        let map = try table.reshaped([1] + grid + [table.shape[2]]).channelsToFront()
        return try map.resized(to: new).channelsToEnd().reshaped([1, new.reduce(1, *), table.shape[2]])
    }

    /// The weights of `input` places in each of `output` places, `[output, input]`, every row adding up to 1.
    static func matrix(from input: Int, to output: Int) throws(NetworkError) -> Tensor {
        let scale = Double(input) / Double(output), stretch = max(scale, 1)
        var weights = [Float](repeating: 0, count: output * input)
        for row in 0..<output {
            let centre = scale * (Double(row) + 0.5)
            let first = max(Int(centre - 2 * stretch + 0.5), 0), end = min(Int(centre + 2 * stretch + 0.5), input)
            let taps = (first..<end).map { cubic((Double($0) - centre + 0.5) / stretch) }
            let sum = taps.reduce(0, +)
            for (n, tap) in taps.enumerated() { weights[row * input + first + n] = Float(tap / sum) }
        }
        return try Tensor(weights, shape: [output, input])
    }

    private static func cubic(_ distance: Double) -> Double {
        let (a, x) = (-0.5, abs(distance))
        if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
}
