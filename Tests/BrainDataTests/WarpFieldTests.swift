import BrainData
import Foundation
import Testing

@Suite struct WarpFieldTests {
    private let grid = Grid(size: [20, 18, 16], affine: Affine(spacing: [2, 2, 2], origin: [-20, -18, -16]))
    private let map = Affine(i: [0.9, 0.2, 0], j: [-0.2, 1, 0.1], k: [0, 0, 1.1], origin: [4, -3, 2])

    private var field: DisplacementField {
        DisplacementField(
            grid: grid,
            vectors: (0..<grid.count).map { n in
                let p = grid.affine(SIMD3<Double>(grid.voxel(at: n))), reach = exp(-(p * p).sum() / 100)
                return SIMD3<Float>(SIMD3(2, -1.5, 1) * reach)
            })
    }

    @Test func theWholeWayIsOneField() throws {
        let warp = Warp(field: field, affine: map)
        let whole = try warp.field(on: grid)
        for place in [SIMD3(0.0, 0, 0), [4, -6, 2], [-10, 8, 6]] {
            let there = Warp(field: whole)(place), expected = warp(place)
            #expect(((there - expected) * (there - expected)).sum() < 1e-8)
        }
        let direct = Warp(first: map, field: field)([1, 2, 3])
        #expect(try abs(Warp(field: Warp(first: map, field: field).field(on: grid))([0, 0, 0]).x - (4 + 0)) < 2)
        #expect(direct == Warp(field: field)(map([1, 2, 3])))
    }

    @Test func thereAndBackIsTheStart() throws {
        let warp = Warp(field: field, affine: map)
        let moving = Grid(size: [40, 40, 40], affine: Affine(spacing: [1.5, 1.5, 1.5], origin: [-30, -30, -30]))
        let back = try warp.inverse(on: moving)
        for place in [SIMD3(0.0, 0, 0), [4, -6, 2], [-8, 5, 6]] {
            let round = Warp(field: back)(warp(place))
            #expect(((round - place) * (round - place)).sum().squareRoot() < 0.15)
        }
        let flat = Affine(i: [1, 0, 0], j: [1, 0, 0], k: [0, 0, 1], origin: .zero)
        #expect(throws: ImagingError.geometry("the affine map is singular: there is no way back")) {
            try Warp(field: field, affine: flat).inverse(on: moving)
        }
    }
}
