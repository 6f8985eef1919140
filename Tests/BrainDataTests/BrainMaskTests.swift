import Testing

@testable import BrainData

/// A head of shells around the middle: brain with a dark ventricle, bone, scalp and air, with a little noise.
private func head(size: SIMD3<Int>, spacing: SIMD3<Double>, frames: Int = 1) -> (scan: Volume, brain: Mask) {
    let middle = SIMD3<Double>(size &- 1) / 2 * spacing
    let grid = Grid(
        size: size,
        affine: Affine(
            i: [-spacing.x, 0, 0], j: [0, spacing.y, 0], k: [0, 0, spacing.z],
            origin: [middle.x, -middle.y, -middle.z]))
    var (values, brain) = ([Float](), [Bool]())
    var state: UInt64 = 7
    for index in 0..<grid.count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let noise = Float(state >> 40) / Float(1 << 24)  // from 0 to 1
        let place = grid.affine(SIMD3<Double>(grid.voxel(at: index))) / [1, 1.15, 0.95]
        let radius = length(place)
        let tissue: Float =
            switch radius {
            case ..<12: 250
            case ..<60: 600
            case ..<66: 150
            case ..<74: 1500
            default: 5
            }
        values.append(tissue * (0.95 + 0.1 * noise))
        brain.append(radius < 60)
    }
    let all = Array(repeating: values, count: frames).flatMap { $0 }
    return (Volume(grid: grid, frames: frames, voxels: all), Mask(grid: grid, voxels: brain))
}

private func dice(_ a: Mask, _ b: Mask) -> Double {
    2 * Double(a.intersection(b).count) / Double(a.count + b.count)
}

@Suite struct BrainMaskTests {
    /// A coarse surface, so that unoptimised test runs stay short.
    private func coarse(_ scan: Volume) -> Mask { BrainMask.estimate(scan, subdivisions: 3, iterations: 120) }

    @Test(arguments: [SIMD3<Double>(3, 3, 3), [3, 3, 6.5]]) func theBrainOfAHeadIsFound(spacing: SIMD3<Double>) {
        let extent = SIMD3<Double>(170, 186, 160) / spacing
        let (scan, brain) = head(size: [Int(extent.x), Int(extent.y), Int(extent.z)], spacing: spacing)
        let mask = coarse(scan)
        #expect(BrainMask.stripped(scan) == nil)
        #expect(dice(mask, brain) > 0.94)
        #expect((800...1200).contains(mask.millilitres))
        #expect(mask == mask.holesFilled() && mask.components(.faces).sizes.count == 1)
    }

    @Test func aBrainWithoutItsSkullIsWhatIsNotZero() {
        let (whole, brain) = head(size: [56, 62, 54], spacing: [3, 3, 3])
        var scan = whole
        for index in scan.voxels.indices where !brain.voxels[index] { scan.voxels[index] = 0 }
        scan[28, 31, 27] = 0  // a zero inside is brain none the less
        #expect(BrainMask.stripped(scan) == brain)
        #expect(BrainMask.estimate(scan) == brain)
    }

    @Test func aHeadInBlackAirIsNotTakenForABrain() {
        var (scan, brain) = head(size: [68, 76, 64], spacing: [3, 3, 3])
        for index in scan.voxels.indices where scan.voxels[index] < 10 { scan.voxels[index] = 0 }
        scan.grid.affine = Affine(spacing: [3.6, 3.6, 3.6])  // a large head
        brain.grid = scan.grid
        #expect(scan.voxels.filter { $0 == 0 }.count * 10 > scan.voxels.count * 4)
        #expect(BrainMask.stripped(scan) == nil)
        #expect(dice(coarse(scan), brain) > 0.9)
    }

    @Test func scansWithoutAHeadGiveAnEmptyMask() {
        let grid = Grid(size: [8, 8, 8], affine: Affine(spacing: [1, 1, 1]))
        for value in [Float(0), 5, .nan] {
            #expect(coarse(Volume(grid: grid, voxels: .init(repeating: value, count: 512))).count == 0)
        }
        let flat = Grid(size: [8, 8, 8], affine: Affine(i: [1, 0, 0], j: [1, 0, 0], k: [0, 0, 1], origin: .zero))
        let ramp = Volume(grid: flat, voxels: (1...512).map(Float.init))
        #expect(BrainMask.estimate(ramp).count == 0)
        let one = Grid(size: [1, 1, 1], affine: Affine(spacing: [1, 1, 1]))
        #expect(BrainMask.estimate(Volume(grid: one, voxels: [3])).grid == one)
    }

    @Test func theFirstFrameOfASeriesCounts() {
        let (series, brain) = head(size: [56, 62, 54], spacing: [3, 3, 3], frames: 2)
        var scan = series
        for index in scan.grid.count..<scan.voxels.count { scan.voxels[index] = .nan }
        #expect(dice(coarse(scan), brain) > 0.94)
    }
}

@Suite struct TriangleMeshTests {
    @Test func aSphereIsClosedAndEvenlySplit() {
        let sphere = TriangleMesh(centre: [1, 2, 3], radius: 10, subdivisions: 3)
        #expect(sphere.vertices.count == 642 && sphere.triangles.count == 1280)
        #expect(sphere.vertices.allSatisfy { abs(length($0 - [1, 2, 3]) - 10) < 1e-9 })
        #expect(sphere.neighbours.count == 2 * 1920 && sphere.beginnings.last == 2 * 1920)
        let degrees = zip(sphere.beginnings, sphere.beginnings.dropFirst()).map { $1 - $0 }
        #expect(degrees.filter { $0 == 5 }.count == 12 && degrees.filter { $0 == 6 }.count == 630)
        for (vertex, normal) in zip(sphere.vertices, sphere.normals) {
            #expect(dot(normal, (vertex - [1, 2, 3]) / 10) > 0.99)
        }
    }

    @Test func aSpheresMaskHasItsVolume() {
        let sphere = TriangleMesh(centre: [3, -2, 1], radius: 20, subdivisions: 4)
        let affine = Affine(i: [0.9, 0.3, 0], j: [-0.3, 0.9, 0.1], k: [0, -0.1, 1.5], origin: [-20, -32, -28])
        let mask = sphere.mask(on: Grid(size: [60, 60, 45], affine: affine))
        #expect(abs(mask.millilitres - 33.51) < 0.35)
        #expect(mask.components(.faces).sizes.count == 1 && mask == mask.holesFilled())
    }

    @Test func whatReachesBeyondTheGridIsCut() {
        let sphere = TriangleMesh(centre: .zero, radius: 10, subdivisions: 3)
        let grid = Grid(size: [8, 8, 8], affine: Affine(spacing: [1, 1, 1]))
        let mask = sphere.mask(on: grid)
        for index in 0..<grid.count {
            let radius = length(SIMD3<Double>(grid.voxel(at: index)))
            if abs(radius - 10) > 0.3 { #expect(mask.voxels[index] == (radius < 10)) }
        }
        let away = Grid(size: [4, 4, 4], affine: Affine(spacing: [1, 1, 1], origin: [50, 0, 0]))
        #expect(sphere.mask(on: away).count == 0)
    }
}
