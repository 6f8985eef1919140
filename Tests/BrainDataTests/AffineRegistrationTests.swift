import Foundation
import Testing

@testable import BrainData

@Suite struct AffineRegistrationTests {
    /// How far the found map takes places of the brain from where the true one does, on average, in millimetres.
    private func error(_ found: Affine, _ truth: Affine) -> Double {
        let places = (0..<200).map { n -> SIMD3<Double> in
            let whole: SIMD3<Int> = [n * 37 % 61 - 30, n * 53 % 71 - 35, n * 29 % 51 - 25]
            return SIMD3<Double>(whole)
        }
        let distances = places.map { place in
            let away = found(place) - truth(place)
            return (away * away).sum().squareRoot()
        }
        return distances.reduce(0, +) / Double(places.count)
    }

    private struct Case {
        var z = 0.0, x = 0.0, scale = 1.0
        var shift: SIMD3<Double>
        var isInverted = false
    }

    private static let cases = [
        Case(shift: [60, -30, 10]), Case(z: 35, x: -20, scale: 1.1, shift: [5, 0, -40]),
        Case(z: -42, x: 15, scale: 0.95, shift: [0, 20, 0], isInverted: true),
    ]

    @Test(arguments: cases.indices) func findsAKnownMap(_ number: Int) throws {
        let known = Self.cases[number]
        let truth = ToyBrain.map(z: known.z, x: known.x, scale: known.scale, shift: known.shift)
        let back = try #require(truth.inverse)
        let fixed = ToyBrain.volume(size: [28, 32, 26], spacing: 3)
        var moving = ToyBrain.volume(size: [44, 44, 44], spacing: 3) { back($0 + known.shift) }
        moving.grid.affine.origin += known.shift
        if known.isInverted { moving.voxels = moving.voxels.map { $0 == 0 ? 0 : 1.05 - $0 } }
        let found = try AffineRegistration(
            fixed: fixed, moving: moving, brains: (ToyBrain.mask(fixed), ToyBrain.mask(moving)), steps: 30)
        #expect(error(found.map, truth) < 1)
        #expect(found.informationAfter >= found.informationBefore)
        #expect(error(found.map, Affine(spacing: [1, 1, 1])) > 10, "the map was there to be found")
    }

    @Test func informationGrowsAsItsSlopesSay() {
        let fixed = ToyBrain.volume(size: [20, 24, 18], spacing: 4),
            moving = ToyBrain.volume(size: [20, 24, 18], spacing: 4)
        let all = Mask(grid: fixed.grid, voxels: fixed.voxels.map { $0 > 0 })
        let information = MutualInformation(fixed: fixed, region: all, centre: .zero, moving: moving)
        let start = MutualInformation.Map(
            x: [1, 0.05, 0], y: [0, 1.02, 0], z: [0, 0.04, 1], shift: [2.3, -1.7, 1.1])
        let slopes = information(start)
        func difference(_ step: Double, _ change: (inout MutualInformation.Map, Double) -> Void) -> Double {
            var (low, high) = (start, start)
            change(&low, -step)
            change(&high, step)
            return (information(high, slopes: false).information - information(low, slopes: false).information)
                / (2 * step)
        }
        let shifted = difference(0.02) { $0.shift.y += $1 }, stretched = difference(0.001) { $0.y.x += $1 }
        #expect(abs(shifted - slopes.shift.y) < 0.03 * abs(shifted) + 1e-4)
        #expect(abs(stretched - slopes.y.x) < 0.03 * abs(stretched) + 1e-3)
    }

    @Test func brainsThatCannotBeAlignedAreErrors() throws {
        let brain = ToyBrain.volume(size: [28, 32, 26], spacing: 3), mask = ToyBrain.mask(brain)
        let none = Mask(grid: brain.grid, voxels: mask.voxels.map { _ in false })
        #expect(
            throws: ImagingError.geometry("expected two brains to align, found an empty one or one without a place")
        ) {
            try AffineRegistration(fixed: brain, moving: brain, brains: (none, mask))
        }
        var speck = none
        speck.voxels[speck.grid.count / 2] = true
        #expect(
            throws: ImagingError.geometry(
                "the brains cannot be aligned: the fixed one measures 149 ml, the moving one 0 ml")
        ) {
            try AffineRegistration(fixed: brain, moving: brain, brains: (mask, speck))
        }
    }
}
