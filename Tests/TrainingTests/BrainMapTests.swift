import BrainData
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite struct BrainMapTests {
    private let map: BrainMap

    init() throws { map = try BrainMap(ToyBrains.brain(0.8), path: "maps/two.nii.gz") }

    /// The structure at a place of the common frame.
    private func structure(_ place: SIMD3<Double>) -> BrainStructure? {
        let voxel = SIMD3<Int>(map.fromFrame(place).rounded(.toNearestOrAwayFromZero))
        let size = map.grid.size
        guard all(voxel .>= 0) && all(voxel .< size) else { return nil }
        return BrainStructure(rawValue: map.voxels[voxel.x + size.x * (voxel.y + size.y * voxel.z)])
    }

    @Test func everyBrainFillsTheSameBoxOfTheFrame() throws {
        #expect(map.name == "two")
        let other = try BrainMap(ToyBrains.brain(1), path: "one.nii")
        for axis in 0..<3 {
            for (map, sign) in [(map, 1.0), (map, -1), (other, 1), (other, -1)] {
                var place = SIMD3<Double>.zero
                place[axis] = sign * BrainMap.box[axis] / 2
                // The edge of the brain, seen from its middle, within a voxel.
                let (edge, middle) = (map.fromFrame(place), map.fromFrame(.zero))
                let far = ((edge - middle) * (edge - middle)).sum().squareRoot()
                #expect((20...32).contains(far), "\(axis)")
            }
        }
        #expect(structure(.zero) == .leftWhiteMatter)
        #expect(structure([0, 82, 0]) == .leftCortex || structure([0, 82, 0]) == .fluid)
        #expect(structure([0, 120, 0]).map { $0 == .outside } ?? true)
    }

    @Test func sidesStayApart() {
        // Right of the middle lies label 10, left of it 43.
        let scale = BrainMap.box.x / 48
        #expect(structure([8 * scale, 0, 0]) == .thalamus)
        let left = stride(from: -40.0, to: 0, by: 1).contains { structure([$0, 8, 0]) == .rightVentricle }
        #expect(left)
    }

    @Test func numbersMeanStructures() {
        let known: [(UInt16, BrainStructure)] = [
            (0, .outside), (2, .leftWhiteMatter), (41, .rightWhiteMatter), (1030, .leftCortex), (42, .rightCortex),
            (31, .leftVentricle), (43, .rightVentricle), (8, .leftCerebellarCortex), (46, .cerebellarWhiteMatter), (49, .thalamus),
            (11, .caudate), (58, .accumbens), (51, .putamen), (13, .pallidum), (53, .hippocampus), (18, .amygdala),
            (60, .ventralDiencephalon), (14, .thirdVentricle), (15, .fourthVentricle), (16, .brainstem),
            (24, .fluid), (502, .fluid), (47, .rightCerebellarCortex),
        ]
        for (label, structure) in known { #expect(BrainStructure(freeSurfer: label) == structure, "\(label)") }
        #expect(Set(known.map(\.1)).count == BrainStructure.allCases.count)
        #expect(BrainStructure.compared.count == BrainStructure.allCases.count - 2)
        #expect(BrainStructure.allCases.allSatisfy { $0.tissue != .air })
    }

    @Test func whatIsNoBrainIsRefused() {
        let empty = LabelMap(grid: ToyHead.grid, voxels: [UInt16](repeating: 0, count: ToyHead.grid.count))
        #expect(throws: ImagingError.self) { try BrainMap(empty, path: "a.nii") }
        #expect(BrainMap.name(of: "/x.y/brain_1.nii.gz") == "brain_1")
    }

    /// Without fields and jitter a place is looked up where the frame says, and corners lie around it.
    @Test func deformationsLookStructuresUp() {
        var (anatomy, pairs) = (Synthesis.Anatomy(), RegistrationSettings.Pairs())
        (anatomy.elastic, pairs.fine) = (0, 0)
        var random = SplitMix(seed: 1)
        let none = Affine(spacing: [1, 1, 1])
        let still = PairDeformation(of: map, linear: none, jitter: none, anatomy, pairs, &random)
        let grid = Grid(size: [41, 37, 39], affine: Affine(spacing: [4, 4, 4], origin: [-80, -72, -76]))
        var corners = [UInt8](repeating: 99, count: 4 * grid.count)
        let found = still.structures(on: grid, corners: &corners)
        var seen = 0
        for n in found.indices where n % 7 == 0 {
            let voxel = map.fromFrame(grid.affine(SIMD3<Double>(grid.voxel(at: n))))
            // Places halfway between two voxels may go either way.
            let share = voxel - voxel.rounded(.down) - 0.5
            guard all(share * share .> SIMD3(repeating: 1e-4)) else { continue }
            #expect(found[n] == (structure(grid.affine(SIMD3<Double>(grid.voxel(at: n)))) ?? .outside).rawValue)
            seen += 1
        }
        #expect(seen > 1000)
        #expect(!corners.contains(99))
        let deep = grid.size.x / 2 + grid.size.x * (grid.size.y / 2 + grid.size.y * (grid.size.z / 2))
        #expect(Set(corners[4 * deep..<4 * deep + 4]) == [found[deep]])
        let places = still.places(on: grid)
        for axis in 0..<3 {
            let expected = grid.affine(SIMD3<Double>(grid.voxel(at: deep)))[axis] / 4
            #expect(abs(Double(places[axis * grid.count + deep]) - expected) < 1e-4)
        }
    }
}
