internal import Foundation

/// How well classes are told: from the true class and the probabilities of every item.
public struct ClassificationScores: Sendable, Equatable, Encodable {
    public let items: Int
    /// The share of items whose most probable class is the true one, with its 95 % interval (Wilson, *Journal of the American
    /// Statistical Association* 22, 1927).
    public let accuracy, low, high: Double
    /// The mean share found over the classes that occur: what guessing brings to one over their number.
    public let balancedAccuracy: Double
    /// Rows are true classes, columns predicted ones.
    public let confusion: [[Int]]
    /// The expected calibration error over fifteen bins of the highest probability: Guo et al., *On Calibration of Modern Neural
    /// Networks*, ICML 2017, equation 3.
    public let calibrationError: Double
    /// The bins that hold items: what a reliability plot shows.
    public let reliability: [Bin]
    /// Of two classes, the second being the condition: how well its probability ranks; nil of more classes.
    public let auc: AUC?

    /// The items whose highest probability lies in one of fifteen intervals of equal width.
    public struct Bin: Sendable, Equatable, Encodable {
        public let items: Int
        /// The mean of those probabilities, and the share of items that are of the class told.
        public let probability, share: Double
    }

    /// - Parameters:
    ///   - probabilities: one row an item, adding up to 1.
    ///   - truth: the index of each item's class.
    /// - Throws: ``EvaluationError/scores(_:)`` where the numbers do not fit together.
    public init(_ probabilities: [[Double]], truth: [Int]) throws(EvaluationError) {
        let classes = probabilities.first?.count ?? 0
        guard probabilities.count == truth.count, classes > 1, probabilities.allSatisfy({ $0.count == classes }),
            truth.allSatisfy({ (0..<classes).contains($0) }), probabilities.allSatisfy({ $0.allSatisfy(\.isFinite) })
        else { throw .scores("expected probabilities of two classes or more for each of \(truth.count) items") }
        var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
        var bins = [(items: Int, right: Int, sum: Double)](repeating: (0, 0, 0), count: 15)
        for (row, label) in zip(probabilities, truth) {
            let best = row.indices.max { row[$0] < row[$1] } ?? 0
            confusion[label][best] += 1
            let bin = min(14, max(0, Int(row[best] * 15)))
            bins[bin] = (bins[bin].items + 1, bins[bin].right + (best == label ? 1 : 0), bins[bin].sum + row[best])
        }
        items = truth.count
        let right = confusion.indices.reduce(0) { $0 + confusion[$1][$1] }
        accuracy = Double(right) / Double(items)
        (low, high) = Self.wilson(right, of: items)
        let found = confusion.indices.compactMap { label -> Double? in
            let all = confusion[label].reduce(0, +)
            return all > 0 ? Double(confusion[label][label]) / Double(all) : nil
        }
        balancedAccuracy = mean(found) ?? 0
        calibrationError = bins.reduce(0) { $0 + abs($1.sum - Double($1.right)) } / Double(items)
        reliability = bins.filter { $0.items > 0 }
            .map {
                Bin(items: $0.items, probability: $0.sum / Double($0.items), share: Double($0.right) / Double($0.items))
            }
        self.confusion = confusion
        let positive = zip(probabilities, truth).filter { $0.1 == 1 }.map(\.0[1])
        let negative = zip(probabilities, truth).filter { $0.1 == 0 }.map(\.0[1])
        auc = classes == 2 ? AUC(positive, negative) : nil
    }

    /// The share of true items of the condition (second class) that are found, and of others that are left alone; of two classes.
    public var sensitivity: Double? { share(of: 1) }
    public var specificity: Double? { share(of: 0) }

    private func share(of label: Int) -> Double? {
        guard confusion.count == 2 else { return nil }
        let all = confusion[label].reduce(0, +)
        return all > 0 ? Double(confusion[label][label]) / Double(all) : nil
    }

    private static func wilson(_ right: Int, of items: Int) -> (Double, Double) {
        let (n, p, z) = (Double(items), Double(right) / Double(items), 1.959_963_984_540_054)
        let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        let reach = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        return (max(0, centre - reach), min(1, centre + reach))
    }
}

/// The area under the receiver operating characteristic: how often an item of the condition ranks above another, ties counting
/// half, with the 95 % interval of DeLong, DeLong & Clarke-Pearson, *Biometrics* 44, 1988.
public struct AUC: Sendable, Equatable, Encodable {
    public let value, low, high: Double

    /// - Returns: nil where either side is empty.
    public init?(_ positive: [Double], _ negative: [Double]) {
        guard !positive.isEmpty, !negative.isEmpty else { return nil }
        func above(_ a: Double, _ b: Double) -> Double { a > b ? 1 : a == b ? 0.5 : 0 }
        let (m, n) = (Double(positive.count), Double(negative.count))
        let found = positive.map { p in negative.reduce(0) { $0 + above(p, $1) } / n }
        let spared = negative.map { q in positive.reduce(0) { $0 + above($1, q) } / m }
        let area = found.reduce(0, +) / m
        func variance(_ parts: [Double]) -> Double {
            guard parts.count > 1 else { return 0 }
            return parts.reduce(0) { $0 + ($1 - area) * ($1 - area) } / Double(parts.count - 1)
        }
        let reach = 1.959_963_984_540_054 * (variance(found) / m + variance(spared) / n).squareRoot()
        (value, low, high) = (area, max(0, area - reach), min(1, area + reach))
    }
}
