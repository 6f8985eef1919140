import NeuralNet

/// A smooth random field in millimetres: Gaussian noise on a coarse lattice, smoothed, and linear in between. Its values have
/// mean 0 and variance near 1.
///
/// It hangs on where a point lies and not on the grid that it is read on, so any crop of a volume sees the same field.
struct SmoothField: Sendable {
    /// Points of the lattice along right, anterior and superior.
    let size: SIMD3<Int>
    /// Millimetres between two of them, and where the first one lies.
    let spacing: Double
    let origin: SIMD3<Double>
    let values: [Float]

    /// - Parameters:
    ///   - scale: the distance in millimetres over which values stay alike.
    ///   - lower, upper: the corners of the block that is covered; beyond it the outermost values go on.
    init(scale: Double, from lower: SIMD3<Double>, to upper: SIMD3<Double>, _ random: inout SplitMix) {
        let spacing = scale / 2
        let shift = SIMD3(random.uniform(), random.uniform(), random.uniform())
        let count = ((upper - lower) / spacing).rounded(.up)
        let size = SIMD3(Int(count.x) + 2, Int(count.y) + 2, Int(count.z) + 2)
        var noise = [Float](repeating: 0, count: (size.x + 4) * (size.y + 4) * (size.z + 4))
        for index in noise.indices { noise[index] = Float(random.normal()) }
        values = Self.smoothed(noise, size: size &+ 4)
        (self.size, self.spacing, origin) = (size, spacing, lower - shift * spacing)
    }

    /// A lattice with given values.
    init(size: SIMD3<Int>, spacing: Double, origin: SIMD3<Double>, values: [Float]) {
        (self.size, self.spacing, self.origin, self.values) = (size, spacing, origin, values)
    }

    /// The binomial kernel 1, 4, 6, 4, 1 along each axis where it fits wholly, scaled so that white noise keeps its variance.
    private static func smoothed(_ noise: [Float], size: SIMD3<Int>) -> [Float] {
        let unit = Float(70).squareRoot()
        let kernel: [Float] = [1 / unit, 4 / unit, 6 / unit, 4 / unit, 1 / unit]
        var (values, size) = (noise, size)
        for axis in 0..<3 {
            var small = size
            small[axis] -= 4
            let stride = [1, size.x, size.x * size.y][axis]
            var next = [Float](repeating: 0, count: small.x * small.y * small.z)
            var write = 0
            for k in 0..<small.z {
                for j in 0..<small.y {
                    for i in 0..<small.x {
                        let read = i + size.x * (j + size.y * k)
                        var sum: Float = 0
                        for tap in 0..<5 { sum += kernel[tap] * values[read + tap * stride] }
                        next[write] = sum
                        write += 1
                    }
                }
            }
            (values, size) = (next, small)
        }
        return values
    }

    /// The same lattice with every value changed.
    func mapped(_ change: (Float) -> Float) -> SmoothField {
        SmoothField(size: size, spacing: spacing, origin: origin, values: values.map(change))
    }

    /// The value at a place in millimetres.
    func callAsFunction(_ place: SIMD3<Double>) -> Float {
        let at = ((place - origin) / spacing).clamped(
            lowerBound: .zero, upperBound: SIMD3<Double>(size &- 1))
        let cell = SIMD3(min(Int(at.x), size.x - 2), min(Int(at.y), size.y - 2), min(Int(at.z), size.z - 2))
        let share = SIMD3<Float>(at - SIMD3<Double>(cell))
        let corner = cell.x + size.x * (cell.y + size.y * cell.z)
        let (up, back) = (size.x, size.x * size.y)
        return values.withUnsafeBufferPointer { v in
            func along(_ n: Int) -> Float { v[n] + share.x * (v[n + 1] - v[n]) }
            let near = along(corner) + share.y * (along(corner + up) - along(corner))
            let far = along(corner + back) + share.y * (along(corner + back + up) - along(corner + back))
            return near + share.z * (far - near)
        }
    }
}
