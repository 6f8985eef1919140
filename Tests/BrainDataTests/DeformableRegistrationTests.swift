import Foundation
import Testing

@testable import BrainData

@Suite struct DeformableRegistrationTests {
    /// A smooth displacement of up to 5 mm that is 0 at the brain's rim and beyond.
    private static func displacement(_ p: SIMD3<Double>) -> SIMD3<Double> {
        let reach = exp(-(p * p).sum() / 500)
        return SIMD3(5 * reach, -4 * reach * cos(p.x / 20), 3 * reach * sin(p.y / 15))
    }

    private static let settings: DeformableRegistration.Settings = {
        var settings = DeformableRegistration.Settings()
        settings.steps = [6, 12, 12]
        return settings
    }()

    /// What is fixed shows at x what is moving at x + u(x).
    private static let pair = (
        fixed: ToyBrain.volume(size: [32, 32, 32], spacing: 2.8) { $0 + displacement($0) },
        moving: ToyBrain.volume(size: [32, 32, 32], spacing: 2.8)
    )

    /// How far nothing, and how far a field, is from the true displacement around the middle of the brain, in millimetres.
    private static func errors(of field: DisplacementField) -> (before: Double, after: Double) {
        var (before, after, count) = (0.0, 0.0, 0.0)
        for n in 0..<1000 {
            let steps: SIMD3<Int> = [n % 10 * 4 - 18, n / 10 % 10 * 5 - 22, n / 100 * 4 - 18]
            let place = SIMD3<Double>(steps), truth = displacement(place)
            let away = Warp(field: field)(place) - place - truth
            before += (truth * truth).sum().squareRoot()
            after += (away * away).sum().squareRoot()
            count += 1
        }
        return (before / count, after / count)
    }

    @Test func undoesADisplacementWithoutFolds() throws {
        let (fixed, moving) = Self.pair
        let found = DeformableRegistration(fixed: fixed, moving: moving, settings: Self.settings)
        let similarity = try #require(found.similarity)
        #expect(similarity.after > similarity.before)
        let (before, after) = Self.errors(of: found.field)
        #expect(before > 2, "there is something to find")
        #expect(after < 0.6 * before)
        let growth = try found.field.jacobian().voxels
        #expect(growth.allSatisfy { $0 > 0.1 && $0 < 5 })
        let faces = found.field.vectors.indices.filter { n in
            let at = found.field.grid.voxel(at: n)
            return at.min() == 0 || (found.field.grid.size &- 1 &- at).min() == 0
        }
        #expect(faces.allSatisfy { found.field.vectors[$0] == .zero }, "the field ends where nothing moves")
    }

    @Test func contrastMayBeTheOpposite() throws {
        let fixed = Self.pair.fixed
        var moving = Self.pair.moving
        moving.voxels = moving.voxels.map { $0 == 0 ? 0 : 1.05 - $0 }
        let found = DeformableRegistration(fixed: fixed, moving: moving, settings: Self.settings)
        let (before, after) = Self.errors(of: found.field)
        #expect(after < 0.7 * before)
    }

    @Test func aGoodStartIsKept() throws {
        let (fixed, moving) = Self.pair
        let truth = DisplacementField(
            grid: fixed.grid,
            vectors: (0..<fixed.grid.count).map {
                SIMD3<Float>(Self.displacement(fixed.grid.affine(SIMD3<Double>(fixed.grid.voxel(at: $0)))))
            })
        var none = Self.settings
        none.steps = [0, 0, 0]
        let kept = DeformableRegistration(fixed: fixed, moving: moving, start: truth, settings: none)
        #expect(kept.similarity == nil)
        let middle = kept.field.displacement(atVoxel: [7.5, 7.5, 7.5])
        #expect(abs(middle.x - 5) < 0.3 && abs(middle.y + 4) < 0.3)
        let still = DeformableRegistration(fixed: fixed, moving: moving, settings: none)
        #expect(still.field.vectors.allSatisfy { $0 == .zero })
    }

    @Test func correlationGrowsAsItsSlopesSay() {
        let size = SIMD3(7, 6, 8), count = 336
        func noise(_ seed: Int) -> [Float] { (0..<count).map { Float(($0 * 7919 + seed * 104_729) % 1013) / 1013 } }
        let correlation = LocalCorrelation(noise(1), size: size, radius: 1)
        var moving = noise(2)
        let slopes = correlation(moving).slopes
        for n in [0, 5, 100, 171, 335] {
            let value = moving[n]
            moving[n] = value + 1e-2
            let high = correlation(moving).mean
            moving[n] = value - 1e-2
            let low = correlation(moving).mean
            moving[n] = value
            let slope = (high - low) / 2e-2 * Double(count)
            #expect(abs(slope - Double(slopes[n])) < 0.02 * abs(slope) + 0.01)
        }
        #expect(abs(LocalCorrelation(moving, size: size, radius: 1)(moving.map { -0.5 * $0 }).mean - 1) < 0.02)
    }

    @Test func latticesComposeBlurAndDouble() {
        let size = SIMD3(8, 6, 4)
        let shift = VectorLattice(size: size, vectors: [SIMD3<Float>](repeating: [1, 0.5, 0], count: 192))
        let twice = shift.composed(after: shift)
        #expect(twice.vectors.allSatisfy { $0 == [2, 1, 0] })
        #expect(shift.smoothed(sigma: 1).vectors.allSatisfy { abs($0.x - 1) < 1e-5 && abs($0.y - 0.5) < 1e-5 })
        #expect(shift.doubled().size == [16, 12, 8] && shift.doubled().vectors.allSatisfy { $0 == [2, 1, 0] })
        #expect(abs(shift.longest - 1.118_034) < 1e-5)
        var spike = VectorLattice(still: size)
        spike.vectors[3 + 8 * (2 + 6 * 1)] = [1, 0, 0]
        let blurred = spike.smoothed(sigma: 0.8)
        #expect(abs(blurred.vectors.reduce(0) { $0 + $1.x } - 1) < 0.1)
        #expect(blurred.vectors[2 + 8 * (2 + 6 * 1)] == blurred.vectors[4 + 8 * (2 + 6 * 1)])
        #expect(shift.tapered().vectors[0] == .zero)
    }
}
