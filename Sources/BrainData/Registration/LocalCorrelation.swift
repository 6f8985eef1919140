/// The squared correlation of two images in a cube around every voxel, and how it changes with each voxel of the
/// second.
///
/// Avants et al., *Symmetric diffeomorphic image registration with cross-correlation*, Medical Image Analysis 12, 2008.
/// Brightness and contrast do not matter, nor does the sign: dark beside bright may be bright beside dark. Sums over
/// cubes go axis by axis, and what is worked out of them stays in the processor's cache, plane by plane.
struct LocalCorrelation: Sendable {
    private let size: SIMD3<Int>
    private let radius: Int
    private let fixed: [Float]
    /// The fixed image's sums over the cubes, and of its squared distance from their mean.
    private let sums, variances: [Float]
    /// Cubes in which the fixed image shows something.
    private let seen: Int
    /// Added to the product of variances, so that noise in flat places counts for little.
    private static let tiny: Float = 1e-3

    private typealias Read = UnsafePointer<Float>
    private typealias Write = UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - fixed: from 0 to 1; zeros lie around it.
    ///   - radius: a cube has 2 · radius + 1 voxels a side.
    init(_ fixed: [Float], size: SIMD3<Int>, radius: Int) {
        (self.fixed, self.size, self.radius) = (fixed, size, radius)
        let (count, plane) = (fixed.count, size.x * size.y), share = Self.share(radius)
        let flat = Self.planes(size, images: 2) { k, rows, write in
            for n in 0..<plane {
                let value = fixed[k * plane + n]
                (rows[n], rows[n + plane]) = (value, value * value)
            }
            Self.sumPlane(rows, write, size, radius)
            Self.sumPlane(rows + plane, write + count, size, radius)
        }
        var (sums, variances) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
        flat.withUnsafeBufferPointer { flat in
            guard let start = flat.baseAddress else { return }
            sums.withUnsafeMutableBufferPointer { sums in
                variances.withUnsafeMutableBufferPointer { variances in
                    guard let sums = sums.baseAddress, let variances = variances.baseAddress else { return }
                    for k in 0..<size.z {
                        Self.sumAcross(start, sums + k * plane, size, k, radius)
                        Self.sumAcross(start + count, variances + k * plane, size, k, radius)
                    }
                }
            }
        }
        for n in variances.indices { variances[n] = max(0, variances[n] - sums[n] * sums[n] * share) }
        (self.sums, self.variances) = (sums, variances)
        seen = variances.reduce(0) { $0 + ($1 > Self.tiny ? 1 : 0) }
    }

    /// The mean over all cubes with something to see, and that number of cubes times its derivative by every voxel of
    /// `moving`.
    func callAsFunction(_ moving: [Float]) -> (mean: Double, slopes: [Float]) {
        let (count, plane, size, radius) = (fixed.count, size.x * size.y, size, radius)
        // Sums over the squares of a plane: of the moving image, of its squares, and of its products with the fixed
        // one.
        let flat = Self.planes(size, images: 3) { k, rows, write in
            for n in 0..<plane {
                let m = moving[k * plane + n]
                rows[n] = m
                rows[n + plane] = m * m
                rows[n + 2 * plane] = m * fixed[k * plane + n]
            }
            for image in 0..<3 { Self.sumPlane(rows + image * plane, write + image * count, size, radius) }
        }
        var totals = [Double](repeating: 0, count: size.z)
        let spread = totals.withUnsafeMutableBufferPointer { totals in
            flat.withUnsafeBufferPointer { flat in
                nonisolated(unsafe) let (totals, start) = (totals, flat.baseAddress)
                return Self.planes(size, images: 3) { k, rows, write in
                    guard let start else { return }
                    for image in 0..<3 { Self.sumAcross(start + image * count, rows + image * plane, size, k, radius) }
                    totals[k] = Double(coefficients(rows, k))
                    for image in 0..<3 { Self.sumPlane(rows + image * plane, write + image * count, size, radius) }
                }
            }
        }
        let slopes = spread.withUnsafeBufferPointer { spread in
            nonisolated(unsafe) let start = spread.baseAddress
            return Self.planes(size, images: 1, scratch: 3) { k, rows, write in
                guard let start else { return }
                for image in 0..<3 { Self.sumAcross(start + image * count, rows + image * plane, size, k, radius) }
                for n in 0..<plane {
                    let at = k * plane + n
                    write[n] = rows[n] * fixed[at] + rows[n + plane] * moving[at] + rows[n + 2 * plane]
                }
            }
        }
        return (totals.reduce(0, +) / Double(max(1, seen)), slopes)
    }

