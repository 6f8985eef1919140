import Evaluation
import Testing

@Suite struct ClassificationScoresTests {
    @Test func countsAreThoseWorkedByHand() throws {
        // Ten items of two classes, eight right: 4 of 5 of the condition found, 4 of 5 others left alone.
        let condition = [0.9, 0.8, 0.7, 0.6, 0.2, 0.1, 0.3, 0.4, 0.2, 0.7]
        let truth = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]
        let scores = try ClassificationScores(condition.map { [1 - $0, $0] }, truth: truth)
        #expect(scores.accuracy == 0.8 && scores.balancedAccuracy == 0.8)
        #expect(scores.confusion == [[4, 1], [1, 4]])
        #expect(scores.sensitivity == 0.8 && scores.specificity == 0.8)
        #expect(abs(scores.low - 0.490_162_471_536_641_8) < 1e-9 && abs(scores.high - 0.943_317_848_545_624_8) < 1e-9)
    }

    @Test func rareClassesCountAsMuchAsOthers() throws {
        let guess = [[Double]](repeating: [0.8, 0.1, 0.1], count: 10)
        let scores = try ClassificationScores(guess, truth: [0, 0, 0, 0, 0, 0, 0, 0, 1, 2])
        #expect(scores.accuracy == 0.8)
        #expect(abs(scores.balancedAccuracy - 1.0 / 3) < 1e-12)
        #expect(scores.auc == nil && scores.sensitivity == nil)
        // Ten times 0.8 was said, eight were right: no error.
        #expect(scores.calibrationError < 1e-12)
        let sure = try ClassificationScores([[Double]](repeating: [1, 0], count: 4), truth: [0, 0, 0, 1])
        #expect(abs(sure.calibrationError - 0.25) < 1e-12)
    }

    /// Against the form of DeLong's variance by midranks (Sun & Xu, IEEE Signal Processing Letters 21, 2014), in SciPy.
    @Test func theIntervalIsDeLongs() throws {
        let auc = try #require(AUC([0.9, 0.8, 0.7, 0.55, 0.4], [0.6, 0.5, 0.45, 0.4, 0.3, 0.2]))
        #expect(abs(auc.value - 0.85) < 1e-9)
        #expect(abs(auc.low - 0.597_391_806_745_489_8) < 1e-9)
        #expect(auc.high == 1)
        #expect(AUC([], [0.1]) == nil)
        #expect(AUC([0.3], [0.3])?.value == 0.5)
    }

    @Test func whatDoesNotFitTogetherIsRefused() {
        #expect(throws: EvaluationError.self) { try ClassificationScores([[0.5, 0.5]], truth: [0, 1]) }
        #expect(throws: EvaluationError.self) { try ClassificationScores([[0.5, 0.5]], truth: [2]) }
        #expect(throws: EvaluationError.self) { try ClassificationScores([[.nan, 0.5]], truth: [0]) }
        #expect(throws: EvaluationError.self) { try ClassificationScores([], truth: []) }
    }
}

@Suite struct RegressionScoresTests {
    @Test func agesAreScoredAsInSciPy() throws {
        let scores = try RegressionScores([30, 42, 55, 61], truth: [28, 45, 50, 70])
        #expect(scores.meanError == 4.75)
        #expect(scores.low < 4.75 && scores.high > 4.75)
        #expect(abs(try #require(scores.correlation) - 0.946_407_417_449_171_8) < 1e-9)
        #expect(abs(try #require(scores.explained) - 0.867_298_578_199_052_1) < 1e-9)
        #expect(abs(try #require(scores.gapCorrelation) - (-0.684_800_700_201_254_6)) < 1e-9)
    }

    @Test func theMeanExplainsNothing() throws {
        let scores = try RegressionScores([50, 50, 50], truth: [40, 50, 60])
        #expect(scores.explained == 0 && scores.correlation == nil)
        #expect(throws: EvaluationError.self) { try RegressionScores([1], truth: [1, 2]) }
        #expect(throws: EvaluationError.self) { try RegressionScores([], truth: []) }
    }

    @Test func reliabilityIsTheShareOfEachBin() throws {
        let scores = try ClassificationScores(
            [[0.9, 0.1], [0.9, 0.1], [0.45, 0.55], [0.1, 0.9]], truth: [0, 1, 1, 1])
        #expect(scores.reliability.map(\.items) == [1, 3])
        #expect(scores.reliability[0].share == 1 && abs(scores.reliability[1].share - 2.0 / 3) < 1e-12)
        #expect(abs(scores.reliability[1].probability - 0.9) < 1e-12)
        let error = scores.reliability.reduce(0) { $0 + Double($1.items) / 4 * abs($1.probability - $1.share) }
        #expect(abs(error - scores.calibrationError) < 1e-12)
    }
}
