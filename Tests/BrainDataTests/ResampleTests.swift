import BrainData
import Testing

@Suite struct ResampleTests {
    private func golden() throws -> (ProcessingGolden.Resampling, Volume) {
        let golden = try ProcessingGolden.load().resampling
        return (golden, Volume(grid: Grid(size: golden.size, rows: golden.affine), voxels: golden.voxels))
    }

    @Test func valuesMatchSciPy() throws {
        let (golden, volume) = try golden()
        for expected in golden.cases {
            let target = Grid(size: expected.size, rows: expected.affine)
            let linear = try volume.resampled(to: target, outside: -5)
            #expect(largestDifference(linear.voxels, expected.linear) < 2e-5)
            #expect(linear.grid == target)
            let nearest = try volume.resampled(to: target, by: .nearest, outside: -5)
            #expect(largestDifference(nearest.voxels, expected.nearest) < 1e-5)
        }
    }

    @Test func blurringMatchesSciPy() throws {
        let (golden, volume) = try golden()
        #expect(largestDifference(volume.smoothed(sigma: [0.5, 0, 1.25]).voxels, golden.smooth) < 2e-5)
    }

    @Test func theSameGridGivesTheSameScan() throws {
        let (_, volume) = try golden()
        for way in Interpolation.allCases {
            let same = try volume.resampled(to: volume.grid, by: way, outside: -5, antialiased: true)
            #expect(largestDifference(same.voxels, volume.voxels) < 2e-5)
        }
    }

    @Test func aLinearRampStaysExactInEveryFrame() throws {
        let grid = Grid(
            size: [6, 5, 4], affine: Affine(i: [0, 2, 0], j: [-1, 0, 0], k: [0, 0, 3], origin: [4, 1, 2]))
        var values: [Float] = []
        for frame in 0..<2 {
            for k in 0..<4 {
                for j in 0..<5 {
                    for i in 0..<6 {
                        let place = grid.affine([Double(i), Double(j), Double(k)])
                        values.append(Float(place.x + 2 * place.y - 3 * place.z + 100 * Double(frame)))
                    }
                }
            }
        }
        let target = Grid(
            size: [3, 6, 5], affine: Affine(i: [1, 0.1, 0], j: [0, 1.3, 0.2], k: [0, 0, 1.5], origin: [1, 2, 3]))
        let result = try Volume(grid: grid, frames: 2, voxels: values).resampled(to: target, outside: .nan)
        #expect(result.frames == 2)
        for frame in 0..<2 {
            for k in 0..<5 {
                for j in 0..<6 {
                    for i in 0..<3 {
                        let place = target.affine([Double(i), Double(j), Double(k)])
                        let expected = Float(place.x + 2 * place.y - 3 * place.z + 100 * Double(frame))
                        #expect(abs(result.frame(frame)[i, j, k] - expected) < 1e-4)
                    }
                }
            }
        }
    }

    @Test func labelsReachToTheFacesUnlessAskedOtherwise() throws {
        let grid = Grid(size: [2, 1, 1], affine: Affine(spacing: [4, 4, 4]))
        let labels = LabelMap(grid: grid, voxels: [3, 900])
        let fine = Grid(size: [10, 1, 1], affine: Affine(spacing: [1, 1, 1], origin: [-2.5, 0, 0]))
        #expect(try labels.resampled(to: fine).voxels == [0, 3, 3, 3, 3, 900, 900, 900, 900, 0])
        #expect(try labels.resampled(to: fine, edge: .centres).voxels == [0, 0, 0, 3, 3, 900, 900, 0, 0, 0])
        let mask = Mask(grid: grid, voxels: [false, true])
        #expect(try mask.resampled(to: fine).count == 4)
        let scan = try Volume(grid: grid, voxels: [0, 8]).resampled(to: fine, outside: -1, edge: .faces)
        #expect(scan.voxels == [-1, 0, 0, 1, 3, 5, 7, 8, 8, -1])
    }