    /// Turns the three sums of a plane of cubes into the numbers a, b and c with which a cube's correlation grows by
    /// a · fixed + b · moving + c in each of its voxels.
    ///
    /// - Returns: the sum of the squared correlations.
    private func coefficients(_ rows: UnsafeMutablePointer<Float>, _ k: Int) -> Float {
        let plane = size.x * size.y, share = Self.share(radius)
        var total: Float = 0
        sums.withUnsafeBufferPointer { sums in
            variances.withUnsafeBufferPointer { variances in
                for n in 0..<plane {
                    let (own, spread) = (sums[k * plane + n], variances[k * plane + n])
                    let mean = rows[n] * share
                    let variance = max(0, rows[n + plane] - mean * rows[n])
                    let common = rows[n + 2 * plane] - mean * own
                    let scale = 1 / (spread * variance + Self.tiny)
                    let a = 2 * common * scale, b = -a * common * scale * spread
                    rows[n] = a
                    rows[n + plane] = b
                    rows[n + 2 * plane] = -a * own * share - b * mean
                    total += common * common * scale
                }
            }
        }
        return total
    }

    private static func share(_ radius: Int) -> Float {
        let side = Float(2 * radius + 1)
        return 1 / (side * side * side)
    }

    /// Images that `body` writes plane by plane, one after the other, with as many planes of scratch memory.
    private static func planes(
        _ size: SIMD3<Int>, images: Int, scratch: Int? = nil,
        _ body:
            @Sendable (_ k: Int, _ scratch: UnsafeMutablePointer<Float>, _ plane: UnsafeMutablePointer<Float>) -> Void
    ) -> [Float] {
        let plane = size.x * size.y
        return filledArray(images * plane * size.z) { target in
            nonisolated(unsafe) let target = target
            inParallel(size.z) { k in
                let rows = UnsafeMutablePointer<Float>.allocate(capacity: max(1, (scratch ?? images) * plane))
                defer { rows.deallocate() }
                body(k, rows, target + k * plane)
            }
        }
    }

    /// Sums over the neighbours of a plane along k.
    private static func sumAcross(_ source: Read, _ target: Write, _ size: SIMD3<Int>, _ k: Int, _ radius: Int) {
        let plane = size.x * size.y, first = max(0, k - radius)
        for n in 0..<plane { target[n] = source[first * plane + n] }
        for near in first + 1..<max(first + 1, min(size.z, k + radius + 1)) {
            let from = source + near * plane
            for n in 0..<plane { target[n] += from[n] }
        }
    }

    /// Sums along i, then along j, of one plane; the plane itself is lost.
    private static func sumPlane(_ source: Write, _ target: Write, _ size: SIMD3<Int>, _ radius: Int) {
        let (wide, side) = (size.x, size.x + 2 * radius)
        let row = UnsafeMutablePointer<Float>.allocate(capacity: side)
        defer { row.deallocate() }
        for i in 0..<radius { (row[i], row[side - 1 - i]) = (0, 0) }
        for j in 0..<size.y {
            let own = source + j * wide
            (row + radius).update(from: own, count: wide)
            for i in 0..<wide { own[i] += row[i] }
            for shift in 1...2 * radius where shift != radius {
                let moved = row + shift
                for i in 0..<wide { own[i] += moved[i] }
            }
        }
        for j in 0..<size.y {
            let to = target + j * wide, first = max(0, j - radius)
            for i in 0..<wide { to[i] = source[first * wide + i] }
            for near in first + 1..<max(first + 1, min(size.y, j + radius + 1)) {
                let from = source + near * wide
                for i in 0..<wide { to[i] += from[i] }
            }
        }
    }
}
