import NeuralNet
import TestSupport
import Testing

/// Volumes read between voxels: by hand, against libtorch's own operation, and against differences.
@Suite struct SamplingTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private func tensor(_ values: [Float], _ shape: [Int]) throws -> Tensor { try Tensor(values, shape: shape) }

    /// The value `i + 10 j + 100 k`, which trilinear interpolation gives back exactly between voxels.
    private func ramp(_ sides: [Int]) throws -> Tensor {
        var values: [Float] = []
        for i in 0..<sides[0] {
            for j in 0..<sides[1] { for k in 0..<sides[2] { values.append(Float(i + 10 * j + 100 * k)) } }
        }
        return try Tensor(values, shape: [1, 1] + sides)
    }

    @Test func aRampIsReadBetweenItsVoxels() throws {
        let places = try tensor([0, 1.5, 2, 0.25, 0, 0.5, 1, 0.75, 0, 2.5, 3, 0.5], [1, 3, 1, 1, 4])
        let found = try ramp([3, 2, 4]).sampled(at: places).floats()
        #expect(agree(found, [0, 256.5, 312, 57.75], within: 1e-4))
    }

    @Test func outsideIsZeroAndTheBorderFadesToIt() throws {
        let x = try Tensor(repeating: 8, shape: [1, 1, 2, 2, 2])
        let i: [Float] = [-1, -0.5, 0, 1.25, 2, 50, .nan, .infinity]
        let zeros = [Float](repeating: 0, count: 16)
        let found = try x.sampled(at: tensor(i + zeros, [1, 3, 1, 1, 8])).floats()
        #expect(found == [0, 4, 8, 6, 0, 0, 0, 0])
        let corner = try x.sampled(at: tensor([-0.5, -0.5, -0.5], [1, 3, 1, 1, 1])).floats()
        #expect(corner == [1], "an eighth of the cube around")
    }

    @Test func theNearestVoxelIsTaken() throws {
        let places = try tensor([0.4, 0.6, 1.4, -0.6, 1.6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [1, 3, 1, 1, 5])
        let found = try tensor([7, 9], [1, 1, 2, 1, 1]).sampled(at: places, .nearest).floats()
        #expect(found == [7, 9, 9, 0, 0])
    }

    @Test func aDisplacementIsCountedFromItsOwnVoxel() throws {
        let x = try ramp([2, 3, 70])
        #expect(try x.warped(by: Tensor(repeating: 0, shape: [1, 3, 2, 3, 70])).floats() == x.floats())
        let along = try Tensor.joined(
            [
                Tensor(repeating: 0, shape: [1, 2, 2, 3, 70]), Tensor(repeating: 1, shape: [1, 1, 2, 3, 70]),
            ], along: 1)
        let moved = try x.warped(by: along)
        #expect(try moved.narrowed(4, from: 0, length: 69).floats() == x.narrowed(4, from: 1, length: 69).floats())
        #expect(try moved.narrowed(4, from: 69, length: 1).floats() == [0, 0, 0, 0, 0, 0])
    }

    @Test func aSmallerGridMayBeAskedFor() throws {
        let found = try ramp([4, 4, 4]).warped(by: Tensor(repeating: 0.5, shape: [1, 3, 1, 1, 2])).floats()
        #expect(found == [55.5, 155.5])
    }

    @Test(arguments: Tensor.Interpolation.allCases)
    func libtorchAgrees(interpolation: Tensor.Interpolation) throws {
        let x = try wavy([2, 3, 7, 9, 66])
        let field = try wavy([2, 3, 7, 9, 66], shift: 5).scaled(by: 3)
        let own = try x.warped(by: field, interpolation)
        let other = try x.warped(by: field, interpolation, usingLibtorch: true)
        #expect(agree(try own.floats(), try other.floats(), within: 2e-5))
        let folded = try x.channelsLastInMemory().warped(by: field, interpolation)
        #expect(try folded.floats() == own.floats(), "the memory's order changes nothing")
    }

    @Test func gradientsAgreeWithLibtorchsAndWithAnyThreads() throws {
        let shape = [2, 2, 20, 6, 70]
        let tensors = ["x": try wavy(shape), "field": try wavy([2, 3, 20, 6, 70], shift: 5).scaled(by: 4)]
        func gradients(threads: Int, usingLibtorch: Bool) throws -> [[Float]] {
            Engine.setThreads(threads)
            let weights = Weights(MemoryFile(tensors), trainable: true)
            try Engine.recordingGradients {
                let y = try weights.tensor("x", shape: shape).warped(
                    by: weights.tensor("field", shape: [2, 3, 20, 6, 70]), usingLibtorch: usingLibtorch)
                try (y * wavy(y.shape, shift: 3)).sum().backward()
            }
            return try weights.parameters.map { try #require(try $0.tensor.gradient()).floats() }
        }
        let one = try gradients(threads: 1, usingLibtorch: false)
        #expect(try gradients(threads: ThreadCount.ofTests, usingLibtorch: false) == one)
        for (own, other) in zip(one, try gradients(threads: ThreadCount.ofTests, usingLibtorch: true)) {
            #expect(agree(own, other, within: 1e-3))
        }
    }

    @Test func gradientsAreDerivatives() throws {
        let (map, places) = ([2, 2, 3, 2, 3], [2, 3, 2, 2, 1])
        try checkGradients(["x": wavy(map), "p": wavy(places, shift: 2)]) {
            try $0.tensor("x", shape: map).sampled(at: $0.tensor("p", shape: places))
        }
        try checkGradients(["x": wavy(map), "u": wavy([2, 3, 3, 2, 3], shift: 2)]) {
            try $0.tensor("x", shape: map).warped(by: $0.tensor("u", shape: [2, 3, 3, 2, 3]))
        }
        try checkGradients(["x": wavy(map)]) {
            try $0.tensor("x", shape: map).warped(by: wavy([2, 3, 3, 2, 3]).converted(to: .float64), .nearest)
        }
    }

    @Test(arguments: [[1, 2, 2, 2, 2], [2, 3, 2, 2, 2], [3, 2, 2, 2]])
    func placesOfAnotherShapeAreRefused(shape: [Int]) throws {
        let x = try Tensor(repeating: 1, shape: [1, 1, 2, 2, 2])
        #expect(throws: NetworkError.self) { try x.sampled(at: Tensor(repeating: 0, shape: shape)) }
    }
}

/// The operations on whole volumes that registration needs.
@Suite struct VolumeOperationTests {
    init() { Engine.setThreads(1) }

    @Test func rollingTurnsAnAxis() throws {
        let x = try Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
        #expect(try x.rolled(by: [1], along: [1]).floats() == [3, 1, 2, 6, 4, 5])
        #expect(try x.rolled(by: [-1, 1], along: [1, 0]).floats() == [5, 6, 4, 2, 3, 1])
        try checkGradients(["x": wavy([2, 3])]) {
            try $0.tensor("x", shape: [2, 3]).rolled(by: [1, 2], along: [0, 1])
        }
    }

    @Test func slicesAreTakenInAnyOrder() throws {
        let x = try Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2])
        #expect(try x.taking([2, 0, 2], along: 0).floats() == [5, 6, 1, 2, 5, 6])
        #expect(try x.taking([1], along: 1).floats() == [2, 4, 6])
        try checkGradients(["x": wavy([3, 2])]) { try $0.tensor("x", shape: [3, 2]).taking([2, 0, 2, 1], along: 0) }
        #expect(throws: NetworkError.self) { try x.taking([3], along: 0) }
    }

    @Test func doublingInterpolatesBetweenCentres() throws {
        let x = try Tensor([0, 4], shape: [1, 1, 1, 1, 2])
        let row = try x.doubled().narrowed(2, from: 0, length: 1).narrowed(3, from: 0, length: 1)
        #expect(try row.floats() == [0, 1, 3, 4])
        #expect(try x.doubled().shape == [1, 1, 2, 2, 4])
        #expect(try x.resized(to: [1, 1, 1]).floats() == [2])
        try checkGradients(["x": wavy([1, 2, 1, 2, 3])]) { try $0.tensor("x", shape: [1, 2, 1, 2, 3]).doubled() }
    }

    @Test func poolingCountsTheZerosAround() throws {
        let x = try Tensor(repeating: 27, shape: [1, 1, 3, 3, 3])
        let corners = [Float](repeating: 8, count: 8)
        #expect(agree(try x.averagePooled(kernel: 3, stride: 2, padding: 1).floats(), corners))
        #expect(try x.averagePooled(kernel: 2, stride: 2).floats() == [27])
        try checkGradients(["x": wavy([1, 2, 3, 4, 3])]) {
            try $0.tensor("x", shape: [1, 2, 3, 4, 3]).averagePooled(kernel: 3, stride: 2, padding: 1)
        }
    }

    @Test func aBoxSumIsTheSumOverItsBox() throws {
        let sides = [4, 3, 5], x = waves([2] + sides)
        let found = try Tensor(x, shape: [1, 2] + sides).boxSum(window: 3).floats()
        var expected: [Float] = []
        for c in 0..<2 {
            for n in 0..<60 {
                let (i, j, k) = (n / 15, n / 5 % 3, n % 5)
                var sum: Float = 0
                for a in max(0, i - 1)...min(3, i + 1) {
                    for b in max(0, j - 1)...min(2, j + 1) {
                        for d in max(0, k - 1)...min(4, k + 1) { sum += x[c * 60 + a * 15 + b * 5 + d] }
                    }
                }
                expected.append(sum)
            }
        }
        #expect(agree(found, expected))
        let ones = try Tensor(repeating: 1, shape: [1, 1, 3, 3, 3]).boxSum(window: 9).floats()
        #expect(ones == [Float](repeating: 27, count: 27))
        try checkGradients(["x": wavy([1, 2, 3, 2, 4])]) {
            try $0.tensor("x", shape: [1, 2, 3, 2, 4]).boxSum(window: 3)
        }
    }

    @Test func instanceNormTreatsEveryChannelByItself() throws {
        let x = try Tensor([1, 3, 10, 10], shape: [1, 2, 1, 1, 2])
        let found = try x.instanceNormalised().floats()
        let one = 1 / Float(1.00001).squareRoot()
        #expect(agree(found, [-one, one, 0, 0], within: 1e-6))
        let large = try wavy([2, 16, 5, 4, 6])
        let last = try large.channelsLastInMemory().instanceNormalised().floats()
        #expect(agree(last, try large.instanceNormalised().floats()), "the memory's order changes nothing")
        try checkGradients(["x": wavy([2, 2, 2, 2, 3])]) {
            try $0.tensor("x", shape: [2, 2, 2, 2, 3]).instanceNormalised()
        }
    }

    @Test func functionsOfEveryNumber() throws {
        let x = try Tensor([-2, 0.5, 3], shape: [3])
        #expect(try x.leakyReLU(slope: 0.25).floats() == [-0.5, 0.5, 3])
        #expect(try x.clamped(to: -1...1).floats() == [-1, 0.5, 1])
        #expect(agree(try x.exp().log().floats(), [-2, 0.5, 3]))
        let circle = try x.sine().squared() + x.cosine().squared()
        #expect(agree(try circle.floats(), [1, 1, 1]))
        #expect(agree(try x.gelu().floats(), [-0.0455003, 0.3457312, 2.9959502]))
        try checkGradients(["x": wavy([7])]) {
            let x = try $0.tensor("x", shape: [7])
            let parts = try [
                x.leakyReLU(), x.gelu(), x.sine(), x.cosine().exp(), x.clamped(to: -0.6...0.6),
                x.squared().scaled(by: 1, plus: 1).log(),
            ]
            return try Tensor.joined(parts, along: 0)
        }
    }

    @Test func anOutlineTakesNoMemoryAndAcceptedNamesAreNoFault() throws {
        let outline = Weights.outline()
        #expect(try outline.tensor("huge", shape: [1 << 20, 1 << 20]).shape == [1 << 20, 1 << 20])
        let weights = Weights(MemoryFile(["a.w": try wavy([2]), "a.index": try wavy([3])]))
        _ = try weights["a"].tensor("w", shape: [2])
        #expect(throws: NetworkError.unusedWeights(["a.index"])) { try weights.finish() }
        weights["a"].accept("index")
        weights["a"].accept("not there")
        try weights.finish()
        #expect(weights.accepted == ["a.index", "a.not there"])
    }
}
