/// Improves the map between two aligned brains until what lies around each place looks alike: a displacement that folds
/// nowhere, grown from small smooth steps.
///
/// Each step follows the gradient of the similarity, blurred (a step is smooth), its lengths evened out by Adam, is no
/// longer than a fraction of a voxel, and is put *before* the map so far, u ← v + u ∘ (id + v), so that maps are
/// composed and never added: Christensen et al., *Deformable templates using large deformation kinematics*, IEEE TIP 5,
/// 1996; with Adam, Jena et al., *FireANTs: Adaptive Riemannian Optimization for Multi-Scale Diffeomorphic Matching*,
/// 2024, [arXiv:2404.01249](https://arxiv.org/abs/2404.01249). Displacements live on voxels of twice the images' finest
/// side, which holds all that the blur leaves of them.
public struct DeformableRegistration: Sendable {
    /// How the steps are taken.
    public struct Settings: Sendable, Codable, Equatable {
        /// Steps at the images' own spacing, at twice and at four times it.
        public var steps = [10, 30, 30]
        /// Voxels from the middle of a cube of the local correlation to its face.
        public var radius = 2
        /// σ of the blur of a step and of the whole map, in voxels of the displacements.
        public var stepBlur = 1.0, mapBlur = 0.7
        /// The longest displacement of a step, in voxels of the displacements.
        public var reach = 0.25
        /// What is added to each gradient's length before it is evened out, in typical lengths: 0 makes all steps
        /// equally long.
        public var damping = 1.0
        /// What is compared.
        public var similarity = ImageSimilarity.localCorrelation

        public init() {}
    }

    /// Where each place of the fixed brain lies in the moving one; still at its faces.
    public let field: DisplacementField
    /// The mean similarity at the images' own spacing before and after; nil where no step was taken.
    public let similarity: (before: Double, after: Double)?

    /// - Parameters:
    ///   - fixed: the brain alone, from 0 to 1, on cubic voxels; every side a multiple of 4.
    ///   - moving: the other one, aligned, on the same grid.
    ///   - start: a field to begin with, on the same grid; the coarser levels are then left out.
    public init(fixed: Volume, moving: Volume, start: DisplacementField? = nil, settings: Settings = .init()) {
        precondition(all(fixed.grid.size % 4 .== 0), "\(fixed.grid.size) is no multiple of 4")
        precondition(fixed.grid == moving.grid && fixed.frames == 1, "two images on two grids")
        let fine = RegistrationLevel(fixed, moving, ratio: 2, settings), middle = (fixed.halved(), moving.halved())
        var lattice = start.map { VectorLattice(halving: $0).tapered() } ?? VectorLattice(still: middle.0.grid.size)
        let isIdle = settings.steps[0] == 0 && (start != nil || settings.steps.allSatisfy { $0 == 0 })
        let before = isIdle ? nil : fine.similarity(under: lattice)
        if start == nil {
            let coarse = RegistrationLevel(middle.0.halved(), middle.1.halved(), ratio: 1, settings)
            var small = VectorLattice(still: coarse.size)
            coarse.improve(&small, steps: settings.steps[2])
            lattice = small.doubled()
            RegistrationLevel(middle.0, middle.1, ratio: 1, settings).improve(&lattice, steps: settings.steps[1])
        }
        fine.improve(&lattice, steps: settings.steps[0])
        lattice = lattice.tapered()
        similarity = before.map { ($0, fine.similarity(under: lattice)) }
        field = lattice.field(on: fixed.grid.halved())
    }
}

/// What a deformable registration compares.
public enum ImageSimilarity: String, Sendable, Codable, CaseIterable {
    /// For scans of one contrast: ``LocalCorrelation``.
    case localCorrelation = "lncc"
}

/// Two images at one resolution, and displacements at the same or half of it.
struct RegistrationLevel {
    let size: SIMD3<Int>
    private let moving: [Float]
    private let correlation: LocalCorrelation
    /// For each row of voxels, those near the fixed brain: nothing else makes a difference.
    private let near: [Range<Int>]
    private let ratio: Int
    private let settings: DeformableRegistration.Settings

    /// - Parameter ratio: voxels of the images along one of the displacements, 1 or 2.
    init(_ fixed: Volume, _ moving: Volume, ratio: Int, _ settings: DeformableRegistration.Settings) {
        (size, self.moving, self.ratio, self.settings) = (fixed.grid.size, moving.voxels, ratio, settings)
        correlation = LocalCorrelation(fixed.voxels, size: size, radius: settings.radius)
        near = Self.rows(fixed, margin: 2 * settings.radius + 1)
    }

