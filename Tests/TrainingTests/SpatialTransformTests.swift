import BrainData
import BrainModels
import NeuralNet
import TestSupport
import Testing

@testable import Training

/// Patches cut out of the first toy patient.
@Suite struct SpatialTransformTests {
    private static let side = 16

    private func toy() throws -> PreparedCase {
        let cohort = try ToyCohort()
        return try PreparedCase(TumourDataset.cases(in: cohort.cases)[0], for: TumourInput.Contract())
    }

    private func cut(
        _ source: PreparedCase, _ transform: SpatialTransform
    ) throws -> (image: [Float], target: [Float]) {
        let count = transform.side * transform.side * transform.side
        var (image, target) = ([Float](repeating: 0, count: 4 * count), [Float](repeating: 0, count: 3 * count))
        let cutter = PatchCutter(source: source, transform: transform)
        try image.withUnsafeMutableBufferPointer { image in
            try target.withUnsafeMutableBufferPointer { target in
                cutter.cut(
                    image: try #require(image.baseAddress), shown: [0, 1, 2, 3],
                    target: try #require(target.baseAddress), outputs: 3)
            }
        }
        return (image, target)
    }

    private func plain(corner: SIMD3<Int> = SIMD3(2, 3, 4), flips: [Bool] = [false, false, false]) -> SpatialTransform {
        SpatialTransform(side: Self.side, corner: corner, flips: flips)
    }

    /// Where voxel n of a patch lands, as indices i, j, k.
    private static func place(_ n: Int) -> SIMD3<Int> { SIMD3(n % side, n / side % side, n / (side * side)) }
    private static func index(_ p: SIMD3<Int>) -> Int { p.x + side * (p.y + side * p.z) }

    @Test func aPlainPatchIsACopy() throws {
        let toy = try toy(), patch = try cut(toy, plain())
        let size = toy.grid.size, count = Self.side * Self.side * Self.side
        let voxels = try #require(toy.channels[2])
        for n in 0..<count {
            let p = Self.place(n) &+ SIMD3(2, 3, 4)
            guard all(p .< size) else { continue }
            let there = p.x + size.x * (p.y + size.y * p.z)
            #expect(patch.image[2 * count + n] == voxels[there])
            #expect(patch.target[n] == (toy.regions[there] & 1 != 0 ? 1 : 0))
        }
    }

    @Test func mirroringTwiceIsNothing() throws {
        let toy = try toy()
        let (here, mirrored) = (try cut(toy, plain()), try cut(toy, plain(flips: [true, false, true])))
        let count = Self.side * Self.side * Self.side
        for n in 0..<count {
            let p = Self.place(n), other = Self.index(SIMD3(15 - p.x, p.y, 15 - p.z))
            #expect(here.image[n] == mirrored.image[other])
            #expect(here.target[count + n] == mirrored.target[count + other])
        }
    }

    /// A quarter turn about an axis carries the first of the other two axes onto the second.
    @Test(arguments: 0..<3) func aQuarterTurnIsAPermutation(axis: Int) throws {
        let toy = try toy()
        var turned = plain()
        var degrees = SIMD3<Double>.zero
        degrees[axis] = 90
        turned.turn(degrees: degrees)
        let (here, there) = (try cut(toy, plain()), try cut(toy, turned))
        let count = Self.side * Self.side * Self.side
        let (a, b) = ((axis + 1) % 3, (axis + 2) % 3)
        for n in 0..<count {
            let p = Self.place(n)
            var q = p
            (q[a], q[b]) = (15 - p[b], p[a])
            #expect(abs(there.image[n] - here.image[Self.index(q)]) < 1e-4)
            #expect(there.target[n] == here.target[Self.index(q)])
        }
    }

    @Test func aWholeTurnInterpolatesToTheSame() throws {
        let toy = try toy()
        var turned = plain()
        turned.turn(degrees: SIMD3(360, 0, 0))
        let (here, there) = (try cut(toy, plain()), try cut(toy, turned))
        for (a, b) in zip(here.image, there.image) { #expect(abs(a - b) < 1e-4) }
        #expect(here.target == there.target)
    }

    @Test func shorterWaysShowALargerPicture() throws {
        let toy = try toy()
        var grown = SpatialTransform(side: Self.side, corner: SIMD3(-2, 2, 2), flips: [false, false, false])
        let small = try cut(toy, grown).target
        grown.scale(by: 0.6)
        let large = try cut(toy, grown).target
        let enhancing = 2 * Self.side * Self.side * Self.side
        let ratio = large[enhancing...].reduce(0, +) / small[enhancing...].reduce(0, +)
        #expect(abs(ratio - 4.63) < 0.7)  // 1 / 0.6³
    }

    /// The ball of the tumour is brighter than the brain around it: a voxel's label can be read off its intensity.
    @Test func labelsAndImagesMoveTogetherAndAirStaysZero() throws {
        let toy = try toy()
        var augmentation = Augmentation()
        (augmentation.rotation.probability, augmentation.elastic.probability) = (1, 1)
        augmentation.scaling.probability = 1
        let count = Self.side * Self.side * Self.side
        for seed in 0..<5 {
            var transform = plain(corner: SIMD3(0, 2, 2)), random = SplitMix(seed: UInt64(seed))
            transform.vary(augmentation, &random)
            let (image, target) = try cut(toy, transform)
            var (inside, outside, tumours, tissue): (Float, Float, Float, Float) = (0, 0, 0, 0)
            for n in 0..<count where image[n] != 0 {
                if target[count + n] == 1 {
                    (inside, tumours) = (inside + image[n], tumours + 1)
                } else {
                    (outside, tissue) = (outside + image[n], tissue + 1)
                }
            }
            #expect(tumours > 100 && tissue > 100)
            #expect(inside / tumours > outside / tissue + 1.5)
            for n in 0..<count where image[n] == 0 { #expect((0..<3).allSatisfy { target[$0 * count + n] == 0 }) }
            for n in 0..<count { #expect((image[n] == 0) == (image[count + n] == 0)) }
        }
    }

    @Test func aConstantDisplacementIsAShift() throws {
        let toy = try toy()
        var shifted = plain()
        shifted.displacement = CoarseField(points: 2, side: Self.side) { SIMD4(3, 0, -1, 0) }
        shifted.interpolates = true
        let (here, there) = (try cut(toy, plain(corner: SIMD3(5, 3, 3))), try cut(toy, shifted))
        for (a, b) in zip(here.image, there.image) { #expect(abs(a - b) < 1e-5) }
        #expect(here.target == there.target)
    }

    @Test func theSameDrawGivesTheSameTransform() throws {
        var augmentation = Augmentation()
        augmentation.rotation.probability = 1
        let toy = try toy()
        func image(_ seed: UInt64) throws -> [Float] {
            var transform = plain(), random = SplitMix(seed: seed)
            transform.vary(augmentation, &random)
            return try cut(toy, transform).image
        }
        #expect(try image(1) == image(1))
        #expect(try image(1) != image(2))
    }
}
