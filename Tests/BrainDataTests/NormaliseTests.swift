import BrainData
import Testing

private func scan(_ voxels: [Float], frames: Int = 1) -> Volume {
    let grid = Grid(size: [voxels.count / frames, 1, 1], affine: Affine(spacing: [1, 1, 1]))
    return Volume(grid: grid, frames: frames, voxels: voxels)
}

@Suite struct NormaliseTests {
    @Test func zScoresMatchNumPy() throws {
        let golden = try ProcessingGolden.load().intensities
        let scored = try scan(golden.voxels).normalised()
        #expect(largestDifference(scored.voxels, golden.scored) < 1e-5)
        let mask = Mask(grid: scored.grid, voxels: golden.voxels.map { $0 != 0 })
        #expect(try scan(golden.voxels).normalised(over: mask).voxels == scored.voxels)
    }

    @Test func framesAreNormalisedEachForItself() throws {
        let scored = try scan([0, 1, 3, 0, 10, 30], frames: 2).normalised()
        #expect(scored.voxels == [0, -1, 1, 0, -1, 1])
    }

    @Test func aMaskRulesEvenOverZeros() throws {
        let grid = scan([0, 2, 4, 100]).grid
        let mask = Mask(grid: grid, voxels: [true, false, true, false])
        #expect(try scan([0, 2, 4, 100]).normalised(over: mask).voxels == [-1, 0, 1, 0])
        #expect(throws: ImagingError.self) { try scan([0, 1, 2]).normalised(over: mask) }
    }

    @Test func constantAndEmptyScansStayFinite() throws {
        #expect(try scan([0, 5, 5]).normalised().voxels == [0, 0, 0])
        #expect(try scan([0, 0, 0]).normalised().voxels == [0, 0, 0])
        #expect(try scan([0, .nan, .infinity, 1, 3]).normalised().voxels == [0, 0, 0, -1, 1])
        #expect(try scan([0, 0]).rescaled().voxels == [0, 0])
        #expect(try scan([7, 7]).rescaled(to: -1...1).voxels == [-1, -1])
    }

    @Test func whatIsNotFiniteIsReplacedAndCounted() {
        let (mended, replaced) = scan([1, .nan, -.infinity, 2]).finite()
        #expect(mended.voxels == [1, 0, 0, 2] && replaced == 2)
        #expect(mended.notes == ["2 voxels were NaN or infinite and were set to 0"])
        #expect(scan([1, 2]).finite().volume.notes.isEmpty)
    }

    @Test func percentilesMatchNumPy() throws {
        let golden = try ProcessingGolden.load().intensities
        let volume = scan(golden.voxels)
        for (percent, expected) in zip(golden.percents, golden.percentiles) where percent > 0 && percent < 100 {
            // Between the minimum and a percentile, a value at the percentile becomes 1.
            let low = golden.percentiles[0]
            let mapped = try volume.rescaled(percentiles: 0...percent)
            for (value, result) in zip(golden.voxels, mapped.voxels) {
                let wanted = value == 0 ? 0 : min(max((value - low) / (expected - low), 0), 1)
                #expect(abs(result - wanted) < 2e-6)
            }
        }
    }

    @Test func percentilesOfNegativeValuesAreInOrder() throws {
        let grid = scan([-3, -2, -1, 0, 1]).grid
        let all = Mask(grid: grid, voxels: .init(repeating: true, count: 5))
        let mapped = try scan([-3, -2, -1, 0, 1]).rescaled(percentiles: 25...75, over: all, to: 0...10)
        #expect(mapped.voxels == [0, 0, 5, 10, 10])
    }

    @Test func clippingHoldsValuesInside() {
        #expect(scan([-2, 0.5, 9, .nan]).clipped(to: 0...1).voxels == [0, 0.5, 1, 0])
    }
}
