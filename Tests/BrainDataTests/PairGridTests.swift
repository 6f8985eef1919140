import Testing

@testable import BrainData

@Suite struct PairGridTests {
    /// Two voxels, at the ends of a block of 3 × 2 × 1, on a grid that runs to the left.
    private let mask: Mask = {
        let grid = Grid(
            size: [6, 5, 4], affine: Affine(i: [-2, 0, 0], j: [0, 3, 0], k: [0, 0, 4], origin: [10, 0, 0]))
        var mask = Mask(grid: grid, voxels: [Bool](repeating: false, count: 120))
        mask.voxels[1 + 6 * (1 + 5 * 2)] = true
        mask.voxels[3 + 6 * (2 + 5 * 2)] = true
        return mask
    }()

    @Test func aCubeLiesAroundTheMask() throws {
        let extent = try #require(mask.extent)
        #expect(extent.lower == [4, 3, 8] && extent.upper == [8, 6, 8])
        #expect(try #require(mask.centreOfMass) == [6, 4.5, 8])
        let cube = try Grid.cube(around: mask, spacing: 2, side: 4)
        #expect(cube.size == [4, 4, 4] && cube.centre == [6, 4.5, 8])
        let empty = Mask(grid: mask.grid, voxels: mask.voxels.map { _ in false })
        #expect(empty.extent == nil && empty.centreOfMass == nil)
        #expect(throws: ImagingError.geometry("expected a brain, found an empty mask")) {
            try Grid.cube(around: empty, spacing: 2, side: 4)
        }
    }

    @Test func aGridIsSeenThroughAMap() throws {
        let cube = try Grid.cube(around: mask, spacing: 2, side: 4)
        let map = Affine(i: [0, 1, 0], j: [-1, 0, 0], k: [0, 0, 1], origin: [5, 0, 0])
        #expect(cube.seen(through: map).affine([1, 2, 3]) == map(cube.affine([1, 2, 3])))
    }

    @Test func eightVoxelsBecomeOne() {
        let grid = Grid(size: [4, 2, 2], affine: Affine(spacing: [2, 2, 2]))
        let half = Volume(grid: grid, voxels: (0..<16).map(Float.init)).halved()
        #expect(half.grid.size == [2, 1, 1] && half.grid.affine.origin == [1, 1, 1])
        #expect(half.voxels == [6.5, 8.5])
    }

    @Test func intensitiesOfTheBrainAreScaled() throws {
        let grid = Grid(size: [10, 10, 10], affine: Affine(spacing: [1, 1, 1]))
        let scan = Volume(grid: grid, voxels: (0..<1000).map { Float($0) + 5000 })
        let brain = Mask(grid: grid, voxels: (0..<1000).map { $0 >= 500 })
        let only = try scan.brainOnly(brain)
        #expect(only.voxels[..<500].allSatisfy { $0 == 0 })
        #expect(only.voxels.allSatisfy { (0...1).contains($0) } && only.voxels[999] == 1)
        #expect(abs(only.voxels[750] - 0.502) < 0.005)
        let flat = Volume(grid: grid, voxels: [Float](repeating: 3, count: 1000))
        #expect(
            throws: ImagingError.geometry(
                "expected a scan of a brain, found a brain that is empty or the same everywhere")
        ) { try flat.brainOnly(brain) }
    }
}
