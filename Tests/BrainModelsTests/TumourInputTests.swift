import BrainData
import BrainModels
import NeuralNet
import Testing

@Suite struct TumourInputTests {
    private let contract = TumourInput.Contract()

    @Test func contrastsComeInTheContractsOrderNormalisedOverTheBrain() throws {
        let input = try TumourInput([.t2: Phantom.scan(seed: 1), .flair: Phantom.scan(seed: 2)], for: contract)
        #expect(contract.contrasts == [.flair, .t1, .t1ce, .t2])
        #expect(input.channels.map { $0 != nil } == [true, false, false, true])
        #expect(input.grid.orientation == .ras)
        #expect(input.source == Phantom.scan(seed: 1).grid)
        for channel in input.channels.compactMap(\.self) {
            let inside = zip(channel, input.brain.voxels).filter(\.1).map { Double($0.0) }
            let mean = inside.reduce(0, +) / Double(inside.count)
            let variance = inside.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(inside.count)
            #expect(abs(mean) < 1e-4 && abs(variance - 1) < 1e-3)
        }
        #expect(input.steps.contains { $0.contains("LPS") && $0.contains("RAS") })
        #expect(input.steps.contains { $0.contains("brain") })
    }

    @Test func aMapReturnsToThePlaceItCameFrom() throws {
        let input = try TumourInput([.flair: Phantom.scan(seed: 3)], for: contract)
        let restored = try input.restored([Float](repeating: 1, count: input.grid.count))
        #expect(restored.grid == input.source)
        let box = Phantom.box
        #expect(restored[box.lower.x, box.lower.y, box.lower.z] == 1)
        #expect(restored[box.upper.x - 1, box.upper.y - 1, box.upper.z - 1] == 1)
        #expect(restored[0, 0, 0] == 0 && restored[29, 33, 27] == 0)
        // A truth goes the same way in.
        let truth = Mask(grid: restored.grid, voxels: restored.voxels.map { $0 > 0.5 })
        #expect(try input.prepared(truth).count == input.grid.count)
    }

    @Test func aScanWithItsSkullLosesShadingAndTheRimOfTheMask() throws {
        let scan = Phantom.scan(seed: 3)
        let mask = try #require(BrainMask.stripped(scan))
        let stripped = try TumourInput([.flair: scan], brain: (mask, .stripped), for: contract)
        let head = try TumourInput([.flair: scan], brain: (mask, .network), for: contract)
        #expect(stripped.brain.count == mask.count)
        #expect(head.brain.count == mask.eroded(millimetres: 4).count)
        #expect(head.steps.contains { $0.contains("bias field") })
        #expect(!stripped.steps.contains { $0.contains("bias field") })
    }

    @Test func theChannelsVoxelsAreTheScans() throws {
        let scan = Phantom.scan(seed: 4)
        let input = try TumourInput([.t1: scan], for: contract)
        let channel = try #require(input.channels[1])
        let back = try input.restored(channel)
        // Normalising is a line: two voxels fix it, and a third must lie on it.
        let (a, b, c) = ((6, 7, 8), (20, 20, 20), (12, 25, 9))
        func at(_ volume: Volume, _ voxel: (Int, Int, Int)) -> Float { volume[voxel.0, voxel.1, voxel.2] }
        let slope = (at(back, a) - at(back, b)) / (at(scan, a) - at(scan, b))
        #expect(abs(at(back, a) + slope * (at(scan, c) - at(scan, a)) - at(back, c)) < 1e-3)
    }

    @Test func otherSpacingIsResampledAndComesBack() throws {
        let scan = Phantom.scan(seed: 5, spacing: 2)
        let input = try TumourInput([.flair: scan], for: contract)
        #expect((0..<3).allSatisfy { abs(input.grid.affine.spacing[$0] - 1) < 1e-6 })
        #expect(input.steps.contains { $0.contains("resampled") })
        let restored = try input.restored([Float](repeating: 1, count: input.grid.count))
        #expect(restored.grid == scan.grid)
        #expect(restored[14, 16, 14] == 1)
        #expect(restored[0, 0, 0] == 0)
    }

    @Test func aContrastOnAnotherGridIsResampledWithAWarning() throws {
        let moved = Phantom.scan(seed: 6, origin: [-9.5, 20, 5])
        let input = try TumourInput([.flair: Phantom.scan(seed: 7), .t2: moved], for: contract)
        #expect(input.warnings.contains { $0.contains("T2") && $0.contains("resampled") })
        #expect(input.channels[3] != nil)
    }

    @Test func voxelsThatAreNoNumbersAreSetToZeroWithAWarning() throws {
        var scan = Phantom.scan(seed: 8)
        scan[10, 10, 10] = .nan
        let input = try TumourInput([.flair: scan], for: contract)
        #expect(input.warnings.contains { $0.contains("NaN") })
        #expect(input.channels[0]?.contains { !$0.isFinite } == false)
    }

    @Test func whatCannotBePreparedIsRefused() throws {
        #expect(throws: ImagingError.self) { try TumourInput([:], for: contract) }
        let far = Phantom.scan(seed: 9, origin: [500, 500, 500])
        #expect { try TumourInput([.flair: Phantom.scan(seed: 9), .t1: far], for: contract) } throws: {
            "\($0)".contains("do not overlap")
        }
        let one = Phantom.scan(seed: 10)
        let series = Volume(grid: one.grid, frames: 2, voxels: one.voxels + one.voxels)
        #expect(throws: ImagingError.self) { try TumourInput([.flair: series], for: contract) }
        let empty = Volume(grid: one.grid, voxels: one.voxels.map { _ in 0 })
        #expect(throws: ImagingError.self) { try TumourInput([.flair: empty], for: contract) }
    }

    @Test func aTensorHoldsVolumesWithTheirAxesInOrder() throws {
        let size: SIMD3<Int> = [2, 3, 4]
        let voxels = (0..<24).map(Float.init)
        let tensor = try Tensor(channels: [nil, voxels], size: size)
        #expect(tensor.shape == [1, 2, 2, 3, 4])
        let volume = try tensor.selecting(0, along: 0)
        #expect(try volume.selecting(0, along: 0).floats().allSatisfy { $0 == 0 })
        let second = try volume.selecting(1, along: 0)
        #expect(
            try second.narrowed(0, from: 1, length: 1).narrowed(1, from: 2, length: 1)
                .narrowed(2, from: 3, length: 1).floats() == [Float(1 + 2 * (2 + 3 * 3))])
        #expect(try second.voxels() == voxels)
    }
}
