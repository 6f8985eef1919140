public import BrainData
import Foundation

/// Covariances as points of a curved space, seen from their mean, and logistic regression.
///
/// Barachant, Bonnet, Congedo & Jutten, *Multiclass brain–computer interface classification by Riemannian geometry*, IEEE
/// Trans. Biomed. Eng. 59, 2012.
public struct RiemannianDecoder: TrialDecoder, Codable {
    public let classes: [String]
    private let filter: IIRFilter
    private let mean: Matrix
    private let regression: LogisticRegression

    /// - Parameter band: in hertz; 8 to 32 where nothing is said, or to nine tenths of half the rate where that is less.
    public init(training epochs: Epochs, band: (low: Double, high: Double)? = nil) throws(SignalError) {
        classes = epochs.classes
        filter = try epochs.motorBand(band)
        let covariances = try Self.covariances(epochs, filter)
        mean = try PositiveMatrices.mean(covariances)
        let labels = epochs.labels.map { [classes] label in classes.firstIndex(of: label) ?? 0 }
        regression = try LogisticRegression(
            try PositiveMatrices.tangents(covariances, at: mean), labels, count: classes.count)
    }

    public func probabilities(_ epochs: Epochs) throws(SignalError) -> [[Double]] {
        try check(channels: epochs.channels.count)
        return try PositiveMatrices.tangents(Self.covariances(epochs, filter), at: mean).map(regression.probabilities)
    }

    func check(channels: Int) throws(SignalError) {
        guard mean.rows == channels, mean.columns == channels,
            regression.fits(width: channels * (channels + 1) / 2, classes: classes.count)
        else { throw .mismatch("the decoder learned from \(mean.rows) channels, and \(channels) are there") }
    }

    private static func covariances(_ epochs: Epochs, _ filter: IIRFilter) throws(SignalError) -> [Matrix] {
        var covariances: [Matrix] = []
        for trial in 0..<epochs.trials {
            let signal = try filter.zeroPhase(epochs.signal(trial))
            let x = Matrix(rows: signal.channels.count, columns: signal.count, values: signal.values)
            var covariance = x * x.transposed * (1 / Double(signal.count))
            let floor = 1e-10 * covariance.trace / Double(covariance.rows)
            guard floor > 0, floor.isFinite else {
                throw .mismatch("trial \(trial + 1) is all zero or holds values that are no numbers")
            }
            for n in 0..<covariance.rows { covariance[n, n] += floor }
            covariances.append(covariance)
        }
        return covariances
    }
}

/// The geometry of symmetric positive definite matrices under the affine-invariant metric.
enum PositiveMatrices {
    /// The point with the least sum of squared distances to all, by steps along the mean tangent.
    static func mean(_ points: [Matrix]) throws(SignalError) -> Matrix {
        guard let first = points.first else { throw .mismatch("there are no trials to learn from") }
        var mean = points.dropFirst().reduce(first) { $0 + $1 } * (1 / Double(points.count))
        for _ in 0..<50 {
            let (root, inverse) = (try function(mean) { $0.squareRoot() }, try function(mean) { 1 / $0.squareRoot() })
            var sum = Matrix(rows: mean.rows, columns: mean.rows)
            for point in points { sum = sum + (try function(inverse * point * inverse, log)) }
            let step = sum * (1 / Double(points.count))
            mean = root * (try function(step, exp, allowsNegative: true)) * root
            if step.values.reduce(0, { $0 + $1 * $1 }).squareRoot() < 1e-9 { break }
        }
        return mean
    }

    /// The logarithm of each point as seen from `origin`: the upper triangle, what lies off the diagonal times √2.
    static func tangents(_ points: [Matrix], at origin: Matrix) throws(SignalError) -> [[Double]] {
        let inverse = try function(origin) { 1 / $0.squareRoot() }
        var rows: [[Double]] = []
        for point in points {
            let tangent = try function(inverse * point * inverse, log)
            rows.append(
                (0..<tangent.rows).flatMap { a in
                    (a..<tangent.rows).map { b in tangent[a, b] * (a == b ? 1 : 2.0.squareRoot()) }
                })
        }
        return rows
    }

    /// A function of the eigenvalues.
    static func function(
        _ matrix: Matrix, _ change: (Double) -> Double, allowsNegative: Bool = false
    ) throws(SignalError) -> Matrix {
        let (values, vectors) = matrix.symmetricEigen()
        guard allowsNegative || values.allSatisfy({ $0 > 0 }) else {
            throw .mismatch("a covariance is not positive: are there channels without power?")
        }
        var scaled = vectors
        for c in values.indices {
            let factor = change(values[c])
            for r in 0..<scaled.rows { scaled[r, c] *= factor }
        }
        return scaled * vectors.transposed
    }
}
