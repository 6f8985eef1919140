import BrainData
import Foundation
import Testing

/// A ball of two tissues, shaded by a known field.
@Suite struct BiasFieldTests {
    private let grid = Grid(size: SIMD3(40, 44, 36), affine: Affine(spacing: SIMD3(repeating: 4)))

    private func ball() -> Mask {
        var mask = Mask(grid: grid, voxels: .init(repeating: false, count: grid.count))
        forEachVoxel { index, place in mask.voxels[index] = norm(place) < 1 }
        return mask
    }

    /// Calls with each voxel's index and its place, from −1 to 1 over the ball.
    private func forEachVoxel(_ body: (Int, SIMD3<Double>) -> Void) {
        var index = 0
        for k in 0..<grid.size.z {
            for j in 0..<grid.size.y {
                for i in 0..<grid.size.x {
                    body(index, (SIMD3(Double(i), Double(j), Double(k)) - SIMD3(19.5, 21.5, 17.5)) / 16)
                    index += 1
                }
            }
        }
    }

    private func norm(_ place: SIMD3<Double>) -> Double { (place * place).sum().squareRoot() }

    /// White matter of 100 beside grey matter of 80 in stripes far finer than any field.
    private func scan(shaded: (SIMD3<Double>) -> Double) -> Volume {
        var scan = Volume(grid: grid, voxels: .init(repeating: 0, count: grid.count))
        forEachVoxel { index, place in
            let tissue = (index % 40 / 2) % 2 == 0 ? 100.0 : 80.0
            scan.voxels[index] = norm(place) < 1.3 ? Float(tissue * shaded(place)) : 0
        }
        return scan
    }

    /// Highest over lowest mean of white matter among the ball's eight octants.
    private func unevenness(_ scan: Volume, in mask: Mask) -> Double {
        var (sums, counts) = ([Double](repeating: 0, count: 8), [Double](repeating: 0, count: 8))
        forEachVoxel { index, place in
            guard mask.voxels[index], (index % 40 / 2) % 2 == 0 else { return }
            let octant = (place.x > 0 ? 1 : 0) + (place.y > 0 ? 2 : 0) + (place.z > 0 ? 4 : 0)
            sums[octant] += Double(scan.voxels[index])
            counts[octant] += 1
        }
        let means = zip(sums, counts).map { $0 / $1 }
        return (means.max() ?? 0) / (means.min() ?? 1)
    }

    @Test func shadingGoesAndTissuesStay() throws {
        let shaded = scan { exp(0.3 * $0.z + 0.2 * $0.x) }
        let corrected = try shaded.biasCorrected(over: ball())
        #expect(unevenness(shaded, in: ball()) > 1.35)
        #expect(unevenness(corrected, in: ball()) < 1.06)
        // The two tissues of a pair of neighbours are as far apart as they were.
        let middle = 20 + 40 * (22 + 44 * 18)
        let (white, grey) = (corrected.voxels[middle], corrected.voxels[middle + 2])
        #expect(abs(white / grey - 1.25) < 0.02)
        #expect(abs(white / 100 - 1) < 0.15)
    }

    @Test func anEvenScanStaysAsItIs() throws {
        let even = scan { _ in 1 }
        let corrected = try even.biasCorrected(over: ball())
        #expect(zip(even.voxels, corrected.voxels).allSatisfy { abs($0 - $1) <= 0.03 * $0 })
    }

    @Test func aBrightLesionDoesNotPullTheField() throws {
        var lesion = scan { _ in 1 }
        forEachVoxel { index, place in
            if norm(place - SIMD3(0.5, 0, 0)) < 0.3 { lesion.voxels[index] = 250 }
        }
        let corrected = try lesion.biasCorrected(over: ball())
        let inside = 27 + 40 * (22 + 44 * 18)
        #expect(lesion.voxels[inside] == 250)
        #expect(corrected.voxels[inside] > 240)
    }

    @Test func aScanWithoutSignalComesBackAndAnotherGridIsRefused() throws {
        let empty = Volume(grid: grid, voxels: .init(repeating: 0, count: grid.count))
        #expect(try empty.biasCorrected(over: ball()).voxels == empty.voxels)
        let other = Mask(
            grid: Grid(size: SIMD3(2, 2, 2), affine: grid.affine), voxels: .init(repeating: true, count: 8))
        #expect(throws: ImagingError.self) { try empty.biasCorrected(over: other) }
    }
}
