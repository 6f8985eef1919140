import Foundation
import Testing

@testable import Evaluation

@Suite struct WilcoxonTests {
    @Test func sevenDifferencesByHand() {
        // Ranks 1 to 7, of which 2 and 6 are negative: 20 of 28. Of the 128 choices of signs 48 are as uneven.
        let test = Wilcoxon([1, -2, 3, 4, 5, -6, 7])
        #expect(test.pairs == 7 && test.positiveRanks == 20)
        #expect(abs(test.probability - 0.375) < 1e-12)
        #expect(abs(test.effect - 12.0 / 28) < 1e-12)
    }

    @Test func sharedRanksAreExactToo() {
        // Ranks 1.5, 1.5, 3, 5, 5, 5, 7; counted over all 128 choices.
        let test = Wilcoxon([1, 1, -2, 3, 3, -3, 4])
        #expect(test.positiveRanks == 20)
        #expect(abs(test.probability - 0.375) < 1e-12)
    }

    @Test func agreesWithSciPy() {
        let a = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
        let b = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
        let few = Wilcoxon(zip(a, b).map { $0 - $1 })
        #expect(few.positiveRanks == 40)
        #expect(abs(few.probability - 0.0390625) < 1e-12)
        let many = Wilcoxon(Self.sixty)
        #expect(abs(many.positiveRanks - 1313) < 1e-9)
        #expect(abs(many.probability - 0.003390514676035299) < 1e-12)
    }

    @Test func zerosAndNothing() {
        #expect(Wilcoxon([]).probability == 1 && Wilcoxon([]).effect == 0)
        #expect(Wilcoxon([0, 0]).pairs == 0)
        #expect(Wilcoxon([0, 1, .nan, 2]) == Wilcoxon([1, 2]))
        #expect(Wilcoxon([1, 2]).effect == 1 && Wilcoxon([-1, -2]).effect == -1)
        #expect(Wilcoxon([1, 2]).probability == 0.5)
    }

    @Test func comparesCasesOfOneName() throws {
        func results(_ shift: Double) throws -> [SegmentationEvaluation] {
            try (0..<8).map { n in
                let dice = 0.5 + 0.02 * Double(n) * (n % 2 == 0 ? 1 : shift)
                let json = """
                    {"name": "case \(n)", "convention": "brats", "regions": ["WT"], "leftOut": [],
                     "scores": {"WT": {"dice": \(dice)}}}
                    """
                return try JSONDecoder().decode(SegmentationEvaluation.self, from: Data(json.utf8))
            }
        }
        let comparison = PairedComparison(try results(1), try results(0).dropLast(), metrics: [.dice])
        let entry = try #require(comparison.entries.first)
        #expect(entry.cases == 7 && entry.region == "WT")
        #expect(abs(entry.meanDifference - 0.02 * (1 + 3 + 5) / 7) < 1e-12)
        #expect(entry.lower < entry.meanDifference && entry.meanDifference < entry.upper)
        #expect(entry.effect == 1 && entry.probability == 0.25)
    }

    private static let sixty = [
        0.426, 0.168, 0.94, 0.405, -0.236, 0.662, 1.604, 1.247, -0.404, -0.965, -0.323, 0.341, -2.025, 0.081, -0.946,
        -0.432, -0.244, -0.016, 0.712, 1.343, 0.171, 1.666, -0.365, 0.652, 1.203, 0.394, -0.443, -0.622, -0.158, 0.52,
        -0.71, 0.091, 0.141, 0.841, 0.515, 0.655, -0.354, 0.17, 1.084, 1.793, -0.959, 1.814, 1.646, 1.081, 0.564,
        -0.014, 1.758, 2.26, 2.102, 1.615, 0.657, -0.908, 0.296, 0.956, -0.988, 0.695, 0.73, 0.996, -0.884, -0.362,
    ]
}
