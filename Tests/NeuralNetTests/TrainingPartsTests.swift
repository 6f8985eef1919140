import Foundation
import NeuralNet
import Testing

@Suite struct ScheduleTests {
    private let schedule = Schedule(peak: 0.4, warmUp: 4, steps: 14)

    @Test func itClimbsAndFalls() {
        #expect((0..<4).map { schedule.rate(at: $0) } == [0.1, 0.2, 0.30000000000000004, 0.4])
        #expect(schedule.rate(at: 4) == 0.4)
        #expect(abs(schedule.rate(at: 9) - 0.2) < 1e-12, "half way down")
        #expect(abs(schedule.rate(at: 14)) < 1e-12)
        #expect(abs(schedule.rate(at: 100)) < 1e-12, "it never turns")
        let rates = (4..<14).map { schedule.rate(at: $0) }
        #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 > $1 })
    }

    @Test func withoutAWarmUpItStartsAtThePeak() {
        let plain = Schedule(peak: 1, warmUp: 0, steps: 10)
        #expect(plain.rate(at: 0) == 1)
        #expect(abs(plain.rate(at: 5) - 0.5) < 1e-12)
        #expect(Schedule(peak: 1, warmUp: 5, steps: 5).rate(at: 4) == 1, "all warm-up")
    }
}

@Suite struct SplitMixTests {
    @Test func itsNumbersAreThePublishedOnes() {
        // The first outputs of the method's reference program for the seeds 0 and 1234567.
        var zero = SplitMix(seed: 0), other = SplitMix(seed: 1_234_567)
        #expect(
            (0..<3).map { _ in zero.next() } == [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F])
        #expect((0..<2).map { _ in other.next() } == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973])
    }

    @Test func evenNumbersLieBetweenZeroAndOne() {
        var random = SplitMix(seed: 5)
        let values = (0..<10_000).map { _ in random.uniform() }
        #expect(values.allSatisfy { (0..<1).contains($0) })
        #expect(abs(values.reduce(0, +) / 10_000 - 0.5) < 0.02)
    }

    @Test func normalNumbersHaveMeanZeroAndVarianceOne() {
        var random = SplitMix(seed: 6)
        let values = (0..<20_000).map { _ in random.normal() }
        #expect(abs(values.reduce(0, +) / 20_000) < 0.03)
        #expect(abs(values.map { $0 * $0 }.reduce(0, +) / 20_000 - 1) < 0.05)
        #expect(values.allSatisfy { $0.isFinite })
    }

    @Test func aNamePartsOnePurposeFromAnother() {
        var a = SplitMix(seed: 1, name: "crop"), b = SplitMix(seed: 1, name: "flip"),
            c = SplitMix(seed: 1, name: "crop")
        let first = a.next()
        #expect(first == c.next())
        #expect(first != b.next())
    }

    @Test func itsStateIsItsWhole() throws {
        var random = SplitMix(seed: 9)
        _ = random.next()
        var copy = try JSONDecoder().decode(SplitMix.self, from: JSONEncoder().encode(random))
        #expect(copy == random)
        #expect(copy.next() == random.next())
    }
}

@Suite struct SegmentationLossTests {
    private let logits, targets: Tensor
    private let x: [[Double]] = [[2, -1], [0.5, -3]]
    private let y: [[Double]] = [[1, 0], [1, 1]]

    init() throws {
        logits = try Tensor(x.flatMap(\.self).map(Float.init), shape: [1, 2, 2, 1, 1])
        targets = try Tensor(y.flatMap(\.self).map(Float.init), shape: [1, 2, 2, 1, 1])
    }

    private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    private var dice: Double {
        let regions = zip(x, y).map { x, y in
            let p = x.map(sigmoid)
            let common = zip(p, y).reduce(0) { $0 + $1.0 * $1.1 }
            return 1 - (2 * common + 1e-5) / (p.reduce(0, +) + y.reduce(0, +) + 1e-5)
        }
        return regions.reduce(0, +) / 2
    }

