import NeuralNet
import Testing

@testable import BrainModels

/// Windows of maps with two and with three axes.
@Suite struct WindowsTests {
    init() { Engine.setThreads(1) }

    private func counted(_ shape: [Int]) throws -> Tensor {
        try Tensor((0..<shape.reduce(1, *)).map(Float.init), shape: shape)
    }

    @Test func aSliceIsCutIntoWindows() throws {
        let windows = Windows(sides: [2, 3])
        let map = try counted([1, 4, 3, 1])
        let cut = try windows.cut(map)
        #expect(cut.shape == [1, 2, 6, 1])
        #expect(try cut.floats() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
        let wide = try Windows(sides: [2, 2]).cut(counted([1, 2, 4, 1])).floats()
        #expect(wide == [0, 1, 4, 5, 2, 3, 6, 7])
    }

    @Test(arguments: [
        ([2, 3], [4, 9]), ([2, 3, 1], [4, 3, 5]), ([5, 6, 7], [10, 6, 7]), ([2, 2, 2, 2], [2, 4, 2, 2]),
    ])
    func cuttingAndJoiningGivesTheMapBack(window: [Int], sides: [Int]) throws {
        let map = try counted([2] + sides + [3])
        let windows = Windows(sides: window)
        #expect(try windows.joined(windows.cut(map), to: sides).floats() == map.floats())
    }

    @Test func aMapIsPaddedToWholeWindows() {
        #expect(Windows(sides: [5, 6, 7]).whole([40, 7, 1]) == [40, 12, 7])
    }

    @Test func everyDifferenceOfPlacesHasItsRow() {
        // Two tokens: from the first to the second is -1, shifted to 0.
        #expect(Windows(sides: [2]).relativeIndices == [1, 0, 2, 1])
        let windows = Windows(sides: [2, 3, 2])
        let indices = windows.relativeIndices
        #expect(windows.relativePositions == 3 * 5 * 3)
        #expect(indices.count == 144)
        // From (1, 2, 1), the last token, to (0, 0, 0), the first: the last row; back: the first.
        #expect(indices[11 * 12] == 44 && indices[11] == 0)
        #expect((0..<12).allSatisfy { indices[$0 * 13] == 22 }, "the same place is the middle row")
        #expect(Windows(sides: [5, 6, 7]).relativePositions == 1287)
    }

    @Test func whatTheTurningBroughtTogetherIsMasked() throws {
        // Four tokens turned by one: the last window holds token 3 and, from the other end, token 0.
        let mask = try Windows(sides: [2]).mask([4], shift: [1])
        #expect(mask.shape == [2, 1, 2, 2])
        #expect(try mask.floats() == [0, 0, 0, 0, 0, -100, -100, 0])
        let plane = try Windows(sides: [2, 2]).mask([4, 2], shift: [1, 1])
        // The first window is split along the second axis only, the last along both.
        #expect(try plane.narrowed(0, from: 0, length: 1).floats().count { $0 == 0 } == 8)
        #expect(try plane.narrowed(0, from: 1, length: 1).floats().count { $0 == 0 } == 4)
    }

    @Test func mergingJoinsACellInThePublishedOrder() throws {
        // The norm of eight numbers, then rows of the reduction that pick one each.
        let rows = (0..<16).map { row in (0..<8).map { Float($0 == row ? 1 : 0) } }.flatMap(\.self)
        let weights = Weights(seed: 1)
        _ = try PatchMerging(weights, channels: 1)
        #expect(weights.tensors.map(\.name) == ["reduction.weight", "norm.weight", "norm.bias"])
        let place = Weights(
            TensorList([
                "reduction.weight": try Tensor(rows, shape: [16, 8]).narrowed(0, from: 0, length: 2),
                "norm.weight": try Tensor(repeating: 1, shape: [8]), "norm.bias": try Tensor(repeating: 0, shape: [8]),
            ]))
        // Value 4 i + 2 j + k: the order (000, 100, 010, 001, …) puts 0 first and 4 second.
        let found = try PatchMerging(place, channels: 1)(counted([1, 2, 2, 2, 1])).floats()
        let deviation = Float(5.25 + 1e-5).squareRoot()
        #expect(abs(found[0] + 3.5 / deviation) < 1e-5 && abs(found[1] - 0.5 / deviation) < 1e-5)
        #expect(try PatchMerging(weights, channels: 1)(counted([1, 3, 2, 1, 1])).shape == [1, 2, 1, 1, 2])
    }

    @Test func aBlockOfSlicesKeepsItsShape() throws {
        let stage = try SwinStage(
            Weights(seed: 4), SwinSizes(channels: 8, heads: 2, window: [3, 3], queryBias: true), rates: [0, 0, 0])
        let x = try Golden.waves([2, 7, 5, 8], fast: 0.7, slow: 1.9)
        let y = try stage(x)
        #expect(y.shape == x.shape)
        let second = try stage(x.narrowed(0, from: 1, length: 1))
        #expect(try y.narrowed(0, from: 1, length: 1).largestDifference(to: second) < 1e-5, "samples do not mix")
    }
}

/// Tensors by name, without a file.
struct TensorList: TensorFile {
    private let tensors: [String: Tensor]
    var entries: [String: TensorEntry] { tensors.mapValues { TensorEntry(type: $0.type, shape: $0.shape) } }

    init(_ tensors: [String: Tensor]) { self.tensors = tensors }

    func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        guard let tensor = tensors[name] else { throw .missingWeight(name: name, similar: []) }
        try tensor.read(as: tensor.type, into: destination)
    }
}
