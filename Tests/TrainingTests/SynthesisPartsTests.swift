import BrainData
import Foundation
import NeuralNet
import Testing

@testable import Training

@Suite struct SynthesisPartsTests {
    @Test func fieldsHaveMeanZeroAndVarianceOne() {
        var (sum, squares) = (0.0, 0.0)
        let count = 4000
        var random = SplitMix(seed: 1)
        let field = SmoothField(scale: 4, from: [0, 0, 0], to: [160, 160, 160], &random)
        for _ in 0..<count {
            let place = SIMD3(random.uniform(), random.uniform(), random.uniform()) * 160
            let value = Double(field(place))
            sum += value
            squares += value * value
        }
        #expect(abs(sum / Double(count)) < 0.06)
        // Linear interpolation takes a little off between the lattice's points.
        #expect((0.65...1.05).contains(squares / Double(count)))
    }

    @Test func rowsAreTheFieldItself() {
        var random = SplitMix(seed: 2)
        let field = SmoothField(scale: 7, from: [-10, -10, -10], to: [10, 10, 10], &random)
        let grid = Grid(size: [9, 7, 5], affine: Affine(spacing: [2, 2, 2], origin: [-8, -6, -5]))
        var rows = FieldRows(field, on: grid)
        var row = [Float](repeating: 0, count: 9)
        for k in 0..<5 {
            for j in 0..<7 {
                row.withUnsafeMutableBufferPointer { rows.read(j, k, into: $0.baseAddress!) }
                for i in 0..<9 {
                    let place = grid.affine(SIMD3(Double(i), Double(j), Double(k)))
                    #expect(abs(row[i] - field(place)) < 1e-5)
                }
            }
        }
    }

    @Test func noiseIsWhiteAndNormalEnough() {
        var random = SplitMix(seed: 3)
        let noise = WhiteNoise(&random)
        let values = (0..<20_000).map { Double(noise($0)) }
        let mean = values.reduce(0, +) / 20_000, variance = values.reduce(0) { $0 + $1 * $1 } / 20_000
        let beside = zip(values, values.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / 20_000
        #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.05 && abs(beside) < 0.03)
    }

    @Test(arguments: 0..<3) func filtersKeepAConstantAndBlurAPoint(axis: Int) {
        let size = SIMD3(11, 9, 7), count = 11 * 9 * 7
        let constant = [Float](repeating: 3, count: count)
        for filter in [
            AxisFilter.blur(length: size[axis], sigma: 0.8),
            .slices(length: size[axis], thickness: 3.3, phase: 0.4),
        ] {
            #expect(filter.applied(to: constant, size: size, axis: axis).allSatisfy { abs($0 - 3) < 1e-5 })
        }
        var point = [Float](repeating: 0, count: count)
        let middle = 5 + 11 * (4 + 9 * 3), step = [1, 11, 99][axis]
        point[middle] = 1
        let blurred = AxisFilter.blur(length: size[axis], sigma: 0.8).applied(to: point, size: size, axis: axis)
        #expect(abs(blurred[middle + step] / blurred[middle] - Float(exp(-0.5 / 0.64))) < 1e-5)
        #expect(abs(blurred.reduce(0, +) - 1) < 2e-3)  // the end of the shortest axis is within reach
    }

    @Test func slicesAreLinearInBetween() {
        let line = (0..<30).map { Float($0) }
        let filter = AxisFilter.slices(length: 30, thickness: 5, phase: 0.5)
        let result = filter.applied(to: line, size: [30, 1, 1], axis: 0)
        for n in 6..<22 { #expect(abs(result[n] - line[n]) < 0.1) }
        let second = zip(result.dropFirst(2), zip(result.dropFirst(), result)).map { $0 - 2 * $1.0 + $1.1 }
        #expect(second.filter { abs($0) > 1e-3 }.count <= 8)  // one for each slice
    }

    @Test func aFrontGrowsABallAndStopsAtWalls() {
        let size = SIMD3(21, 21, 21)
        let ball = GrowthFront(from: [10 + 21 * (10 + 21 * 10)], reaching: 1500, size: size) { _ in 1 }
        #expect(ball.reached.count == 1500)
        #expect(ball.times == ball.times.sorted())
        let radius = cbrt(1500 * 3 / (4 * Double.pi))
        for n in ball.reached.map(Int.init) {
            let away = SIMD3(Double(n % 21), Double(n / 21 % 21), Double(n / 441)) - 10
            #expect((away * away).sum().squareRoot() < 1.25 * radius)
        }
        let walled = GrowthFront(from: [10 + 21 * (10 + 21 * 10)], reaching: 9000, size: size) {
            $0 % 21 < 12 ? 1 : .infinity
        }
        #expect(walled.reached.allSatisfy { $0 % 21 < 12 })
        #expect(walled.reached.count > 10 * 19 * 19)
    }

    @Test func aSwellingBallPushesAsTheFormulaSays() {
        let grid = Grid(size: [60, 60, 60], affine: Affine(spacing: [2, 2, 2], origin: [-59, -59, -59]))
        func radius(_ n: Int) -> Double {
            let place = grid.affine(SIMD3<Double>(grid.voxel(at: n)))
            return (place * place).sum().squareRoot()
        }
        let core = (0..<grid.count).filter { radius($0) < 15 }.map(Int32.init)
        let brain = (0..<grid.count).map { radius($0) < 55 }
        let push = MassEffect(of: core, in: brain, on: grid, share: 0.6).fields
        for distance in [20.0, 28, 36] {
            let expected = 0.6 * 15 * 15 * 15 / (3 * distance * distance)
            #expect(abs(Double(push[0]([distance, 0, 0])) / expected - 1) < 0.2)
            #expect(abs(Double(push[2]([0, 0, -distance])) / expected + 1) < 0.2)
            #expect(abs(push[1]([distance, 0, 0])) < 0.1)
        }
        #expect(abs(push[0]([58, 0, 0])) < 0.05)
    }

    @Test func aTiltedHeadIsTurnedUpright() {
        let grid = Grid(size: [40, 40, 40], affine: Affine(spacing: [4, 4, 4], origin: [-78, -78, -78]))
        let tilt = Deformation.rotation(by: 30 * .pi / 180, about: 0)
        let back = Deformation.rotation(by: -30 * .pi / 180, about: 0)
        let long = Mask(
            grid: grid,
            voxels: (0..<grid.count).map { n in
                let place = back(grid.affine(SIMD3<Double>(grid.voxel(at: n)))) / SIMD3(40, 70, 45)
                return (place * place).sum() < 1
            })
        let turn = Pose.turn(of: long)
        let aligned = Deformation.rotation(by: 8 * .pi / 180, about: 0)([0, 1, 0])
        let away = turn(aligned) - tilt([0, 1, 0])
        #expect((away * away).sum() < 1e-3)
        let ball = Mask(grid: grid, voxels: (0..<grid.count).map { _ in false })
        #expect(Pose.turn(of: ball) == Affine(spacing: [1, 1, 1]))
    }
}
