import BrainData
import Testing

/// A mask drawn in rows of `#` and `.`, slices after one another.
private func drawn(_ slices: [[String]], spacing: SIMD3<Double> = [1, 1, 1]) -> Mask {
    let size = SIMD3(slices[0][0].count, slices[0].count, slices.count)
    return Mask(
        grid: Grid(size: size, affine: Affine(spacing: spacing)),
        voxels: slices.flatMap { $0.flatMap { $0.map { $0 == "#" } } })
}

@Suite struct MorphologyTests {
    private func golden(spacing: SIMD3<Double> = [1, 1, 1]) throws -> (ProcessingGolden.Components, Mask) {
        let golden = try ProcessingGolden.load().components
        let size = SIMD3(golden.size[0], golden.size[1], golden.size[2])
        let grid = Grid(size: size, affine: Affine(spacing: spacing))
        return (golden, Mask(grid: grid, voxels: golden.voxels.map { $0 == 1 }))
    }

    @Test func componentsMatchSciPy() throws {
        let (golden, mask) = try golden()
        for (connectivity, expected) in [(Connectivity.faces, golden.faces), (.corners, golden.corners)] {
            let parts = mask.components(connectivity)
            #expect(parts.voxels.map(Int.init) == expected)
            #expect(parts.sizes.count == expected.max())
            #expect(parts.sizes.reduce(0, +) == mask.count)
            #expect(parts.largest?.count == parts.sizes.max())
        }
        #expect(mask.components(.faces).sizes.count > mask.components(.corners).sizes.count)
    }

    @Test func growthShrinkageAndFillingMatchSciPy() throws {
        let (golden, mask) = try golden()
        let grown = mask.dilated(voxels: 1)
        #expect(grown.voxels == golden.dilated.map { $0 == 1 })
        #expect(grown.eroded(voxels: 1, edges: true).voxels == golden.eroded.map { $0 == 1 })
        #expect(grown.eroded(voxels: 1, edges: true).grid == mask.grid)
        #expect(grown.holesFilled().voxels == golden.filled.map { $0 == 1 })
    }

    @Test func distancesMatchSciPyOnUnevenVoxels() throws {
        let (golden, mask) = try golden(spacing: [1, 1.5, 2.5])
        #expect(mask.dilated(millimetres: 2.6).voxels == golden.near.map { $0 == 1 })
        let nearest = mask.squaredDistances()
        for index in stride(from: 0, to: mask.grid.count, by: 7) {
            #expect(abs(nearest[index] - slowDistance(from: index, to: mask)) < 1e-4)
        }
    }

    @Test func signedDistancesAreInsideAboveZeroAndOutsideBelow() throws {
        let (_, mask) = try golden(spacing: [1, 1.5, 2.5])
        let outside = Mask(grid: mask.grid, voxels: mask.voxels.map { !$0 })
        let signed = mask.signedDistances()
        for index in stride(from: 0, to: mask.grid.count, by: 7) {
            let expected =
                mask.voxels[index]
                ? slowDistance(from: index, to: outside).squareRoot() : -slowDistance(from: index, to: mask).squareRoot()
            #expect(abs(signed[index] - expected) < 1e-4)
        }
        #expect(outside.signedDistances() == signed.map { -$0 })
    }

    private func slowDistance(from index: Int, to mask: Mask) -> Float {
        let size = mask.grid.size
        func place(_ index: Int) -> SIMD3<Double> {
            mask.grid.affine(SIMD3<Double>(SIMD3(index % size.x, index / size.x % size.y, index / (size.x * size.y))))
        }
        let distances = mask.voxels.indices.filter { mask.voxels[$0] }.map { other in
            let gap = place(other) - place(index)
            return (gap * gap).sum()
        }
        return Float(distances.min() ?? .infinity)
    }

    @Test func cavitiesAreFilledAndBaysAreNot() {
        let mask = drawn([["#####", "#####", "#####"], ["#####", "#.#.#", "###.#"], ["#####", "#####", "#####"]])
        let filled = mask.holesFilled()
        #expect(filled.count == mask.count + 1)
        #expect(filled.voxels[15 + 5 + 1] && !filled.voxels[15 + 5 + 3])
        let tunnel = drawn([["###", "#.#", "###"], ["###", "#.#", "###"]])
        #expect(tunnel.holesFilled() == tunnel)
    }

    @Test func diagonalNeighboursHangTogetherByCornersOnly() {
        let mask = drawn([["#..", "...", "..."], ["...", ".#.", "..."], ["...", "...", "..#"]])
        #expect(mask.components(.faces).sizes == [1, 1, 1])
        #expect(mask.components(.corners).sizes == [3])
        let ring = drawn([["#.#", "#.#", "###"]])
        #expect(ring.components(.faces).sizes == [7])
        // The end of one row and the beginning of the next lie side by side in memory, but not in space.
        #expect(drawn([["..#", "#.."]]).components(.corners).sizes == [1, 1])
    }

    @Test func smallPartsCanBeLeftOut() {
        let mask = drawn([["##.#.###"]])
        #expect(mask.components().sizes == [2, 1, 3])
        #expect(mask.components().mask(ofAtLeast: 2).count == 5)
        #expect(mask.largestComponent().voxels == drawn([[".....###"]]).voxels)
        #expect(drawn([["..."]]).largestComponent().count == 0 && drawn([["..."]]).components().largest == nil)
    }

    @Test func erosionLeavesTheEdgeOfTheScanAlone() {
        let slab = drawn([["....", ".##.", "####"], ["....", ".##.", "####"]])
        #expect(
            slab.eroded(millimetres: 1).voxels == drawn([["....", "....", ".##."], ["....", "....", ".##."]]).voxels)
        #expect(slab.eroded(voxels: 1) == slab.eroded(millimetres: 1))
        #expect(slab.eroded(voxels: 1, edges: true).count == 0)
        #expect(slab.dilated(millimetres: 0) == slab)
    }

    @Test func thickSlicesAreNotCrossedByASmallBall() {
        let mask = drawn([["....."], ["..#.."], ["....."]], spacing: [1, 1, 6.5])
        #expect(mask.dilated(millimetres: 2).count == 5)
        #expect(mask.dilated(millimetres: 6.5).count == 7)
    }

    @Test func openingCutsBridgesAndClosingMendsGaps() {
        let bridge = drawn([["###....###", "##########", "###....###"]])
        #expect(bridge.opened(millimetres: 1).components(.faces).sizes.count == 2)
        let slit = ["#####", "##.##", "##.##", "#####"]
        let gap = drawn([slit, slit, slit, slit, slit])
        #expect(!gap.closed(millimetres: 1).voxels[7] && gap.closed(millimetres: 1).voxels[47])
        #expect(gap.closed(millimetres: 1).grid == gap.grid)
        #expect(drawn([["#...."]]).closed(millimetres: 3).count == 1)
    }

    @Test func masksCombine() {
        let (a, b) = (drawn([["##.."]]), drawn([[".##."]]))
        #expect(a.intersection(b).voxels == drawn([[".#.."]]).voxels && a.union(b).count == 3)
        #expect(a.inverted.voxels == drawn([["..##"]]).voxels)
        #expect(drawn([["...."]]).squaredDistances().allSatisfy { $0 == .infinity })
    }
}
