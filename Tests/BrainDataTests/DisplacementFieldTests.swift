import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct DisplacementFieldTests {
    /// Voxels of 2 × 1.5 × 1 mm that run to the left, to the front and up.
    private let grid = Grid(
        size: [12, 14, 16], affine: Affine(i: [-2, 0, 0], j: [0, 1.5, 0], k: [0, 0, 1], origin: [11, -9, -7]))

    private func field(_ u: (SIMD3<Double>) -> SIMD3<Double>) -> DisplacementField {
        DisplacementField(
            grid: grid,
            vectors: (0..<grid.count).map { SIMD3<Float>(u(grid.affine(SIMD3<Double>(grid.voxel(at: $0))))) })
    }

    private func scan(on grid: Grid) -> Volume {
        let voxels = (0..<grid.count).map { n -> Float in
            let p = grid.affine(SIMD3<Double>(grid.voxel(at: n)))
            return Float(p.x + 2 * p.y - 3 * p.z)
        }
        return Volume(grid: grid, voxels: voxels)
    }

    @Test func aWarpPullsFromWhereTheFieldPoints() throws {
        let shift = field { _ in [1.5, -2, 0.25] }
        let moving = scan(on: Grid(size: [40, 40, 40], affine: Affine(spacing: [1, 1, 1], origin: [-20, -20, -20])))
        let warped = try moving.warped(by: Warp(field: shift), onto: grid)
        for n in stride(from: 0, to: grid.count, by: 37) {
            let p = grid.affine(SIMD3<Double>(grid.voxel(at: n))) + [1.5, -2, 0.25]
            #expect(abs(warped.voxels[n] - Float(p.x + 2 * p.y - 3 * p.z)) < 1e-3)
        }
    }

    @Test func theAffineComesAfterTheField() throws {
        let shift = field { _ in [1, 0, 0] }
        let double = Affine(spacing: [2, 2, 2])
        #expect(Warp(field: shift, affine: double)([0, 0, 0]) == [2, 0, 0])
        #expect(Warp(field: shift)([500, 0, 0]) == [500, 0, 0], "nothing moves outside the field")
        #expect(Warp()([1, 2, 3]) == [1, 2, 3])
    }

    @Test func labelsTakeTheClosestVoxelAndNothingFromOutside() throws {
        var labels = LabelMap(grid: grid, voxels: [UInt16](repeating: 0, count: grid.count))
        labels[5, 6, 7] = 9
        // One voxel towards +i is 2 mm to the left.
        let moved = try labels.warped(by: Warp(field: field { _ in [-2.4, 0, 0] }), onto: grid)
        #expect(moved[4, 6, 7] == 9 && moved.voxels.filter { $0 == 9 }.count == 1)
        let far = try labels.warped(by: Warp(affine: Affine(spacing: [1, 1, 1], origin: [900, 0, 0])), onto: grid)
        #expect(far.voxels.allSatisfy { $0 == 0 })
    }

    @Test func theInverseLeadsBack() throws {
        let wave = field { p in [0.8 * sin(p.y / 4), 0.6 * cos(p.z / 5), 0.5 * sin(p.x / 6)] }
        let back = try wave.inverse()
        for n in 0..<grid.count {
            let voxel = grid.voxel(at: n)
            guard all(voxel .>= 2), all(voxel .< grid.size &- 2) else { continue }
            let place = grid.affine(SIMD3<Double>(voxel))
            let there = Warp(field: back)(place), home = Warp(field: wave)(there)
            #expect(((home - place) * (home - place)).sum() < 1e-3)
        }
    }

    @Test func theJacobianIsWhatAPieceGrowsBy() throws {
        let stretch = try field { p in [0.2 * p.x, -0.5 * p.y, 0.1 * p.z + 0.3 * p.x] }.jacobian()
        #expect(stretch.voxels.allSatisfy { abs($0 - 1.2 * 0.5 * 1.1) < 1e-3 })
        let fold = try field { p in [-1.5 * p.x, 0, 0] }.jacobian()
        #expect(fold.voxels.allSatisfy { abs($0 + 0.5) < 1e-3 })
        #expect(try DisplacementField.identity(on: grid).jacobian().voxels.allSatisfy { $0 == 1 })
    }

    @Test func filesHoldITKsConvention() throws {
        let folder = try TemporaryFolder()
        let wave = field { p in [p.x / 10, 1 - p.y / 20, p.z / 30] }
        for name in ["field.nii", "field.nii.gz"] {
            try FieldFile.write(wave, to: folder.file(name))
            let read = try FieldFile.read(folder.file(name))
            #expect(read.grid.matches(grid) && read.vectors == wave.vectors)
        }
        let bytes = try Data(contentsOf: folder.file("field.nii"))
        func short(_ at: Int) -> Int { Int(bytes[at]) | Int(bytes[at + 1]) << 8 }
        #expect([40, 48, 50, 68].map(short) == [5, 1, 3, 1007] as [Int])
        // The stored x component points to the left.
        #expect(try ImageFile.read(folder.file("field.nii")).voxels[0] == -wave.vectors[0].x)
        #expect(throws: ImagingError.self) { try FieldFile.write(wave, to: folder.file("field.mha")) }
        try ImageFile.write(scan(on: grid), to: folder.file("scan.nii"))
        let error = #expect(throws: ImagingError.self) { try FieldFile.read(folder.file("scan.nii")) }
        #expect(error?.description.contains("x × y × z × 1 × 3") ?? false)
    }

    @Test func transformsHoldITKsConvention() throws {
        let folder = try TemporaryFolder()
        let map = Affine(i: [1.1, 0.1, 0], j: [-0.2, 0.9, 0.05], k: [0, 0.02, 1], origin: [3, -4, 5])
        try TransformFile.write(map, to: folder.file("a.txt"))
        let read = try TransformFile.read(folder.file("a.txt"))
        for (a, b) in [(read.i, map.i), (read.j, map.j), (read.k, map.k), (read.origin, map.origin)] {
            #expect(((a - b) * (a - b)).sum() < 1e-20)
        }
        // A turn of 90° about a centre, as ITK writes it: x ↦ M (x − c) + c + t, in LPS.
        let text = """
            #Insight Transform File V1.0
            #Transform 0
            Transform: MatrixOffsetTransformBase_double_3_3
            Parameters: 0 -1 0 1 0 0 0 0 1 5 0 0
            FixedParameters: 10 0 0
            """
        _ = try folder.write(Data(text.utf8), to: "turn.txt")
        let turn = try TransformFile.read(folder.file("turn.txt"))
        // LPS (10, 0, 0) is the centre and goes to (15, 0, 0); in RAS (−10, 0, 0) to (−15, 0, 0).
        let centre = turn([-10, 0, 0]), other = turn([-11, 0, 0])
        #expect(((centre - [-15, 0, 0]) * (centre - [-15, 0, 0])).sum() < 1e-20)
        #expect(((other - [-15, -1, 0]) * (other - [-15, -1, 0])).sum() < 1e-20)
    }

    @Test(arguments: [
        "words", "#Insight Transform File V1.0\nTransform: Euler3DTransform_double_3_3\nParameters: 0 0 0 0 0 0",
        "#Insight Transform File V1.0\nTransform: AffineTransform_double_3_3\nParameters: 1 2\nFixedParameters: 0 0 0",
        "#Insight Transform File V1.0\nTransform: AffineTransform_double_3_3\nParameters: nan 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 0 0 0",
    ])
    func otherTransformsAreRefused(_ text: String) throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(Data(text.utf8), to: "t.txt")
        #expect(throws: ImagingError.self) { try TransformFile.read(folder.file("t.txt")) }
    }
}
