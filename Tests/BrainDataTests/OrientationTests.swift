import BrainData
import Testing

@Suite struct OrientationTests {
    @Test func codesMatchNibabel() throws {
        for golden in try ProcessingGolden.load().orientations {
            #expect(Orientation(Affine(rows: golden.affine)).description == golden.codes)
        }
    }

    @Test func reorientingMatchesNibabel() throws {
        let golden = try ProcessingGolden.load().reorientation
        let volume = Volume(grid: Grid(size: [2, 3, 4], rows: golden.affine), voxels: (0..<24).map(Float.init))
        for expected in golden.results {
            let turned = try volume.reoriented(to: Orientation(expected.codes))
            #expect(turned.grid.size == Grid(size: expected.size, rows: expected.affine).size)
            #expect(turned.grid.affine.distance(to: Affine(rows: expected.affine)) < 1e-9)
            #expect(turned.voxels == expected.voxels)
            #expect(turned.grid.orientation.description == expected.codes)
        }
    }

    @Test func everyTurnCanBeUndone() throws {
        let affine = Affine(i: [0.1, 0, -2], j: [1, 0.2, 0], k: [0, 3, 0.3], origin: [4, 5, 6])
        let grid = Grid(size: [3, 4, 5], affine: affine)
        let volume = Volume(grid: grid, frames: 2, voxels: (0..<120).map(Float.init))
        let labels = LabelMap(grid: grid, voxels: (0..<60).map(UInt16.init))
        let mask = Mask(grid: grid, voxels: labels.voxels.map { $0 % 3 == 0 })
        for first in ["RL", "AP", "SI"] {
            let others = ["RL", "AP", "SI"].filter { $0 != first }
            for a in first {
                for b in others[0] {
                    for c in others[1] {
                        let orientation = try Orientation("\(b)\(a)\(c)")
                        let there = volume.reoriented(to: orientation)
                        #expect(there.grid.orientation == orientation && there.grid == grid.reoriented(to: orientation))
                        let back = there.reoriented(to: grid.orientation)
                        #expect(back.voxels == volume.voxels && back.grid.affine.distance(to: affine) < 1e-12)
                        #expect(
                            labels.reoriented(to: orientation).reoriented(to: grid.orientation).voxels == labels.voxels)
                        #expect(mask.reoriented(to: orientation).reoriented(to: grid.orientation).voxels == mask.voxels)
                    }
                }
            }
        }
    }

    @Test func voxelsKeepTheirPlaceInTheWorld() throws {
        let grid = Grid(
            size: [3, 4, 5], affine: Affine(i: [-2, 0, 0], j: [0, 0, -3], k: [0, 1, 0], origin: [7, 8, 9]))
        let volume = Volume(grid: grid, voxels: (0..<60).map(Float.init))
        #expect(grid.orientation.description == "LIA")
        let turned = volume.reoriented(to: .ras)
        let back = try #require(grid.affine.inverse)
        for k in 0..<4 {
            for j in 0..<5 {
                for i in 0..<3 {
                    let voxel = back(turned.grid.affine(SIMD3<Double>(Double(i), Double(j), Double(k))))
                    #expect(
                        turned[i, j, k]
                            == volume[Int(voxel.x.rounded()), Int(voxel.y.rounded()), Int(voxel.z.rounded())])
                }
            }
        }
    }

    @Test(arguments: ["", "RA", "RAX", "RRS", "RASL", "RLA", "ÄÖÜ"]) func nonsenseIsRefused(codes: String) {
        #expect(throws: ImagingError.self) { try Orientation(codes) }
    }

    @Test func lowerCaseWillDoAndSingularMapsGetThreeAxes() throws {
        #expect(try Orientation("ras") == .ras)
        let flat = Affine(i: [1, 0, 0], j: [2, 0, 0], k: [0, 0, 0], origin: .zero)
        #expect(Set(Orientation(flat).description.map { "RLAPSI".firstIndex(of: $0) }).count == 3)
    }
}
