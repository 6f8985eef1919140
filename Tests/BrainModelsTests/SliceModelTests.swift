import BrainData
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import BrainModels

@Suite struct SliceModelTests {
    init() { Engine.setThreads(ThreadCount.ofTests) }

    /// A bright disc on black, of a radius and around a middle.
    private func disc(_ width: Int, _ height: Int, radius: Double, at middle: (Double, Double)) -> Picture {
        Picture(
            width: width, height: height, channels: 1,
            values: (0..<width * height).map { n in
                let (x, y) = (Double(n % width) - middle.0, Double(n / width) - middle.1)
                return x * x + y * y < radius * radius ? UInt16(120 + 60 * (x / radius)) : 0
            })
    }

    @Test func theHeadFillsTheSquareWhereverItLies() throws {
        let contract = SliceInput.Contract(side: 32)
        let one = try SliceInput.values([disc(100, 80, radius: 30, at: (50, 40))], contract)
        let other = try SliceInput.values([disc(150, 170, radius: 60, at: (80, 100))], contract)
        #expect(one.count == 1024)
        let mean = one.reduce(0, +) / 1024, variance = one.reduce(0) { $0 + $1 * $1 } / 1024
        #expect(abs(mean) < 0.01 && variance > 0.5 && variance < 1.05)
        #expect(one[0] == one.min(), "black is darker than the mean")
        let apart = zip(one, other).map { abs($0 - $1) }.reduce(0, +) / 1024
        #expect(apart < 0.1, "\(apart)")
    }

    @Test func whatIsNoSliceIsRefused() {
        let black = Picture(width: 20, height: 20, channels: 1, values: .init(repeating: 0, count: 400))
        #expect(throws: ImagingError.self) { try SliceInput.values([black], SliceInput.Contract(side: 32)) }
        #expect(throws: ImagingError.self) { try SliceInput.values([], SliceInput.Contract(side: 32)) }
    }

    /// Answers the mean of the upper left and of the lower right quarter.
    private struct Quarters: Layer {
        func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
            let half = x.shape[2] / 2
            let first = try x.narrowed(2, from: 0, length: half).narrowed(3, from: 0, length: half)
            let last = try x.narrowed(2, from: half, length: half).narrowed(3, from: half, length: half)
            return try first.mean(along: [1, 2, 3]).reshaped([-1, 1])
                .appending(last.mean(along: [1, 2, 3]).reshaped([-1, 1]), along: 1)
        }
    }

    private func item(bright: (Int, Int) -> Bool) -> [Float] { (0..<1024).map { bright($0 % 32, $0 / 32) ? 2 : 0 } }

    @Test func probabilitiesAreTheSoftmax() throws {
        let settings = SliceModel.Settings(contract: .init(side: 32), classes: ["a", "b"])
        let answers = try SliceModel([Quarters()], settings).answers([
            item { $0 < 16 && $1 < 16 }, item { _, _ in true },
        ])
        #expect(abs(answers[0].probabilities[0] - 1 / (1 + exp(-2))) < 1e-6)
        #expect(abs(answers[1].probabilities[0] - 0.5) < 1e-6)
        #expect(answers[0].age == nil)
        let wrong = SliceModel.Settings(contract: .init(side: 32), classes: ["a", "b", "c"])
        #expect(throws: NetworkError.self) { try SliceModel([Quarters()], wrong).answers([item { _, _ in true }]) }
    }

    @Test func theNumberAfterTheClassesIsTheAge() throws {
        var scale = AgeScale(mean: 50, deviation: 10)
        (scale.low, scale.high, scale.slope, scale.intercept) = (-4, 6, 1.1, -5)
        let settings = SliceModel.Settings(contract: .init(side: 32), classes: ["all"], age: scale)
        let age = try #require(SliceModel([Quarters()], settings).answers([item { $0 >= 16 && $1 >= 16 }])[0].age)
        #expect(abs(age.years - 72) < 1e-4 && abs(age.low - 68) < 1e-4 && abs(age.high - 78) < 1e-4)
        #expect(abs(AgeScale(mean: 50, deviation: 10).number(of: 65) - 1.5) < 1e-12)
    }

    @Test func hidingWhatCountsShowsIt() throws {
        let settings = SliceModel.Settings(contract: .init(side: 32), classes: ["a", "b"])
        let map = try SliceModel([Quarters()], settings).map(item { $0 < 16 && $1 < 16 }, by: .occlusion)
        #expect(map[5 * 32 + 5] > 0)
        #expect(abs(map[5 * 32 + 27]) < 1e-6 && abs(map[27 * 32 + 27]) < 1e-6)
    }

    @Test func linesThroughThumbnailsLearnWhatIsLinear() throws {
        let contract = SliceInput.Contract(side: 32)
        let items = (0..<20).map { n in item { column, _ in n % 2 == 0 ? column < 16 : column >= 16 } }
        let line = try SliceBaseline(
            items, contract, labels: (0..<20).map { $0 % 2 }, classes: 2, years: (0..<20).map { $0 % 2 == 0 ? 30 : 70 })
        #expect(line.probabilities(items[0])[0] > 0.6 && line.probabilities(items[1])[1] > 0.6)
        let (young, old) = (try #require(line.years(items[0])), try #require(line.years(items[1])))
        #expect(abs(young - 30) < 2 && abs(old - 70) < 2)
        #expect(SliceBaseline.thumbnails(items[0], contract).count == 256)
        #expect(SliceBaseline.thumbnails(items[0], contract)[0] == 2)
    }

    @Test func rolloutSharesItselfOverThePlaces() throws {
        var c = TransResNet.Configuration()
        (c.views, c.sides, c.channels, c.width, c.depth, c.heads) = (2, [32, 48], [2, 3, 4, 6], 8, 2, 2)
        let network = try TransResNet(Weights(seed: 3), c)
        let map = try network.rollout(Golden.waves([1, 2, 32, 48], fast: 0.11, slow: 0.37))
        #expect(map.shape == [1, 2, 2, 3])
        let shares = try map.doubles()
        #expect(shares.allSatisfy { $0 > 0 } && shares.reduce(0, +) < 1)
    }
}
