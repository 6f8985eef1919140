import Foundation

/// What a moving image tells of a fixed one through an affine map, in nats, and how that changes with the map.
///
/// Mattes et al., *PET-CT image registration in the chest using free-form deformations*, IEEE TMI 22, 2003: the fixed
/// image's intensities fall into bins, the moving one's are spread over four of them by a cubic B-spline, so that the
/// histogram is smooth in the map.
struct MutualInformation {
    /// A linear map and a shift: fixed millimetres about the centre → moving millimetres.
    struct Map {
        /// The columns of the matrix.
        var x: SIMD3<Double> = [1, 0, 0]
        var y: SIMD3<Double> = [0, 1, 0]
        var z: SIMD3<Double> = [0, 0, 1]
        var shift: SIMD3<Double>

        func callAsFunction(_ p: SIMD3<Double>) -> SIMD3<Double> { x * p.x + y * p.y + z * p.z + shift }
    }

    /// The information, and by how much it grows with the columns of the matrix and the shift.
    struct Answer {
        var information = 0.0
        var x = SIMD3<Double>.zero, y = SIMD3<Double>.zero, z = SIMD3<Double>.zero, shift = SIMD3<Double>.zero
    }

    private static let bins = 32
    private static let parts = 8

    /// Places of the fixed image in millimetres about the centre, and the bin of each.
    private let places: [SIMD3<Float>]
    private let rows: [Int32]
    private let moving: Volume

    /// - Parameters:
    ///   - fixed: from 0 to 1.
    ///   - region: where it is looked at, on its grid.
    ///   - centre: in its millimetres.
    ///   - moving: from 0 to 1, on cubic voxels along right, anterior and superior.
    init(fixed: Volume, region: Mask, centre: SIMD3<Double>, moving: Volume) {
        var (places, rows) = ([SIMD3<Float>](), [Int32]())
        for n in fixed.voxels.indices where region.voxels[n] {
            places.append(SIMD3<Float>(fixed.grid.affine(SIMD3<Double>(fixed.grid.voxel(at: n))) - centre))
            rows.append(Int32(min(max(fixed.voxels[n], 0), 1) * Float(Self.bins - 1) + 0.5))
        }
        (self.places, self.rows, self.moving) = (places, rows, moving)
    }

    /// - Parameter slopes: whether the derivatives are wanted, too.
    func callAsFunction(_ map: Map, slopes: Bool = true) -> Answer {
        guard !places.isEmpty else { return Answer() }
        var values = [Float](repeating: 0, count: places.count)
        var gradients = [SIMD3<Float>](repeating: .zero, count: slopes ? places.count : 0)
        let joint = histogram(map, &values, &gradients)
        let (information, surprise) = Self.information(joint)
        guard slopes else { return Answer(information: information) }
        return derivatives(values, gradients, surprise, information)
    }

    /// The joint histogram, rows by the fixed image, with the moving image's values and gradients.
    private func histogram(_ map: Map, _ values: inout [Float], _ gradients: inout [SIMD3<Float>]) -> [Float] {
        let spacing = moving.grid.affine.spacing.x, bins = Self.bins
        let (x, y, z) = (
            SIMD3<Float>(map.x / spacing), SIMD3<Float>(map.y / spacing), SIMD3<Float>(map.z / spacing)
        )
        let shift = SIMD3<Float>((map.shift - moving.grid.affine.origin) / spacing)
        let (count, cells, size) = (places.count, bins * bins, moving.grid.size)
        var parts = [Float](repeating: 0, count: cells * Self.parts)
        values.withUnsafeMutableBufferPointer { values in
            gradients.withUnsafeMutableBufferPointer { gradients in
                parts.withUnsafeMutableBufferPointer { parts in
                    moving.voxels.withUnsafeBufferPointer { voxels in
                        nonisolated(unsafe) let (values, gradients, parts, voxels) = (values, gradients, parts, voxels)
                        inParallel(Self.parts) { part in
                            for n in count * part / Self.parts..<count * (part + 1) / Self.parts {
                                let p = places[n]
                                let read = Self.read(voxels, size, x * p.x + y * p.y + z * p.z + shift)
                                values[n] = read.value
                                if !gradients.isEmpty { gradients[n] = read.gradient }
                                let (column, near) = Self.spread(read.value)
                                let start = part * cells + Int(rows[n]) * bins + column
                                for tap in 0..<4 { parts[start + tap] += near[tap] }
                            }
                        }
                    }
                }
            }
        }
        return (0..<cells).map { cell in
            (0..<Self.parts).reduce(0) { $0 + parts[$1 * cells + cell] } / Float(count)
        }
    }

