/// The squared correlation of two images in a cube around every voxel, and how it changes with each voxel of the second.
///
/// Avants et al., *Symmetric diffeomorphic image registration with cross-correlation*, Medical Image Analysis 12, 2008. Brightness
/// and contrast do not matter, nor does the sign: dark beside bright may be bright beside dark. Sums over cubes go axis by axis.
struct LocalCorrelation {
    private let size: SIMD3<Int>
    private let radius: Int
    private let fixed: [Float]
    /// Sums of the fixed image over the cubes, and of its squared distance from their mean.
    private let sums, variances: [Float]
    private static let tiny: Float = 1e-3

    /// - Parameters:
    ///   - fixed: from 0 to 1; zeros lie around it.
    ///   - radius: a cube has 2 · radius + 1 voxels a side.
    init(_ fixed: [Float], size: SIMD3<Int>, radius: Int) {
        (self.fixed, self.size, self.radius) = (fixed, size, radius)
        let side = Float(2 * radius + 1), share = 1 / (side * side * side)
        let sums = Self.boxSums([fixed], size, radius)[0]
        let squares = Self.boxSums([fixed.map { $0 * $0 }], size, radius)[0]
        self.sums = sums
        variances = zip(squares, sums).map { max(0, $0 - $1 * $1 * share) }
    }

    /// The mean over all voxels with something to see, and its derivative by every voxel of `moving`, times that number of voxels.
    func callAsFunction(_ moving: [Float]) -> (mean: Double, slopes: [Float]) {
        let squares = Self.product(moving, moving), products = Self.product(moving, fixed)
        let cubes = Self.boxSums([moving, squares, products], size, radius)
        let (mean, parts) = coefficients(cubes[0], cubes[1], cubes[2])
        let spread = Self.boxSums(parts, size, radius)
        let plane = size.x * size.y
        let slopes: [Float] = filledArray(fixed.count) { target in
            nonisolated(unsafe) let target = target
            fixed.withUnsafeBufferPointer { fixed in
                moving.withUnsafeBufferPointer { moving in
                    spread[0].withUnsafeBufferPointer { a in
                        spread[1].withUnsafeBufferPointer { b in
                            spread[2].withUnsafeBufferPointer { c in
                                nonisolated(unsafe) let (fixed, moving, a, b, c) = (fixed, moving, a, b, c)
                                inParallel(size.z) { k in
                                    for n in k * plane..<(k + 1) * plane {
                                        target[n] = a[n] * fixed[n] + b[n] * moving[n] + c[n]
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return (mean, slopes)
    }

    /// For every cube the three numbers a, b and c with which its correlation grows by a · fixed + b · moving + c in each voxel.
    private func coefficients(
        _ moving: [Float], _ squares: [Float], _ products: [Float]
    ) -> (mean: Double, parts: [[Float]]) {
        let side = Float(2 * radius + 1), share = 1 / (side * side * side)
        let (count, plane, slices) = (fixed.count, size.x * size.y, size.z)
        var totals = [Double](repeating: 0, count: 2 * slices)
        var parts = [[Float]](repeating: [], count: 3)
        totals.withUnsafeMutableBufferPointer { totals in
            sums.withUnsafeBufferPointer { sums in
                variances.withUnsafeBufferPointer { variances in
                    let all: [Float] = filledArray(3 * count) { target in
                        nonisolated(unsafe) let (target, totals, sums, variances) = (target, totals, sums, variances)
                        inParallel(slices) { k in
                            var (total, seen): (Float, Float) = (0, 0)
                            for n in k * plane..<(k + 1) * plane {
                                let mean = moving[n] * share
                                let variance = max(0, squares[n] - mean * moving[n])
                                let common = products[n] - mean * sums[n]
                                let scale = 1 / (variances[n] * variance + Self.tiny)
                                let a = 2 * common * scale
                                let b = -a * common * scale * variances[n]
                                target[n] = a
                                target[n + count] = b
                                target[n + 2 * count] = -a * sums[n] * share - b * mean
                                total += common * common * scale
                                seen += variances[n] > Self.tiny ? 1 : 0
                            }
                            (totals[2 * k], totals[2 * k + 1]) = (Double(total), Double(seen))
                        }
                    }
                    parts = (0..<3).map { Array(all[$0 * count..<($0 + 1) * count]) }
                }
            }
        }
        let total = stride(from: 0, to: 2 * slices, by: 2).reduce((0.0, 0.0)) {
            ($0.0 + totals[$1], $0.1 + totals[$1 + 1])
        }
        return (total.0 / max(1, total.1), parts)
    }

    private static func product(_ a: [Float], _ b: [Float]) -> [Float] {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                filledArray(a.count) { (target: UnsafeMutablePointer<Float>) in
                    for n in a.indices { target[n] = a[n] * b[n] }
                }
            }
        }
    }

    /// Sums over cubes around every voxel, zeros outside.
    static func boxSums(_ images: [[Float]], _ size: SIMD3<Int>, _ radius: Int) -> [[Float]] {
        images.map { image in
            let planes: [Float] = image.withUnsafeBufferPointer { source in
                filledArray(source.count) { target in
                    nonisolated(unsafe) let (source, target) = (source, target)
                    inParallel(size.z) { sumPlane(source, target, size, $0, radius) }
                }
            }
            return planes.withUnsafeBufferPointer { source in
                filledArray(source.count) { target in
                    nonisolated(unsafe) let (source, target) = (source, target)
                    inParallel(size.z) { k in
                        let plane = size.x * size.y, write = target + k * plane
                        for n in 0..<plane { write[n] = 0 }
                        for near in max(0, k - radius)...min(size.z - 1, k + radius) {
                            guard let read = source.baseAddress.map({ $0 + near * plane }) else { continue }
                            for n in 0..<plane { write[n] += read[n] }
                        }
                    }
                }
            }
        }
    }

    /// Sums along i, then along j, of one plane.
    private static func sumPlane(
        _ source: UnsafeBufferPointer<Float>, _ target: UnsafeMutablePointer<Float>, _ size: SIMD3<Int>, _ k: Int,
        _ radius: Int
    ) {
        let plane = size.x * size.y, write = target + k * plane
        guard let read = source.baseAddress.map({ $0 + k * plane }) else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: plane) { rows in
            guard let rows = rows.baseAddress else { return }
            for n in 0..<plane { (rows[n], write[n]) = (0, 0) }
            for j in 0..<size.y {
                let (from, to) = (read + j * size.x, rows + j * size.x)
                for shift in -radius...radius {
                    let first = max(0, -shift), last = min(size.x, size.x - shift)
                    guard first < last else { continue }
                    let moved = from + shift
                    for i in first..<last { to[i] += moved[i] }
                }
            }
            for j in 0..<size.y {
                let to = write + j * size.x
                for near in max(0, j - radius)...min(size.y - 1, j + radius) {
                    let from = rows + near * size.x
                    for i in 0..<size.x { to[i] += from[i] }
                }
            }
        }
    }
}
