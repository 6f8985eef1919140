import BrainData
import TestSupport
import Testing

@testable import BrainModels

@Suite struct ScanSlicesTests {
    /// A box of 90 × 120 × 80 mm, brighter to the right, to the front and to the top, in air.
    private func scan(_ codes: String, spacing: SIMD3<Double> = [1, 1, 1]) throws -> (Volume, Mask) {
        let size = SIMD3<Int>(Int(120 / spacing.x), Int(150 / spacing.y), Int(110 / spacing.z))
        let grid = Grid(size: size, affine: Affine(spacing: spacing))
        var (voxels, brain) = ([Float](repeating: 0, count: grid.count), [Bool](repeating: false, count: grid.count))
        for n in 0..<grid.count {
            let at = grid.affine(SIMD3<Double>(grid.voxel(at: n))) - SIMD3(15, 15, 15)
            guard all(at .>= .zero), all(at .<= SIMD3(90, 120, 80)) else { continue }
            voxels[n] = Float(100 + at.x + 10 * at.y / 12 + at.z)
            brain[n] = true
        }
        let orientation = try Orientation(codes)
        return (
            Volume(grid: grid, voxels: voxels).reoriented(to: orientation),
            Mask(grid: grid, voxels: brain).reoriented(to: orientation)
        )
    }

    private var contract: SliceInput.Contract { .init(side: 64, views: SliceCollection.planes) }

    private func corner(_ slice: Volume, _ column: Double, _ row: Double) -> Float {
        slice[Int(column * Double(slice.grid.size.x - 1)), Int(row * Double(slice.grid.size.y - 1)), 0]
    }

    @Test(arguments: ["RAS", "LPS", "ASR", "SLP"])
    func slicesAreTurnedAsThoseOfOASISWhateverTheScan(codes: String) throws {
        let (scan, brain) = try scan(codes), slices = try ScanSlices.cut(scan, brain: brain, contract)
        #expect(slices.map { [$0.grid.size.x, $0.grid.size.y] } == [[120, 150], [120, 110], [150, 110]])
        // Axial: the front on top, the right on the left. Coronal: the right on the right. Sagittal: the front on the right.
        #expect(corner(slices[0], 0.5, 0.3) > corner(slices[0], 0.5, 0.7))
        #expect(corner(slices[0], 0.3, 0.5) > corner(slices[0], 0.7, 0.5))
        #expect(corner(slices[1], 0.5, 0.4) > corner(slices[1], 0.5, 0.7))
        #expect(corner(slices[1], 0.7, 0.5) > corner(slices[1], 0.3, 0.5))
        #expect(corner(slices[2], 0.5, 0.4) > corner(slices[2], 0.5, 0.7))
        #expect(corner(slices[2], 0.7, 0.5) > corner(slices[2], 0.3, 0.5))
        let first = try ScanSlices.cut(try self.scan("RAS").0, brain: try self.scan("RAS").1, contract)
        for (own, other) in zip(slices, first) {
            #expect(zip(own.voxels, other.voxels).allSatisfy { abs($0 - $1) < 1e-2 }, "\(codes)")
        }
    }

    /// Where the planes cut the box: the value there says so.
    @Test func planesLieWhereThoseOfOASISDo() throws {
        let (scan, brain) = try scan("RAS", spacing: [1, 1, 2])
        let slices = try ScanSlices.cut(scan, brain: brain, contract)
        let at = SIMD3(0.56 * 90, 0.535 * 120, 80 - 0.365 * 120)
        let middle = Float(100 + at.x + 10 * at.y / 12 + at.z)
        // 15 mm of air lie before the box, and columns of the axial slice run to the left.
        #expect(abs(slices[0][119 - Int(15 + at.x), 149 - Int(15 + at.y), 0] - middle) < 3)
        #expect(abs(slices[1][Int(15 + at.x), slices[1].grid.size.y - 1 - Int(15 + at.z), 0] - middle) < 4)
        #expect(abs(slices[2][Int(15 + at.y), slices[2].grid.size.y - 1 - Int(15 + at.z), 0] - middle) < 4)
        let box = try #require(ScanSlices.extent(of: brain))
        #expect(abs(box.upper.x - box.lower.x - 90) < 1e-9 && abs(box.upper.y - box.lower.y - 120) < 1e-9)
    }

    @Test func theHeadIsTakenOffWhereTheNetworkKnowsBrains() throws {
        var (scan, brain) = try scan("RAS")
        for n in scan.voxels.indices where !brain.voxels[n] { scan.voxels[n] = 50 }
        var contract = contract
        #expect(try ScanSlices.cut(scan, brain: brain, contract)[0].voxels.min() ?? 0 > 40)
        contract.isExtracted = true
        #expect(try ScanSlices.cut(scan, brain: brain, contract)[0].voxels[0] == 0)
        contract.views = ["slice"]
        let one = try ScanSlices.cut(scan, brain: brain, contract)
        #expect(one.count == 1 && one[0].grid.size == SIMD3(120, 150, 1))
        #expect(try SliceInput.values(slices: one, contract).count == 64 * 64)
    }

    @Test func whatIsNoBrainIsRefused() throws {
        let (scan, brain) = try scan("RAS")
        let nothing = Mask(grid: brain.grid, voxels: .init(repeating: false, count: brain.voxels.count))
        #expect(throws: ImagingError.self) { try ScanSlices.cut(scan, brain: nothing, contract) }
        #expect(throws: ImagingError.self) {
            try ScanSlices.cut(scan, brain: brain, .init(side: 32, views: ["axial", "oblique"]))
        }
        #expect(throws: ImagingError.self) { try SliceInput.values(slices: [scan], contract) }
    }
}
