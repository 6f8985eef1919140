extension Mask {
    /// The squared distance in mm² from each voxel's centre to the nearest centre inside the mask; infinite everywhere where
    /// the mask is empty. Takes the spacing along each axis for its steps, so shear is left aside.
    ///
    /// Exact and in linear time: lower envelopes of parabolas, one axis after the other. Felzenszwalb and Huttenlocher,
    /// *Distance transforms of sampled functions*, Theory of Computing 8, 2012.
    public func squaredDistances() -> [Float] {
        let (size, spacing) = (grid.size, grid.affine.spacing)
        var distances: [Float] = voxels.map { $0 ? 0 : .infinity }
        let strides = [1, size.x, size.x * size.y]
        for axis in 0..<3 where size[axis] > 1 && grid.count > 0 {
            let (length, stride) = (size[axis], strides[axis])
            distances.withUnsafeMutableBufferPointer { values in
                nonisolated(unsafe) let values = values
                // Lines are numbered by where they start; those of one group share a scratch space.
                let groups = grid.count / length / (axis == 0 ? size.y : size.x)
                let lines = axis == 0 ? size.y : size.x
                inParallel(groups) { group in
                    var envelope = Envelope(length: length, step: spacing[axis])
                    for line in 0..<lines {
                        let start: Int =
                            switch axis {
                            case 0: (group * lines + line) * length
                            case 1: group * strides[2] + line
                            default: group * strides[1] + line
                            }
                        envelope.transform(values, start: start, stride: stride)
                    }
                }
            }
        }
        return distances
    }
}

extension Mask {
    /// How far inside the mask each voxel's centre lies, in millimetres: the distance to the nearest centre outside less that
    /// to the nearest inside, so negative outside; infinite where the mask is empty or full.
    public func signedDistances() -> [Float] {
        let outside = Mask(grid: grid, voxels: voxels.map { !$0 })
        return zip(outside.squaredDistances(), squaredDistances()).map { $0.squareRoot() - $1.squareRoot() }
    }
}

/// The distance transform of one line, with its scratch space.
private struct Envelope {
    private let length: Int
    private let step: Double
    /// The parabolas of the envelope: where their feet are, how high, and from where on each is the lowest.
    private var feet: [Int]
    private var heights, starts: [Double]

    init(length: Int, step: Double) {
        (self.length, self.step) = (length, step)
        feet = .init(repeating: 0, count: length)
        heights = .init(repeating: 0, count: length)
        starts = .init(repeating: 0, count: length)
    }

    mutating func transform(_ values: UnsafeMutableBufferPointer<Float>, start: Int, stride: Int) {
        let square = step * step
        var count = 0
        for foot in 0..<length {
            let height = Double(values[start + foot * stride])
            guard height < .infinity else { continue }
            var from = -Double.infinity
            while count > 0 {
                let last = feet[count - 1]
                let rise = (height - heights[count - 1]) / square + Double(foot * foot - last * last)
                from = rise / Double(2 * (foot - last))
                if from > starts[count - 1] { break }
                count -= 1
                from = -.infinity
            }
            (feet[count], heights[count], starts[count]) = (foot, height, from)
            count += 1
        }
        guard count > 0 else { return }
        var current = 0
        for place in 0..<length {
            while current + 1 < count, starts[current + 1] < Double(place) { current += 1 }
            let away = Double(place - feet[current])
            values[start + place * stride] = Float(away * away * square + heights[current])
        }
    }
}