    /// The information in a histogram, and the logarithm of each cell's share of its column.
    private static func information(_ joint: [Float]) -> (Double, [Float]) {
        var (fixed, moving) = ([Double](repeating: 0, count: bins), [Double](repeating: 0, count: bins))
        for (n, share) in joint.enumerated() {
            fixed[n / bins] += Double(share)
            moving[n % bins] += Double(share)
        }
        var information = 0.0
        let surprise = joint.enumerated().map { n, share -> Float in
            let column = moving[n % bins], p = Double(share)
            guard p > 1e-9, column > 1e-9, fixed[n / bins] > 0 else { return 0 }
            information += p * log(p / (column * fixed[n / bins]))
            return Float(log(p / column))
        }
        return (information, surprise)
    }

    private func derivatives(
        _ values: [Float], _ gradients: [SIMD3<Float>], _ surprise: [Float], _ information: Double
    ) -> Answer {
        let count = places.count, bins = Self.bins
        let spacing = moving.grid.affine.spacing.x
        let scale = Double(bins - 3) / (Double(count) * spacing)
        var parts = [Answer](repeating: Answer(), count: Self.parts)
        parts.withUnsafeMutableBufferPointer { parts in
            nonisolated(unsafe) let parts = parts
            inParallel(Self.parts) { part in
                var (x, y, z, shift) = (SIMD3<Float>.zero, SIMD3<Float>.zero, SIMD3<Float>.zero, SIMD3<Float>.zero)
                for n in count * part / Self.parts..<count * (part + 1) / Self.parts {
                    let (column, slopes) = Self.slopes(values[n])
                    let start = Int(rows[n]) * bins + column
                    var pull: Float = 0
                    for tap in 0..<4 { pull += slopes[tap] * surprise[start + tap] }
                    let force = gradients[n] * pull, p = places[n]
                    (x, y, z, shift) = (x + force * p.x, y + force * p.y, z + force * p.z, shift + force)
                }
                parts[part].x = SIMD3<Double>(x)
                parts[part].y = SIMD3<Double>(y)
                parts[part].z = SIMD3<Double>(z)
                parts[part].shift = SIMD3<Double>(shift)
            }
        }
        var answer = Answer(information: information)
        for part in parts {
            answer.x += part.x * scale
            answer.y += part.y * scale
            answer.z += part.z * scale
            answer.shift += part.shift * scale
        }
        return answer
    }

    /// The first of the four bins that a value from 0 to 1 is spread over, and the shares.
    @inline(__always)
    private static func spread(_ value: Float) -> (column: Int, shares: SIMD4<Float>) {
        let (column, t) = bin(of: value)
        let s = 1 - t
        let inner = (4 - 6 * t * t + 3 * t * t * t), outer = (4 - 6 * s * s + 3 * s * s * s)
        return (column, SIMD4(s * s * s, inner, outer, t * t * t) / 6)
    }

    /// The derivatives of ``spread(_:)``'s shares by the place among the bins.
    @inline(__always)
    private static func slopes(_ value: Float) -> (column: Int, slopes: SIMD4<Float>) {
        let (column, t) = bin(of: value)
        let s = 1 - t
        return (column, SIMD4(-3 * s * s, -12 * t + 9 * t * t, 12 * s - 9 * s * s, 3 * t * t) / 6)
    }

    @inline(__always)
    private static func bin(of value: Float) -> (column: Int, rest: Float) {
        let place = min(max(value, 0), 1) * Float(bins - 3)
        let column = min(Int(place), bins - 4)
        return (column, place - Float(column))
    }

    /// The value and the gradient, in voxels, at a place between voxels; 0 outside.
    @inline(__always)
    private static func read(
        _ voxels: UnsafeBufferPointer<Float>, _ size: SIMD3<Int>, _ place: SIMD3<Float>
    ) -> (value: Float, gradient: SIMD3<Float>) {
        let limit = SIMD3<Float>(size &- 1)
        guard all(place .>= .zero), all(place .< limit) else { return (0, .zero) }
        let (i, j, k) = (Int(place.x), Int(place.y), Int(place.z))
        let f = place - SIMD3(Float(i), Float(j), Float(k))
        let n = i + size.x * (j + size.y * k), up = size.x, back = size.x * size.y
        func edge(_ n: Int) -> (Float, Float) {
            let step = voxels[n + 1] - voxels[n]
            return (voxels[n] + step * f.x, step)
        }
        let (a, b, c, d) = (edge(n), edge(n + up), edge(n + back), edge(n + back + up))
        let near = a.0 + (b.0 - a.0) * f.y, far = c.0 + (d.0 - c.0) * f.y
        let nearX = a.1 + (b.1 - a.1) * f.y, farX = c.1 + (d.1 - c.1) * f.y
        let nearY = b.0 - a.0, farY = d.0 - c.0
        return (
            near + (far - near) * f.z,
            SIMD3(nearX + (farX - nearX) * f.z, nearY + (farY - nearY) * f.z, far - near)
        )
    }
}