    @Test func diceAndBinaryCrossEntropyByHand() throws {
        var entropy = 0.0
        for (x, y) in zip(x.flatMap(\.self), y.flatMap(\.self)) {
            entropy -= (y * log(sigmoid(x)) + (1 - y) * log(1 - sigmoid(x))) / 4
        }
        let loss = try SegmentationLoss.diceAndBinaryCrossEntropy(logits, targets)
        #expect(loss.count == 1)
        #expect(abs(Double(try loss.floats()[0]) - dice - entropy) < 1e-5)
    }

    @Test func thePublishedLossByHand() throws {
        var entropy = 0.0
        for voxel in 0..<2 {
            let total = log(exp(x[0][voxel]) + exp(x[1][voxel]))
            for region in 0..<2 { entropy -= y[region][voxel] * (x[region][voxel] - total) / 2 }
        }
        let loss = try SegmentationLoss.published(logits, targets)
        #expect(abs(Double(try loss.floats()[0]) - dice - entropy) < 1e-5)
    }

    @Test func aPerfectAnswerCostsNothing() throws {
        let sure = try targets.scaled(by: 60, plus: -30)
        #expect(try SegmentationLoss.diceAndBinaryCrossEntropy(sure, targets).floats()[0] < 1e-4)
        let wrong = try targets.scaled(by: -60, plus: 30)
        #expect(try SegmentationLoss.diceAndBinaryCrossEntropy(wrong, targets).floats()[0] > 10)
    }

    @Test func anEmptyRegionIsNoFault() throws {
        let none = try Tensor(repeating: 0, shape: [1, 2, 2, 1, 1])
        let silent = try Tensor(repeating: -60, shape: [1, 2, 2, 1, 1])
        let loss = try SegmentationLoss.diceAndBinaryCrossEntropy(silent, none).floats()[0]
        #expect(loss.isFinite && loss < 1e-4)
    }

    @Test(arguments: SegmentationLoss.allCases)
    func gradientsAreDerivatives(loss: SegmentationLoss) throws {
        let truth = try targets.converted(to: .float64)
        try checkGradients(["x": logits]) { try loss($0.tensor("x", shape: [1, 2, 2, 1, 1]), truth) }
    }

    @Test func namesAreThoseOfExperiments() {
        #expect(SegmentationLoss(rawValue: "dice-bce") == .diceAndBinaryCrossEntropy)
        #expect(SegmentationLoss(rawValue: "dice-softmax") == .published)
    }
}

@Suite struct StochasticDepthTests {
    @Test func outsideTrainingItDoesNothing() throws {
        let x = try wavy([4, 3])
        #expect(try StochasticDepth(rate: 0.9)(x).floats() == x.floats())
        #expect(try Engine.recordingGradients { try StochasticDepth(rate: 0.9)(x).floats() } == x.floats())
    }

    @Test func itLeavesOutItsShareOfSamplesAndScalesTheRest() throws {
        let x = try Tensor(repeating: 1, shape: [4000, 3])
        var random = SplitMix(seed: 1)
        let rows = try Engine.training(&random) { try StochasticDepth(rate: 0.25)(x).mean(along: [1]).floats() }
        let kept = rows.filter { $0 != 0 }
        #expect(kept.allSatisfy { abs($0 - 4 / 3) < 1e-5 }, "a sample is left out whole")
        #expect(abs(Double(kept.count) / 4000 - 0.75) < 0.03)
        #expect(abs(rows.reduce(0, +) / 4000 - 1) < 0.05, "the mean stays")
    }

    @Test func aRateOfZeroDrawsNothing() throws {
        var random = SplitMix(seed: 1)
        let x = try wavy([2, 2])
        #expect(try Engine.training(&random) { try StochasticDepth(rate: 0)(x).floats() } == x.floats())
        #expect(random == SplitMix(seed: 1))
    }

    @Test func theSameGeneratorLeavesOutTheSame() throws {
        let x = try wavy([64, 2])
        func draw(_ seed: UInt64) throws -> ([Float], SplitMix) {
            var random = SplitMix(seed: seed)
            let y = try Engine.training(&random) { try StochasticDepth(rate: 0.5)(x).floats() }
            return (y, random)
        }
        let (first, after) = try draw(3)
        #expect(try first == draw(3).0)
        #expect(after != SplitMix(seed: 3), "the generator moves on")
        #expect(try first != draw(4).0)
    }
}
