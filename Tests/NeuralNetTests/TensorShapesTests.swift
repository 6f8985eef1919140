import NeuralNet
import Testing

@Suite struct TensorShapesTests {
    private let a: Tensor
    init() throws { a = try Tensor((1...6).map(Float.init), shape: [2, 3]) }

    @Test func reshapingKeepsTheOrder() throws {
        #expect(try a.reshaped([3, 2]).floats() == [1, 2, 3, 4, 5, 6])
        #expect(try a.reshaped([-1]).shape == [6])
        #expect(try a.permuted([1, 0]).reshaped([6]).floats() == [1, 4, 2, 5, 3, 6])
    }

    @Test func partsAreTakenAlongAnAxis() throws {
        #expect(try a.narrowed(1, from: 1, length: 2).floats() == [2, 3, 5, 6])
        #expect(try a.selecting(1, along: 0).floats() == [4, 5, 6])
        #expect(try a.selecting(2, along: 1).shape == [2])
        #expect(try a.selecting(2, along: 1).floats() == [3, 6])
    }

    @Test func partsAreJoined() throws {
        let b = try Tensor([7, 8], shape: [2, 1])
        #expect(try a.appending(b, along: 1).floats() == [1, 2, 3, 7, 4, 5, 6, 8])
        #expect(try Tensor.joined([a, a, a], along: 0).shape == [6, 3])
    }

    @Test func axesOfLengthOneStretch() throws {
        let line = try Tensor([1, 2], shape: [2, 1])
        #expect(try line.expanded(to: [2, 3]).floats() == [1, 1, 1, 2, 2, 2])
    }

    @Test func mirroringTwiceIsNothing() throws {
        #expect(try a.flipped([1]).floats() == [3, 2, 1, 6, 5, 4])
        #expect(try a.flipped([0, 1]).floats() == [6, 5, 4, 3, 2, 1])
        #expect(try a.flipped([0]).flipped([0]).floats() == a.floats())
    }

    @Test func marginsSurroundTheLastAxesOutermostFirst() throws {
        let wide = try a.padded([(before: 1, after: 0), (before: 0, after: 2)], with: 9)
        #expect(wide.shape == [3, 5])
        #expect(try wide.floats() == [9, 9, 9, 9, 9, 1, 2, 3, 9, 9, 4, 5, 6, 9, 9])
        #expect(try a.padded([(before: 1, after: 1)]).floats() == [0, 1, 2, 3, 0, 0, 4, 5, 6, 0])
    }

    @Test func channelsGoToTheEndAndBack() throws {
        let map = try wavy([2, 3, 4, 5, 6])
        let last = try map.channelsToEnd()
        #expect(last.shape == [2, 4, 5, 6, 3])
        #expect(try last.channelsToFront().floats() == map.floats())
        let laid = try map.channelsLastInMemory()
        #expect(laid.shape == map.shape)
        #expect(try laid.floats() == map.floats())
        #expect(try last.contiguous().floats() == last.floats())
    }

    @Test func blocksAddUpInPlace() throws {
        let total = try Accumulator(repeating: 1, shape: [2, 4, 4, 4])
        let block = try Tensor(repeating: 2, shape: [2, 2, 2, 2])
        try total.add(block, at: [0, 0, 0])
        try total.add(block, at: [1, 1, 1])
        let sum = total.sum
        #expect(try sum.sum().floats() == [128 + 2 * 2 * 16])
        func at(_ i: Int, _ j: Int, _ k: Int) throws -> Float {
            try sum.selecting(1, along: 0).selecting(i, along: 0).selecting(j, along: 0).selecting(k, along: 0)
                .floats()[0]
        }
        #expect(try [at(0, 0, 0), at(1, 1, 1), at(2, 2, 2), at(3, 3, 3), at(0, 1, 2)] == [3, 5, 3, 1, 1])
    }

    @Test func aBlockBeyondTheEdgeIsRefused() throws {
        let total = try Accumulator(repeating: 0, shape: [1, 4, 4, 4])
        let block = try Tensor(repeating: 2, shape: [1, 2, 2, 2])
        #expect(throws: NetworkError.self) { try total.add(block, at: [3, 0, 0]) }
        #expect(try total.sum.sum().floats() == [0])
    }
}
