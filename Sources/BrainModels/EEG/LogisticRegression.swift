internal import BrainData
import Foundation

/// Logistic regression with a quadratic penalty, one class against the others, fitted by Newton's steps.
struct LogisticRegression: Sendable, Codable {
    /// One row of coefficients a class, the intercept last; a single row for two classes.
    private let weights: [[Double]]
    private let count: Int

    /// Minimises `strength · Σ log loss + ½ |w|²`; the intercept goes unpunished.
    init(_ features: [[Double]], _ classes: [Int], count: Int, strength: Double = 1) throws(SignalError) {
        guard let width = features.first?.count else { throw .mismatch("there are no features to learn from") }
        guard count > 1 else { throw .mismatch("there is one class of trials: a decoder tells two or more apart") }
        guard Set(classes).count == count else { throw .mismatch("a class has no trial to learn from") }
        self.count = count
        let asked = count == 2 ? [1] : Array(0..<count)
        let (rows, axes) = Self.reduced(features, width)
        weights = try asked.map { label throws(SignalError) in
            let found = try Self.fit(
                rows.map { $0 + [1] }, classes.map { $0 == label ? 1 : 0 }, rows.first?.count ?? 0, strength)
            guard let axes else { return found }
            let part = Matrix(rows: 1, columns: axes.rows, values: Array(found.dropLast()))
            return (part * axes).values + [found[found.count - 1]]
        }
    }

    /// The features along orthonormal axes of the space that the trials span, where that is the smaller one.
    ///
    /// The penalty keeps the weights inside that space, so nothing is lost.
    private static func reduced(_ features: [[Double]], _ width: Int) -> (rows: [[Double]], axes: Matrix?) {
        guard width > features.count else { return (features, nil) }
        let x = Matrix(rows: features.count, columns: width, values: features.flatMap { $0 })
        let (values, vectors) = (x * x.transposed).symmetricEigen()
        let kept = values.indices.filter { values[$0] > 1e-12 * (values.last ?? 0) }
        guard !kept.isEmpty else { return (features, nil) }
        var turn = Matrix(rows: kept.count, columns: features.count)
        for (row, from) in kept.enumerated() {
            for n in 0..<features.count { turn[row, n] = vectors[n, from] / values[from].squareRoot() }
        }
        let axes = turn * x
        let rows = x * axes.transposed
        return ((0..<rows.rows).map { n in (0..<rows.columns).map { rows[n, $0] } }, axes)
    }

    private static func fit(
        _ rows: [[Double]], _ truth: [Double], _ width: Int, _ strength: Double
    ) throws(SignalError) -> [Double] {
        var w = [Double](repeating: 0, count: width + 1)
        for _ in 0..<100 {
            var gradient = Matrix(rows: width + 1, columns: 1, values: w)
            var curvature = Matrix(rows: width + 1, columns: width + 1)
            for n in 0..<width { curvature[n, n] = 1 }
            gradient[width, 0] = 0
            curvature[width, width] = 1e-12
            for (row, truth) in zip(rows, truth) {
                let p = 1 / (1 + exp(-zip(w, row).reduce(0) { $0 + $1.0 * $1.1 }))
                let share = strength * max(p * (1 - p), 1e-10)
                for a in 0...width {
                    gradient[a, 0] += strength * (p - truth) * row[a]
                    for b in 0...width { curvature[a, b] += share * row[a] * row[b] }
                }
            }
            guard let step = curvature.solve(gradient) else { throw .mismatch("the features do not vary") }
            // A step that is too long is cut, so that separable classes do not run away.
            let length = step.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let factor = min(1, 10 / max(length, 1e-300))
            for n in 0...width { w[n] -= factor * step.values[n] }
            if length < 1e-10 { break }
        }
        return w
    }

    func fits(width: Int, classes: Int) -> Bool {
        count == classes && count > 1 && weights.count == (count == 2 ? 1 : count)
            && weights.allSatisfy { $0.count == width + 1 }
    }

    func probabilities(_ row: [Double]) -> [Double] {
        let ones = weights.map { weights in 1 / (1 + exp(-zip(weights, row + [1]).reduce(0) { $0 + $1.0 * $1.1 })) }
        guard count > 2 else { return [1 - ones[0], ones[0]] }
        let whole = max(ones.reduce(0, +), 1e-300)
        return ones.map { $0 / whole }
    }
}
