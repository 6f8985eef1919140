import Foundation

/// Displacements on a regular lattice, in its own voxels: the state of a deformable registration.
struct VectorLattice: Sendable {
    let size: SIMD3<Int>
    /// i varying fastest.
    var vectors: [SIMD3<Float>]

    init(size: SIMD3<Int>, vectors: [SIMD3<Float>]) { (self.size, self.vectors) = (size, vectors) }

    init(still size: SIMD3<Int>) {
        self.init(size: size, vectors: [SIMD3<Float>](repeating: .zero, count: size.x * size.y * size.z))
    }

    /// This map after a small step: x → x + v(x) + u(x + v(x)).
    func composed(after step: VectorLattice) -> VectorLattice {
        let size = size
        let vectors: [SIMD3<Float>] = vectors.withUnsafeBufferPointer { own in
            step.vectors.withUnsafeBufferPointer { step in
                filledArray(own.count) { target in
                    nonisolated(unsafe) let (own, step, target) = (own, step, target)
                    inParallel(size.z) { k in
                        for j in 0..<size.y {
                            var n = size.x * (j + size.y * k)
                            for i in 0..<size.x {
                                let v = step[n]
                                let place = v + SIMD3(Float(i), Float(j), Float(k))
                                target[n] = v + Self.read(own, size, place)
                                n += 1
                            }
                        }
                    }
                }
            }
        }
        return VectorLattice(size: size, vectors: vectors)
    }

    /// The vector at a place, linear in between; beyond the edge that of the edge.
    @inline(__always)
    static func read(
        _ vectors: UnsafeBufferPointer<SIMD3<Float>>, _ size: SIMD3<Int>, _ place: SIMD3<Float>
    ) -> SIMD3<Float> {
        let inside = place.clamped(lowerBound: .zero, upperBound: SIMD3<Float>(size &- 1))
        let (i, j, k) = (
            min(Int(inside.x), max(0, size.x - 2)), min(Int(inside.y), max(0, size.y - 2)),
            min(Int(inside.z), max(0, size.z - 2))
        )
        let f = inside - SIMD3(Float(i), Float(j), Float(k))
        let n = i + size.x * (j + size.y * k), up = size.x, back = size.x * size.y
        func edge(_ n: Int) -> SIMD3<Float> { vectors[n] + (vectors[n + 1] - vectors[n]) * f.x }
        let a = edge(n), b = edge(n + up), c = edge(n + back), d = edge(n + back + up)
        let near = a + (b - a) * f.y, far = c + (d - c) * f.y
        return near + (far - near) * f.z
    }

    /// Blurred with a Gaussian, the edges repeated outwards.
    ///
    /// - Parameter sigma: in voxels; at 0 nothing is done.
    func smoothed(sigma: Double) -> VectorLattice {
        guard sigma > 0 else { return self }
        let reach = max(1, Int((2.5 * sigma).rounded(.up)))
        let raw = (-reach...reach).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
        let weights = raw.map { Float($0 / raw.reduce(0, +)) }
        var result = self
        for (axis, stride) in [1, size.x, size.x * size.y].enumerated() where size[axis] > 1 {
            result.vectors = result.blurred(weights, side: size[axis], stride: stride)
        }
        return result
    }

    private func blurred(_ weights: [Float], side: Int, stride: Int) -> [SIMD3<Float>] {
        let reach = weights.count / 2
        return vectors.withUnsafeBufferPointer { source in
            filledArray(source.count) { target in
                nonisolated(unsafe) let (source, target) = (source, target)
                let lines = source.count / stride
                // A line is a row, a plane or a voxel of neighbours that are blurred alike.
                inParallel(stride == 1 ? source.count / side : lines) { line in
                    if stride == 1 {
                        Self.blurRow(source, target, from: line * side, side, weights)
                        return
                    }
                    let at = line % side, write = target + line * stride
                    for n in 0..<stride { write[n] = .zero }
                    for (tap, weight) in weights.enumerated() {
                        let place = min(max(at + tap - reach, 0), side - 1)
                        guard let read = source.baseAddress.map({ $0 + (line + place - at) * stride }) else { continue }
                        for n in 0..<stride { write[n] += read[n] * weight }
                    }
                }
            }
        }
    }

    private static func blurRow(
        _ source: UnsafeBufferPointer<SIMD3<Float>>, _ target: UnsafeMutablePointer<SIMD3<Float>>, from start: Int,
        _ side: Int, _ weights: [Float]
    ) {
        let reach = weights.count / 2
        weights.withUnsafeBufferPointer { weights in
            for at in 0..<side {
                var sum = SIMD3<Float>.zero
                if at >= reach && at + reach < side {
                    for tap in 0..<weights.count { sum += source[start + at + tap - reach] * weights[tap] }
                } else {
                    for tap in 0..<weights.count {
                        sum += source[start + min(max(at + tap - reach, 0), side - 1)] * weights[tap]
                    }
                }
                target[start + at] = sum
            }
        }
    }

    /// The same displacements on voxels of half the side.
    func doubled() -> VectorLattice {
        let (old, new) = (size, size &* 2)
        let vectors: [SIMD3<Float>] = vectors.withUnsafeBufferPointer { source in
            filledArray(source.count * 8) { target in
                nonisolated(unsafe) let (source, target) = (source, target)
                inParallel(new.z) { k in
                    for j in 0..<new.y {
                        for i in 0..<new.x {
                            let place = (SIMD3(Float(i), Float(j), Float(k)) - 0.5) / 2
                            target[i + new.x * (j + new.y * k)] = Self.read(source, old, place) * 2
                        }
                    }
                }
            }
        }
        return VectorLattice(size: new, vectors: vectors)
    }

    /// Still at the faces, so that the map goes over into one that moves nothing outside: the outermost voxels are 0,
    /// the next ones halved.
    func tapered() -> VectorLattice {
        var result = self
        for n in vectors.indices {
            let (i, j, k) = (n % size.x, n / size.x % size.y, n / (size.x * size.y))
            let rim = min(min(i, j, k), size.x - 1 - i, size.y - 1 - j, size.z - 1 - k)
            if rim < 2 { result.vectors[n] *= rim == 0 ? 0 : 0.5 }
        }
        return result
    }

    /// The longest vector.
    var longest: Float { vectors.reduce(0) { max($0, ($1 * $1).sum()) }.squareRoot() }
}