    @Test func aStripedScanIsBlurredBeforeItIsThinned() throws {
        let grid = Grid(size: [64, 4, 4], affine: Affine(spacing: [1, 1, 1]))
        let stripes = Volume(grid: grid, voxels: (0..<1024).map { $0 % 4 < 2 ? 0 : 1 })
        let thin = Grid(size: [16, 4, 4], affine: Affine(spacing: [4, 1, 1]))
        #expect(try stripes.resampled(to: thin).voxels.allSatisfy { $0 == 0 })
        let smooth = try stripes.resampled(to: thin, antialiased: true)
        let inner = (3..<13).map { smooth[$0, 2, 2] }
        #expect(inner.allSatisfy { abs($0 - 0.5) < 0.05 })
    }

    @Test func singularAndUnboundMapsAreErrors() throws {
        let flat = Grid(size: [2, 2, 2], affine: Affine(i: [1, 0, 0], j: [1, 0, 0], k: [0, 0, 1], origin: .zero))
        let sound = Grid(size: [2, 2, 2], affine: Affine(spacing: [1, 1, 1]))
        let nowhere = Grid(size: [2, 2, 2], affine: Affine(spacing: [1, 1, 1], origin: [.nan, 0, 0]))
        let ones = [Float](repeating: 1, count: 8)
        #expect(throws: ImagingError.self) { try Volume(grid: flat, voxels: ones).resampled(to: sound) }
        #expect(throws: ImagingError.self) { try Volume(grid: sound, voxels: ones).resampled(to: nowhere) }
        #expect(try Volume(grid: sound, voxels: ones).resampled(to: flat).voxels.count == 8)
    }
}

@Suite struct GridSamplingTests {
    private let oblique = Grid(
        size: [20, 30, 10], affine: Affine(i: [0.8, 0.6, 0], j: [-0.6, 0.8, 0], k: [0, 0, 6.5], origin: [-7, 3, 11]))

    @Test func anotherSpacingKeepsTheFieldOfView() throws {
        let fine = try oblique.resampled(spacing: [0.5, 2, 1])
        #expect(fine.size == [40, 15, 65])
        #expect(fine.overlap(with: oblique) == 1 && oblique.overlap(with: fine) == 1)
        let corners = fine.affine(SIMD3(repeating: -0.5)) - oblique.affine(SIMD3(repeating: -0.5))
        #expect(max(abs(corners.x), abs(corners.y), abs(corners.z)) < 1e-9)
        #expect(fine.orientation == oblique.orientation)
        #expect(try oblique.resampled(spacing: [3, 3, 3]).size == [7, 10, 22])
    }

    @Test func isotropicGridsCoverObliqueOnes() throws {
        let cubic = try Grid.isotropic(spacing: 1, covering: oblique)
        #expect(cubic.orientation == .ras && cubic.affine.spacing == [1, 1, 1])
        #expect(cubic.size == [34, 36, 65])
        #expect(oblique.overlap(with: cubic) == 1)
        #expect(cubic.overlap(with: oblique) < 0.6)
        #expect(try Grid.isotropic(spacing: 2, covering: cubic).size == [17, 18, 33])
    }

    @Test func overlapIsTheShareOfTheFirstBox() {
        let box = Grid(size: [10, 10, 10], affine: Affine(spacing: [1, 1, 1]))
        var half = box
        half.affine.origin.x = 5
        #expect(abs(box.overlap(with: half) - 0.5) < 0.02)
        let large = Grid(size: [10, 10, 10], affine: Affine(spacing: [4, 4, 4], origin: [-10, -10, -10]))
        #expect(box.overlap(with: large) == 1 && abs(large.overlap(with: box) - 1.0 / 64) < 0.005)
        half.affine.origin.x = 11
        #expect(box.overlap(with: half) == 0)
    }

    @Test(arguments: [0, -1, .nan, .infinity, 1e-9, 0.003]) func impossibleSpacingsAreRefused(spacing: Double) {
        #expect(throws: ImagingError.self) { try Grid.isotropic(spacing: spacing, covering: oblique) }
        #expect(throws: ImagingError.self) { try oblique.resampled(spacing: SIMD3(repeating: spacing)) }
    }
}
