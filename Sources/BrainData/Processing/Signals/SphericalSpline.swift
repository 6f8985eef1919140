import Foundation

/// The smoothest potential on a sphere through the values at electrodes, for channels that are missing or bad.
///
/// Perrin, Pernier, Bertrand & Echallier, *Spherical splines for scalp potential and current density mapping*,
/// Electroencephalogr. Clin. Neurophysiol. 72, 1989, with m = 4.
public enum SphericalSpline {
    /// The weights by which values at some places give those at others, `[to, from]`.
    ///
    /// - Parameters:
    ///   - from: directions of the electrodes from the sphere's centre, of any length.
    ///   - to: directions wanted.
    ///   - smoothing: added to the diagonal.
    public static func weights(
        from: [SIMD3<Double>], to: [SIMD3<Double>], smoothing: Double = 1e-5
    ) throws(SignalError) -> Matrix {
        let (known, wanted) = (try from.map(unit), try to.map(unit))
        let n = known.count
        guard n > 0 else { throw .mismatch("an interpolation needs electrodes with positions") }
        var system = Matrix(rows: n + 1, columns: n + 1)
        for a in 0..<n {
            for b in 0..<n { system[a, b] = kernel((known[a] * known[b]).sum()) + (a == b ? smoothing : 0) }
            system[a, n] = 1
            system[n, a] = 1
        }
        // The weights are a row of the kernel times the inverse; the system is symmetric, so its columns are solved for.
        var right = Matrix(rows: n + 1, columns: wanted.count)
        for (column, place) in wanted.enumerated() {
            for a in 0..<n { right[a, column] = kernel((place * known[a]).sum()) }
            right[n, column] = 1
        }
        guard let solved = system.solve(right) else {
            throw .mismatch("two electrodes are at the same place: an interpolation needs different ones")
        }
        return Matrix(rows: n, columns: wanted.count, values: Array(solved.values.prefix(n * wanted.count))).transposed
    }

    private static func unit(_ place: SIMD3<Double>) throws(SignalError) -> SIMD3<Double> {
        let length = (place * place).sum().squareRoot()
        guard length > 0, length.isFinite else { throw .mismatch("an electrode is at the centre of the head") }
        return place / length
    }

    /// The weights of the Legendre polynomials 1 to 50.
    private static let coefficients = (1...50).map { n in
        (2 * Double(n) + 1) / pow(Double(n) * (Double(n) + 1), 4)
    }

    /// The sum of Legendre polynomials to the 50th.
    private static func kernel(_ cosine: Double) -> Double {
        let x = max(-1, min(1, cosine))
        var (before, now, sum) = (1.0, x, 0.0)
        for n in 1...50 {
            let order = Double(n)
            sum += coefficients[n - 1] * now
            (before, now) = (now, ((2 * order + 1) * x * now - order * before) / (order + 1))
        }
        return sum / (4 * .pi)
    }

    /// The centre of the sphere that fits some places best; the origin where they are too few or lie in a plane.
    public static func centre(of places: [SIMD3<Double>]) -> SIMD3<Double> {
        var (normal, right) = (Matrix(rows: 4, columns: 4), Matrix(rows: 4, columns: 1))
        for place in places {
            let row = [2 * place.x, 2 * place.y, 2 * place.z, 1]
            let size = (place * place).sum()
            for a in 0..<4 {
                for b in 0..<4 { normal[a, b] += row[a] * row[b] }
                right[a, 0] += row[a] * size
            }
        }
        guard places.count >= 8, let found = normal.solve(right)?.values else { return .zero }
        return SIMD3(found[0], found[1], found[2])
    }
}

extension Signal {
    /// The same signal with its bad channels computed from the good ones of the kind EEG, by spherical splines.
    ///
    /// - Throws: ``SignalError/mismatch(_:)`` where a channel that is needed has no position.
    public func interpolatingBadChannels() throws(SignalError) -> Signal {
        let electrodes = channels.indices.filter { channels[$0].kind == .eeg }
        let bad = electrodes.filter { channels[$0].isBad }
        guard !bad.isEmpty else { return self }
        if let lost = electrodes.first(where: { channels[$0].position == nil }) {
            throw .mismatch(
                "\(channels[lost].name) has no position: name a montage before bad channels are interpolated")
        }
        let good = electrodes.filter { !channels[$0].isBad }
        func places(_ picked: [Int]) -> [SIMD3<Double>] { picked.compactMap { channels[$0].position } }
        let centre = SphericalSpline.centre(of: places(electrodes))
        let weights = try SphericalSpline.weights(
            from: places(good).map { $0 - centre }, to: places(bad).map { $0 - centre })
        let mixed = weights * Matrix(rows: good.count, columns: count, values: picking(good).values)
        var copy = self
        for (row, channel) in bad.enumerated() {
            copy.values.replaceSubrange(
                channel * count..<(channel + 1) * count, with: mixed.values[row * count..<(row + 1) * count])
            copy.channels[channel].isBad = false
        }
        return copy
    }
}
