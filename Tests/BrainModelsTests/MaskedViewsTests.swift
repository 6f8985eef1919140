import NeuralNet
import TestSupport
import Testing

@testable import BrainModels

@Suite struct MaskedViewsTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    private func network(views: Int) throws -> TransResNet {
        var c = TransResNet.Configuration()
        (c.views, c.sides, c.channels, c.width, c.depth, c.heads) = (views, [64, 64], [2, 3, 4, 6], 8, 1, 2)
        return try TransResNet(Weights(seed: 3), c)
    }

    @Test func oneViewOfSeveralIsHiddenOrAShareOfOne() throws {
        var random = SplitMix(seed: 1)
        let masked = try MaskedViews(network(views: 3), Weights(seed: 1))
        let several = try masked.hidden(items: 20, &random)
        #expect(several.shape == [20, 48, 1])
        let rows = try several.reshaped([20, 3, 16]).mean(along: [2]).floats()
        var seen = Set<Int>()
        for item in 0..<20 {
            let views = Array(rows[3 * item..<3 * item + 3])
            #expect(views.sorted() == [0, 0, 1])
            seen.insert(views.firstIndex(of: 1) ?? 3)
        }
        #expect(seen == [0, 1, 2])
        let single = try MaskedViews(network(views: 1), Weights(seed: 1)).hidden(items: 4, &random)
        #expect(try single.sum(along: [1, 2]).floats() == [5, 5, 5, 5])
    }

    /// What is hidden has no way into what is told of it.
    @Test func hiddenViewsAreNotSeen() throws {
        let network = try network(views: 2), mask = try Tensor(repeating: 0.3, shape: [1, 1, 8])
        let x = try Golden.waves([1, 2, 64, 64], fast: 0.11, slow: 0.37)
        let second = try x.narrowed(1, from: 1, length: 1)
        let other = try second.scaled(by: -2, plus: 0.5)
        let changed = try x.narrowed(1, from: 0, length: 1).appending(other, along: 1)
        let hidden = try Tensor([Float](repeating: 0, count: 16) + [Float](repeating: 1, count: 16), shape: [1, 32, 1])
        let (vectors, seen) = try network.encoded(x, hiding: hidden, behind: mask)
        let (newVectors, newSeen) = try network.encoded(changed, hiding: hidden, behind: mask)
        #expect(try vectors.largestDifference(to: newVectors) > 1e-3)
        let leak = try seen.largestDifference(to: newSeen)
        #expect(leak < 1e-6, "\(leak)")
        #expect(
            try network.encoded(changed, hiding: hidden.scaled(by: 0), behind: mask).seen
                .largestDifference(to: network.encoded(x, hiding: hidden.scaled(by: 0), behind: mask).seen) > 1e-4)
    }

    /// An encoder that sees the same everywhere gains nothing: its vectors have no variance to be told.
    @Test func theLossIsOfStandardisedVectors() throws {
        let masked = try MaskedViews(network(views: 2), Weights(seed: 1))
        var random = SplitMix(seed: 1)
        let x = try Golden.waves([4, 2, 64, 64], fast: 0.11, slow: 0.37)
        let hidden = try masked.hidden(items: 4, &random)
        let loss = try masked.loss(x, hidden: hidden).floats()[0]
        #expect(loss > 0.5 && loss < 4, "\(loss)")
        #expect(try masked.loss(x.scaled(by: 3), hidden: hidden).floats()[0] > 0.5)
    }
}
