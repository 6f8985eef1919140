import Foundation
import NeuralNet
import Testing

@testable import BrainModels

/// Maps between scans: composed, followed, inverted, differentiated.
@Suite struct FlowFieldTests {
    init() { Engine.setThreads(1) }

    /// A field from a function of the place.
    static func field(_ sides: [Int], _ u: (Double, Double, Double) -> [Double]) throws -> FlowField {
        var values = [Float](repeating: 0, count: 3 * sides.reduce(1, *))
        var n = 0
        for i in 0..<sides[0] {
            for j in 0..<sides[1] {
                for k in 0..<sides[2] {
                    for (axis, value) in u(Double(i), Double(j), Double(k)).enumerated() {
                        values[axis * sides.reduce(1, *) + n] = Float(value)
                    }
                    n += 1
                }
            }
        }
        return FlowField(try Tensor(values, shape: [1, 3] + sides))
    }

    /// A bump of at most `height` voxels that is 0 near the borders of a cube.
    private static func bump(_ side: Int, height: Double) throws -> FlowField {
        let middle = Double(side - 1) / 2
        return try field([side, side, side]) { i, j, k in
            let square = pow(i - middle, 2) + pow(j - middle, 2) + pow(k - middle, 2)
            let size = height * exp(-square / Double(side))
            return [size, -size / 2, size / 3]
        }
    }

    private func inner(_ x: Tensor, _ margin: Int) throws -> [Float] {
        var x = x
        for axis in 2...4 { x = try x.narrowed(axis, from: margin, length: x.shape[axis] - 2 * margin) }
        return try x.floats()
    }

    @Test func compositionAddsWhatTheSecondSaysAtTheFirstsEnd() throws {
        // The first moves one voxel along i; the second doubles distances from the origin along i.
        let first = try Self.field([6, 2, 2]) { _, _, _ in [1, 0, 0] }
        let second = try Self.field([6, 2, 2]) { i, _, _ in [i, 0, 0] }
        let found = try second.composed(after: first).displacements.narrowed(1, from: 0, length: 1)
            .narrowed(3, from: 0, length: 1).narrowed(4, from: 0, length: 1).floats()
        // x + 1 + (x + 1) for x in 0 ... 4; the last voxel's end lies outside, where the second is 0.
        #expect(found == [2, 3, 4, 5, 6, 1])
    }

    @Test func warpingTakesImagesAndLabels() throws {
        let half = try Self.field([1, 1, 4]) { _, _, _ in [0, 0, 0.75] }
        let x = try Tensor([0, 4, 8, 12], shape: [1, 1, 1, 1, 4])
        #expect(try half.warp(x).floats() == [3, 7, 11, 3])
        #expect(try half.warp(x, .nearest).floats() == [4, 8, 12, 0])
    }

    @Test func aConstantVelocityIsFollowedToItself() throws {
        let velocity = try Self.field([16, 3, 3]) { _, _, _ in [2.5, 0, 0] }.displacements
        let whole = try FlowField(velocity: velocity).displacements
        let far = try whole.narrowed(2, from: 0, length: 10).narrowed(1, from: 0, length: 1).floats()
        #expect(far.allSatisfy { abs($0 - 2.5) < 1e-5 })
        let none = try FlowField(velocity: velocity, squarings: 0)
        #expect(try none.displacements.floats() == velocity.floats())
    }

    @Test func aLinearVelocityGrowsAsTheExponential() throws {
        // dx/dt = a (x - m) leads to m + (x - m) exp(a) after a unit of time.
        let (a, middle) = (0.2, 15.0)
        let velocity = try Self.field([31, 2, 2]) { i, _, _ in [a * (i - middle), 0, 0] }.displacements
        let found = try FlowField(velocity: velocity, squarings: 10).displacements
            .narrowed(1, from: 0, length: 1).narrowed(3, from: 0, length: 1).narrowed(4, from: 0, length: 1).floats()
        for i in 5...25 {
            let expected = (Double(i) - middle) * (exp(a) - 1)
            #expect(abs(Double(found[i]) - expected) < 2e-3, "\(i)")
        }
    }

    @Test func followingTheNegativeVelocityGoesBack() throws {
        let velocity = try Self.bump(20, height: 2).displacements
        let there = try FlowField(velocity: velocity)
        let back = try FlowField(velocity: velocity.scaled(by: -1))
        let round = try inner(there.composed(after: back).displacements, 3)
        #expect(round.allSatisfy { abs($0) < 0.1 }, "but for interpolation")
        #expect(try there.foldedShare() == 0)
    }

    @Test func theInverseUndoesTheMap() throws {
        let there = try Self.bump(20, height: 1.5)
        let back = try there.inverse()
        #expect(try inner(there.composed(after: back).displacements, 3).allSatisfy { abs($0) < 2e-3 })
        let other = try inner(back.composed(after: there).displacements, 3)
        #expect(other.allSatisfy { abs($0) < 0.15 }, "but for interpolation")
        let shift = try Self.field([12, 2, 2]) { _, _, _ in [3, 0, 0] }.inverse().displacements
        let far = try shift.narrowed(1, from: 0, length: 1).narrowed(2, from: 4, length: 8).floats()
        #expect(far.allSatisfy { abs($0 + 3) < 1e-5 })
    }