    /// The voxels of each row that lie within a cube's reach of one that is not 0.
    private static func rows(_ image: Volume, margin: Int) -> [Range<Int>] {
        let size = image.grid.size
        let own = (0..<size.y * size.z).map { row -> Range<Int> in
            let cells = image.voxels[row * size.x..<(row + 1) * size.x]
            guard let first = cells.firstIndex(where: { $0 != 0 }), let last = cells.lastIndex(where: { $0 != 0 })
            else { return 0..<0 }
            return first - row * size.x..<last + 1 - row * size.x
        }
        return (0..<size.y * size.z).map { row in
            var (low, high) = (size.x, 0)
            let (j, k) = (row % size.y, row / size.y)
            for z in max(0, k - margin)...min(size.z - 1, k + margin) {
                for y in max(0, j - margin)...min(size.y - 1, j + margin) where !own[y + size.y * z].isEmpty {
                    let cells = own[y + size.y * z]
                    (low, high) = (min(low, cells.lowerBound), max(high, cells.upperBound))
                }
            }
            return low < high ? max(0, low - margin)..<min(size.x, high + margin) : 0..<0
        }
    }

    /// The mean similarity of the images under the map.
    func similarity(under lattice: VectorLattice) -> Double { correlation(warped(by: lattice)).mean }

    /// Takes steps.
    func improve(_ lattice: inout VectorLattice, steps: Int) {
        var adam = LatticeAdam(count: lattice.vectors.count, damping: Float(settings.damping))
        for _ in 0..<steps {
            let warped = warped(by: lattice)
            var change = force(correlation(warped).slopes, warped).smoothed(sigma: settings.stepBlur)
            adam.step(&change)
            change = change.tapered()
            let longest = change.longest
            guard longest > 0 else { break }
            let scale = Float(settings.reach) / longest
            for n in change.vectors.indices { change.vectors[n] *= scale }
            lattice = lattice.composed(after: change).smoothed(sigma: settings.mapBlur)
        }
    }

