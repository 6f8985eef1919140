import BrainModels
import Foundation
import NeuralNet
import Testing

@Suite struct LinearClassifierTests {
    /// More features than items; the third says the class, with noise.
    private static func items(_ count: Int, seed: UInt64, effect: Double) -> (rows: [[Float]], labels: [Int]) {
        var random = SplitMix(seed: seed, name: "items")
        let labels = (0..<count).map { $0 % 2 }
        let rows = labels.map { label in
            (0..<200).map { n in Float(random.normal() + (n < 20 ? effect * (Double(label) - 0.5) : 0)) }
        }
        return (rows, labels)
    }

    private static func share(_ loss: LinearClassifier.Loss, effect: Double) throws -> Double {
        let training = items(80, seed: 1, effect: effect), test = items(200, seed: 2, effect: effect)
        let line = try LinearClassifier(training.rows, training.labels, loss)
        let right = zip(test.rows, test.labels).count { (line.probability($0) > 0.5 ? 1 : 0) == $1 }
        return Double(right) / 200
    }

    @Test(arguments: LinearClassifier.Loss.allCases) func anEffectIsFoundAndNoneIsNot(loss: LinearClassifier.Loss)
        throws
    {
        #expect(try Self.share(loss, effect: 1) > 0.85)
        #expect(abs(try Self.share(loss, effect: 0) - 0.5) < 0.12)
    }

    /// scikit-learn 1.9.1's `LogisticRegression(C=10, solver="liblinear")` and `LinearSVC(C=10, dual=False)` on these items, standardised and
    /// divided by √3, as here.
    @Test func theMarginsAreScikitLearns() throws {
        let rows: [[Float]] = [[1, 2, 0], [2, 0, 1], [0, 1, 3], [4, 1, 1], [1, 1, 0]]
        let known: [(LinearClassifier.Loss, [Double])] = [
            (.logistic, [-1.23767452, 3.13470818, -2.03688849, 2.31883233, 0.98348459]),
            (.hinge, [-0.89485407, 2.29536888, -0.97042843, 0.98497801, 0.85757807]),
        ]
        for (loss, margins) in known {
            let line = try LinearClassifier(rows, [0, 1, 0, 1, 1], loss, cost: 10)
            for (row, margin) in zip(rows, margins) { #expect(abs(line.margin(row) - margin) < 2e-3) }
        }
    }

    @Test func oneClassIsRefused() {
        #expect(throws: NetworkError.self) { try LinearClassifier([[1, 2], [3, 4]], [1, 1], .hinge) }
        #expect(throws: NetworkError.self) { try LinearClassifier([[1, 2], [3]], [0, 1], .hinge) }
    }
}
