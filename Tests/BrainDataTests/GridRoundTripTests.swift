import BrainData
import Testing

/// The way of a scan through preparation and of its result back: turned, resampled, cropped, and all of it undone.
@Suite struct GridRoundTripTests {
    /// A scan with thick slices in LPS order, and a lesion as a ball in the world.
    private let grid = Grid(
        size: [64, 60, 16], affine: Affine(i: [-1, 0.02, 0], j: [-0.02, -1, 0], k: [0, 0, 4], origin: [31, 29, -30]))

    private func ball(on grid: Grid, radius: Double) -> Mask {
        var voxels: [Bool] = []
        for k in 0..<grid.size.z {
            for j in 0..<grid.size.y {
                for i in 0..<grid.size.x {
                    let place = grid.affine([Double(i), Double(j), Double(k)]) - SIMD3(4, -3, 1)
                    voxels.append((place * place).sum() < radius * radius)
                }
            }
        }
        return Mask(grid: grid, voxels: voxels)
    }

    @Test func aLesionComesBackToItsPlaceOnTheInputsGrid() throws {
        let fine = try Grid.isotropic(spacing: 1, covering: grid)
        let lesion = ball(on: fine, radius: 12)
        let back = try lesion.resampled(to: grid)
        let expected = ball(on: grid, radius: 12)
        let common = Double(back.intersection(expected).count)
        #expect(2 * common / Double(back.count + expected.count) > 0.95)
        #expect(abs(back.millilitres - expected.millilitres) < 0.05 * expected.millilitres)
    }

    @Test func croppingAndTurningLeaveNoTrace() throws {
        let expected = ball(on: grid, radius: 10)
        let labels = LabelMap(grid: grid, voxels: expected.voxels.map { $0 ? 4 : 0 })
        let turned = labels.reoriented(to: .ras)
        let box = try #require(turned.nonZeroBox).expanded(by: 2).grown(multiple: 16)
        let part = turned.cropped(to: box)
        #expect(part.grid.size.x % 16 == 0 && part.grid.size.y % 16 == 0 && part.grid.size.z % 16 == 0)
        let back = part.placed(in: turned.grid, at: box).reoriented(to: grid.orientation)
        #expect(back.voxels == labels.voxels && back.grid.matches(grid))
    }

    @Test func aScanResampledThereAndBackKeepsItsSmoothValues() throws {
        let values = ball(on: grid, radius: 14).voxels.map { $0 ? Float(100) : 0 }
        let smooth = Volume(grid: grid, voxels: values).smoothed(sigma: [3, 3, 1])
        let fine = try smooth.resampled(to: Grid.isotropic(spacing: 1, covering: grid), edge: .faces)
        let back = try fine.resampled(to: grid, edge: .faces)
        #expect(largestDifference(back.voxels, smooth.voxels) < 4)
    }

    @Test func contrastsOnOtherGridsAreJudgedByTheirOverlap() {
        var shifted = grid
        shifted.affine.origin.z += 16
        #expect(!grid.matches(shifted) && abs(grid.overlap(with: shifted) - 0.75) < 0.03)
        shifted.affine.origin.z += 64
        #expect(grid.overlap(with: shifted) == 0)
        #expect(grid.overlap(with: grid.reoriented(to: .ras)) == 1)
    }
}
