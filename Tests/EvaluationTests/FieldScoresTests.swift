import BrainData
import Evaluation
import Foundation
import Testing

@Suite struct FieldScoresTests {
    private let grid = Grid(size: [4, 1, 1], affine: Affine(spacing: [1, 1, 1]))

    @Test func foldsAndGrowth() {
        let jacobian = Volume(grid: grid, voxels: [1, Float(M_E), Float(M_E), -0.5])
        let all = FieldScores(jacobian)
        #expect(all.foldedShare == 0.25 && all.smallest == -0.5)
        let inside = FieldScores(jacobian, in: Mask(grid: grid, voxels: [true, true, false, false]))
        #expect(inside.foldedShare == 0 && abs(inside.logJacobianDeviation - 0.5) < 1e-6)
        let even = FieldScores(Volume(grid: grid, voxels: [2, 2, 2, 2]))
        #expect(even.logJacobianDeviation == 0 && even.largest == 2)
    }

    @Test func labelsThatBothHoldCount() throws {
        let warped = LabelMap(grid: grid, voxels: [1, 1, 2, 7]), truth = LabelMap(grid: grid, voxels: [1, 2, 2, 9])
        let overlap = try LabelOverlap(warped: warped, truth: truth)
        #expect(overlap.dice == [1: 2.0 / 3, 2: 2.0 / 3] && overlap.mean == 2.0 / 3)
        #expect(overlap.onlyWarped == [7] && overlap.onlyTrue == [9])
        let apart = LabelMap(grid: grid, voxels: [3, 3, 3, 3])
        #expect(try LabelOverlap(warped: apart, truth: truth).mean == nil)
        let other = LabelMap(
            grid: Grid(size: [4, 1, 1], affine: Affine(spacing: [2, 1, 1])), voxels: [1, 1, 1, 1])
        #expect(throws: EvaluationError.self) { try LabelOverlap(warped: other, truth: truth) }
    }
}
