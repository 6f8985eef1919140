internal import BrainData
import Foundation

/// Linear discriminant analysis: classes are Gaussian clouds of one shape (Fisher, Ann. Eugen. 7, 1936).
struct LinearDiscriminant: Sendable, Codable {
    /// One row of coefficients a class, the intercept last.
    private let weights: [[Double]]

    /// - Parameters:
    ///   - features: one row a trial.
    ///   - classes: the class of each, from 0.
    init(_ features: [[Double]], _ classes: [Int], count: Int) throws(SignalError) {
        guard let width = features.first?.count, width > 0 else {
            throw .mismatch("there are no features to learn from")
        }
        guard count > 1 else { throw .mismatch("there is one class of trials: a decoder tells two or more apart") }
        var means = [[Double]](repeating: [Double](repeating: 0, count: width), count: count)
        var sizes = [Double](repeating: 0, count: count)
        for (row, label) in zip(features, classes) {
            sizes[label] += 1
            for n in 0..<width { means[label][n] += row[n] }
        }
        guard sizes.allSatisfy({ $0 > 0 }) else { throw .mismatch("a class has no trial to learn from") }
        for label in 0..<count { for n in 0..<width { means[label][n] /= sizes[label] } }
        var scatter = Matrix(rows: width, columns: width)
        for (row, label) in zip(features, classes) {
            for a in 0..<width {
                for b in 0..<width { scatter[a, b] += (row[a] - means[label][a]) * (row[b] - means[label][b]) }
            }
        }
        var shape = scatter * (1 / Double(features.count))
        // Directions without spread would be divided by zero.
        let floor = 1e-9 * shape.trace / Double(width)
        for n in 0..<width { shape[n, n] += floor }
        var right = Matrix(rows: width, columns: count)
        for label in 0..<count { for n in 0..<width { right[n, label] = means[label][n] } }
        guard let solved = shape.solve(right) else { throw .mismatch("the features do not vary") }
        weights = (0..<count).map { label in
            let row = (0..<width).map { solved[$0, label] }
            let offset = -0.5 * zip(row, means[label]).reduce(0) { $0 + $1.0 * $1.1 }
            return row + [offset + log(sizes[label] / Double(features.count))]
        }
    }

    func fits(width: Int, classes: Int) -> Bool {
        weights.count == classes && weights.allSatisfy { $0.count == width + 1 }
    }

    func probabilities(_ row: [Double]) -> [Double] {
        softmax(weights.map { weights in zip(weights, row + [1]).reduce(0) { $0 + $1.0 * $1.1 } })
    }
}

func softmax(_ scores: [Double]) -> [Double] {
    let most = scores.max() ?? 0
    let shares = scores.map { exp($0 - most) }
    let whole = shares.reduce(0, +)
    return shares.map { $0 / whole }
}
