import BrainData
import BrainModels
import Testing

@Suite struct HeadInputTests {
    /// Air, and a ball of tissue that measures 1000 with a brighter half, 1 mm voxels, seen from the left.
    private func scan(gain: Float = 1, offset: Float = 0) -> Volume {
        let grid = Grid(
            size: [40, 44, 36], affine: Affine(i: [-1, 0, 0], j: [0, 1, 0], k: [0, 0, 1], origin: [20, 0, 0]))
        let voxels = (0..<grid.count).map { n -> Float in
            let place = SIMD3<Double>(grid.voxel(at: n)) - [20, 22, 18]
            guard (place * place).sum() < 15 * 15 else { return offset }
            return offset + gain * (place.x < 0 ? 1000 : 1500)
        }
        return Volume(grid: grid, voxels: voxels)
    }

    @Test func comesToCubicVoxelsThatMeanOne() throws {
        let input = try HeadInput(scan(), spacing: 2)
        #expect(input.grid.size == [20, 22, 18])
        #expect(input.grid.affine.spacing == [2, 2, 2])
        #expect(input.grid.orientation.description == "RAS")
        let tissue = input.voxels.filter { $0 > 0.4 }
        // Voxels of the rim count with what they hold.
        #expect(abs(tissue.reduce(0, +) / Float(tissue.count) - 1) < 0.1)
        #expect(input.voxels[0] == 0)
    }

    @Test func forgetsTheScannersUnits() throws {
        let plain = try HeadInput(scan(), spacing: 2).voxels
        for other in [scan(gain: 0.01), scan(gain: 37)] {
            let scaled = try HeadInput(other, spacing: 2).voxels
            #expect(zip(plain, scaled).allSatisfy { abs($0 - $1) < 1e-4 })
        }
        // A computed scan may lie below zero.
        let shifted = try HeadInput(scan(offset: -1024), spacing: 2).voxels
        #expect(zip(plain, shifted).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    @Test func refusesAnImageWithoutContrast() {
        let flat = Volume(grid: scan().grid, voxels: [Float](repeating: 7, count: scan().grid.count))
        let error = #expect(throws: ImagingError.self) { try HeadInput(flat, spacing: 2) }
        #expect(error?.description.contains("the same everywhere") ?? false)
    }

    @Test func aMaskGoesThereAndBack() throws {
        let scan = scan()
        let input = try HeadInput(scan, spacing: 2)
        let ball = Mask(grid: scan.grid, voxels: scan.voxels.map { $0 > 0 })
        let coarse = try input.prepared(ball)
        #expect(abs(coarse.millilitres / ball.millilitres - 1) < 0.05)
        let back = try input.restored(coarse.voxels.map { $0 ? 1 : 0 }, outside: 0)
        #expect(back.grid == scan.grid)
        let wrong = zip(back.voxels, ball.voxels).filter { ($0 >= 0.5) != $1 }.count
        #expect(Double(wrong) < 0.1 * Double(ball.count))
    }
}
