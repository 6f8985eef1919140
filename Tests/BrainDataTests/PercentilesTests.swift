import Testing

@testable import BrainData

@Suite struct PercentilesTests {
    @Test func ranksAreExactAndBetweenThemLinear() {
        let percentiles = Percentiles(of: [4, 1, 3, 2])
        #expect(percentiles(0) == 1 && percentiles(100) == 4)
        #expect(percentiles(50) == 2.5)
        #expect(percentiles(75) == 3.25)
    }

    @Test func everyRankOfManyValuesIsTheSortedOne() {
        var state: UInt64 = 3
        let values = (0..<1001).map { _ -> Float in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int64(bitPattern: state) >> 40) / 1000
        }
        let (percentiles, sorted) = (Percentiles(of: values), values.sorted())
        for rank in stride(from: 0, through: 1000, by: 50) {
            #expect(percentiles(Double(rank) / 10) == sorted[rank])
        }
    }

    @Test func tinyNegativeAndEqualValuesKeepTheirOrder() {
        let values: [Float] = [-1e-30, 1e-30, 0, -0.0, -5, 3e38, -3e38]
        let percentiles = Percentiles(of: values)
        #expect(percentiles(0) == -3e38 && percentiles(100) == 3e38 && percentiles(50) == 0)
        #expect(Percentiles(of: .init(repeating: 7, count: 99))(33.3) == 7)
    }

    @Test func percentagesAreHeldInRangeAndNothingHasNone() {
        #expect(Percentiles(of: [1, 2])(-5) == 1)
        #expect(Percentiles(of: [1, 2])(500) == 2)
        #expect(Percentiles(of: [])(50) == nil)
    }
}

@Suite struct SlabsTests {
    @Test(arguments: [0, 1, 2, 31, 32, 33, 1000]) func everyIndexIsVisitedOnce(count: Int) {
        let visits: [Int] = filledArray(count) { target in
            target.initialize(repeating: 0, count: count)
            nonisolated(unsafe) let target = target
            inParallel(count) { target[$0] += 1 }
        }
        #expect(visits == .init(repeating: 1, count: count))
    }
}