    @Test(arguments: [FlowField.Differences.central, .forward])
    func theDeterminantOfALinearMapIsItsOwn(differences: FlowField.Differences) throws {
        // x + u = A x with det A = 1.5 (2 · 1.25 − 0.5 · 0.25) − 0.1 (…): worked out below.
        let a = [[1.5, 0.1, 0.2], [0.5, 2, 0.25], [-0.3, 0.5, 1.25]]
        let map = try Self.field([4, 3, 5]) { i, j, k in
            (0..<3).map { row in a[row][0] * i + a[row][1] * j + a[row][2] * k - [i, j, k][row] }
        }
        let expected =
            1.5 * (2 * 1.25 - 0.25 * 0.5) - 0.1 * (0.5 * 1.25 - 0.25 * -0.3) + 0.2 * (0.5 * 0.5 - 2 * -0.3)
        let found = try map.jacobianDeterminants(differences)
        #expect(found.shape == (differences == .central ? [1, 1, 4, 3, 5] : [1, 1, 3, 2, 4]))
        #expect(try found.floats().allSatisfy { abs(Double($0) - expected) < 1e-4 })
    }

    @Test func centralDifferencesAreOneSidedAtTheBorders() throws {
        let map = try Self.field([4, 2, 2]) { i, _, _ in [i * i, 0, 0] }
        let found = try map.jacobianDeterminants().narrowed(3, from: 0, length: 1).narrowed(4, from: 0, length: 1)
        #expect(try found.floats() == [2, 3, 5, 6], "1 + the slopes 1, 2, 4 and 5")
    }

    @Test func foldsAreCounted() throws {
        let still = try Self.field([4, 4, 4]) { _, _, _ in [0, 0, 0] }
        #expect(try still.foldedShare() == 0)
        // Along i the places become 0, 1, -1, 3: they turn back once.
        let folded = try Self.field([4, 2, 2]) { i, _, _ in [i == 2 ? -3 : 0, 0, 0] }
        #expect(try folded.jacobianDeterminants().floats().count { $0 <= 0 } == 4)
        #expect(try folded.foldedShare() == 0.25)
        #expect(try Self.field([3, 3, 3]) { _, _, k in [0, 0, -2 * k] }.foldedShare() == 1, "mirrored")
    }
}

/// Affine maps in the coordinates of the published network.
@Suite struct AffineMapTests {
    init() { Engine.setThreads(1) }

    @Test func theIdentityReadsEveryVoxelAtItself() throws {
        let identity = AffineMap(try Tensor([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], shape: [1, 3, 4]))
        let places = try identity.places([2, 3, 4]).floats()
        for n in 0..<24 {
            let expected = [n / 12, n / 4 % 3, n % 4].map(Float.init)
            for axis in 0..<3 { #expect(abs(places[axis * 24 + n] - expected[axis]) < 1e-5) }
        }
        let x = try Golden.waves([1, 2, 2, 3, 4], fast: 0.7, slow: 1.9)
        #expect(try identity.warp(x).largestDifference(to: x) < 1e-5)
    }

    @Test func aShiftOfTheFirstCoordinateMovesAlongK() throws {
        // One voxel of four is half a unit of the coordinate.
        let shift = AffineMap(try Tensor([1, 0, 0, 0.5, 0, 1, 0, 0, 0, 0, 1, 0], shape: [1, 3, 4]))
        let x = try Tensor([1, 2, 3, 4], shape: [1, 1, 1, 1, 4])
        let found = try shift.warp(x).floats()
        #expect(zip(found, [2, 3, 4, 0]).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test func theInverseUndoesTheMap() throws {
        let rows: [Float] = [1.1, 0.2, -0.1, 0.3, -0.2, 0.9, 0.05, -0.1, 0.1, 0.3, 1.2, 0.2]
        let map = AffineMap(try Tensor(rows + rows.map { $0 * 2 }, shape: [2, 3, 4]))
        let last = try Tensor([0, 0, 0, 1, 0, 0, 0, 1], shape: [2, 1, 4])
        let product = try map.matrix.appending(last, along: 1).matmul(
            map.inverse().matrix.appending(last, along: 1)
        ).floats()
        for n in 0..<32 { #expect(abs(product[n] - (n % 16 % 5 == 0 ? 1 : 0)) < 1e-5) }
    }

    @Test func turnsComeBeforeScaleAndShear() throws {
        func matrix(_ angles: [Float], _ scales: [Float], _ shears: [Float]) throws -> [Float] {
            try TransMorphAffine.matrix(
                angles: Tensor(angles, shape: [1, 3]), scales: Tensor(scales, shape: [1, 3]),
                shears: Tensor(shears, shape: [1, 6])
            ).floats()
        }
        let none: [Float] = [0, 0, 0, 0, 0, 0]
        #expect(try matrix([0, 0, 0], [1, 2, 3], none) == [1, 0, 0, 0, 2, 0, 0, 0, 3])
        let quarter = try matrix([0, 0, .pi / 2], [2, 1, 1], none)
        #expect(zip(quarter, [0, 2, 0, -1, 0, 0, 0, 0, 1]).allSatisfy { abs($0 - $1) < 1e-6 })
        let sheared = try matrix([0, 0, 0], [1, 1, 1], [.pi / 4, 0, 0, 0, 0, 0])
        #expect(zip(sheared, [1, 0, 0, 1, 1, 0, 0, 0, 1]).allSatisfy { abs($0 - $1) < 1e-6 })
    }
}