    /// The moving image under the map.
    private func warped(by lattice: VectorLattice) -> [Float] {
        let (size, ratio) = (size, ratio), limit = SIMD3<Float>(size &- 1)
        return moving.withUnsafeBufferPointer { source in
            lattice.vectors.withUnsafeBufferPointer { vectors in
                filledArray(source.count) { target in
                    nonisolated(unsafe) let (source, target, vectors) = (source, target, vectors)
                    inParallel(size.z) { k in
                        let row = UnsafeMutableBufferPointer<SIMD3<Float>>.allocate(capacity: size.x)
                        defer { row.deallocate() }
                        for j in 0..<size.y {
                            let n = size.x * (j + size.y * k), cells = near[j + size.y * k]
                            for i in 0..<size.x { target[n + i] = 0 }
                            if cells.isEmpty { continue }
                            lattice.read(vectors, row: (j, k), ratio: ratio, into: row)
                            for i in cells {
                                let place = SIMD3(Float(i), Float(j), Float(k)) + row[i]
                                target[n + i] = read(source, place.clamped(lowerBound: .zero, upperBound: limit))
                            }
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func read(_ voxels: UnsafeBufferPointer<Float>, _ place: SIMD3<Float>) -> Float {
        let (i, j, k) = (
            min(Int(place.x), size.x - 2), min(Int(place.y), size.y - 2), min(Int(place.z), size.z - 2)
        )
        let f = place - SIMD3(Float(i), Float(j), Float(k))
        let n = i + size.x * (j + size.y * k), up = size.x, back = size.x * size.y
        let a = voxels[n] + (voxels[n + 1] - voxels[n]) * f.x
        let b = voxels[n + up] + (voxels[n + up + 1] - voxels[n + up]) * f.x
        let c = voxels[n + back] + (voxels[n + back + 1] - voxels[n + back]) * f.x
        let d = voxels[n + back + up] + (voxels[n + back + up + 1] - voxels[n + back + up]) * f.x
        let near = a + (b - a) * f.y, far = c + (d - c) * f.y
        return near + (far - near) * f.z
    }

    /// Where a small step would make the images more alike: slope times gradient, summed over the voxels of each
    /// displacement.
    private func force(_ slopes: [Float], _ warped: [Float]) -> VectorLattice {
        let (size, ratio) = (size, ratio), half = size / ratio
        let (up, back) = (size.x, size.x * size.y)
        let vectors: [SIMD3<Float>] = slopes.withUnsafeBufferPointer { slopes in
            warped.withUnsafeBufferPointer { image in
                filledArray(half.x * half.y * half.z) { target in
                    nonisolated(unsafe) let (slopes, image, target) = (slopes, image, target)
                    inParallel(half.z) { k in
                        let plane = target + k * half.x * half.y
                        for n in 0..<half.x * half.y { plane[n] = .zero }
                        for z in max(1, k * ratio)..<min(size.z - 1, (k + 1) * ratio) {
                            for y in 1..<size.y - 1 {
                                let row = plane + y / ratio * half.x, n = up * y + back * z
                                for x in near[y + size.y * z].clamped(to: 1..<size.x - 1) {
                                    let at = n + x
                                    let gradient = SIMD3(
                                        image[at + 1] - image[at - 1], image[at + up] - image[at - up],
                                        image[at + back] - image[at - back])
                                    row[x / ratio] += gradient * slopes[at]
                                }
                            }
                        }
                    }
                }
            }
        }
        return VectorLattice(size: half, vectors: vectors)
    }
}

/// Adam's moments of a lattice of gradients (Kingma & Ba, ICLR 2015): steps of one length wherever the gradient keeps
/// its direction.
private struct LatticeAdam {
    private var mean: [SIMD3<Float>]
    private var square: [Float]
    private let damping: Float
    private var steps: Float = 0

    init(count: Int, damping: Float) {
        mean = [SIMD3<Float>](repeating: .zero, count: count)
        square = [Float](repeating: 0, count: count)
        self.damping = damping
    }

    /// Turns a gradient into a step.
    mutating func step(_ gradient: inout VectorLattice) {
        steps += 1
        var total: Float = 0
        for n in mean.indices {
            let g = gradient.vectors[n]
            mean[n] += (g - mean[n]) * 0.1
            square[n] += ((g * g).sum() - square[n]) * 0.01
            total += square[n]
        }
        let (first, second) = (1 - power(0.9), 1 - power(0.99))
        let noise = damping * (total / Float(max(1, mean.count)) / second).squareRoot() + 1e-20
        for n in mean.indices {
            gradient.vectors[n] = mean[n] / (first * ((square[n] / second).squareRoot() + noise))
        }
    }

    private func power(_ base: Float) -> Float {
        (0..<Int(steps)).reduce(1) { product, _ in product * base }
    }
}

extension VectorLattice {
    /// A field on the images' grid as displacements of voxels of twice the side: the mean of every eight.
    init(halving field: DisplacementField) {
        let half = field.grid.halved(), size = field.grid.size
        guard let back = half.affine.inverse else {
            self.init(still: half.size)
            return
        }
        let turn = (SIMD3<Float>(back.i), SIMD3<Float>(back.j), SIMD3<Float>(back.k))
        let vectors = (0..<half.count).map { n in
            let start = half.voxel(at: n) &* 2
            var sum = SIMD3<Float>.zero
            for corner in 0..<8 {
                let at = start &+ SIMD3(corner & 1, corner >> 1 & 1, corner >> 2)
                sum += field.vectors[at.x + size.x * (at.y + size.y * at.z)]
            }
            return (turn.0 * sum.x + turn.1 * sum.y + turn.2 * sum.z) / 8
        }
        self.init(size: half.size, vectors: vectors)
    }

    /// The same displacements in millimetres.
    func field(on grid: Grid) -> DisplacementField {
        let map = (SIMD3<Float>(grid.affine.i), SIMD3<Float>(grid.affine.j), SIMD3<Float>(grid.affine.k))
        return DisplacementField(grid: grid, vectors: vectors.map { map.0 * $0.x + map.1 * $0.y + map.2 * $0.z })
    }

    /// The displacements of a row of the images' voxels, in those.
    @inline(__always)
    func read(
        _ vectors: UnsafeBufferPointer<SIMD3<Float>>, row: (j: Int, k: Int), ratio: Int,
        into target: UnsafeMutableBufferPointer<SIMD3<Float>>
    ) {
        guard ratio == 2 else {
            let n = size.x * (row.j + size.y * row.k)
            for i in 0..<target.count { target[i] = vectors[n + i] }
            return
        }
        // A voxel of the images lies a quarter of one of the displacements off its centre.
        func sides(_ at: Int, _ count: Int) -> (near: Int, far: Int) {
            let near = at / 2
            return (near, min(max(at % 2 == 0 ? near - 1 : near + 1, 0), count - 1))
        }
        let (y, z) = (sides(row.j, size.y), sides(row.k, size.z))
        func start(_ j: Int, _ k: Int) -> Int { size.x * (j + size.y * k) }
        let (a, b, c, d) = (start(y.near, z.near), start(y.far, z.near), start(y.near, z.far), start(y.far, z.far))
        func blend(_ i: Int) -> SIMD3<Float> {
            vectors[a + i] * 1.125 + vectors[b + i] * 0.375 + vectors[c + i] * 0.375 + vectors[d + i] * 0.125
        }
        var (before, own) = (blend(0), blend(0))
        for i in 0..<size.x {
            let after = i + 1 < size.x ? blend(i + 1) : own
            target[2 * i] = own * 0.75 + before * 0.25
            target[2 * i + 1] = own * 0.75 + after * 0.25
            (before, own) = (own, after)
        }
    }
}
