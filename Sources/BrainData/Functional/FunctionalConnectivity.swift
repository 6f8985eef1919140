import Foundation

/// How regions go together, from their time series.
public enum FunctionalConnectivity: String, Sendable, Codable, CaseIterable {
    /// Pearson's correlation.
    case correlation
    /// Correlation of two regions with what all others explain taken out.
    case partial

    /// How the covariance is estimated.
    public enum Estimator: String, Sendable, Codable, CaseIterable {
        /// As the frames have it.
        case empirical
        /// Drawn towards a multiple of the identity as far as few frames ask for: Ledoit & Wolf, *A well-conditioned estimator for
        /// large-dimensional covariance matrices*, J. Multivariate Analysis 88, 2004. nilearn's default.
        case ledoitWolf = "ledoit-wolf"
    }

    /// The matrix `[region, region]` with ones along the diagonal.
    ///
    /// - Throws: ``SignalError/mismatch(_:)`` where there are fewer than two frames, a region never changes, or, for partial
    ///   correlations, there are too few frames for the regions.
    public func callAsFunction(_ series: RegionSeries, _ estimator: Estimator = .ledoitWolf) throws(SignalError)
        -> Matrix
    {
        let silent = series.silent
        guard silent.isEmpty else {
            throw .mismatch(
                "\(silent.count) regions never change, the first of them \(series.regions[silent[0]]): leave them out")
        }
        switch self {
        case .correlation:
            var cleaning = SeriesCleaning()
            cleaning.detrends = false
            return Self.scaled(try estimator.covariance(cleaning(series).values))
        case .partial:
            let covariance = try estimator.covariance(series.values)
            guard let inverse = covariance.solve(.identity(covariance.rows)) else {
                throw .mismatch(
                    "\(series.frames) frames are too few for partial correlations of \(series.regions.count) regions")
            }
            var result = Self.scaled(inverse)
            for n in result.values.indices where n % (result.columns + 1) != 0 { result.values[n] *= -1 }
            return result
        }
    }

    /// A matrix divided by the roots of its diagonal on both sides.
    private static func scaled(_ matrix: Matrix) -> Matrix {
        var result = matrix
        let roots = (0..<matrix.rows).map { matrix[$0, $0].squareRoot() }
        for row in 0..<matrix.rows {
            for column in 0..<matrix.columns {
                result[row, column] = row == column ? 1 : matrix[row, column] / (roots[row] * roots[column])
            }
        }
        return result
    }

    /// Fisher's transform, the inverse hyperbolic tangent, of correlations kept off ±1.
    public static func fisher(_ correlation: Double) -> Double {
        let kept = min(max(correlation, -0.999_999), 0.999_999)
        return atanh(kept)
    }

    /// What lies above the diagonal, row by row.
    public static func upperTriangle(_ matrix: Matrix) -> [Double] {
        (0..<matrix.rows).flatMap { row in ((row + 1)..<max(row + 1, matrix.columns)).map { matrix[row, $0] } }
    }

    /// The symmetric matrix of what lies above the diagonal, with ones on it; nil where no matrix has so many numbers.
    public static func matrix(upperTriangle values: [Double]) -> Matrix? {
        let size = Int((0.5 + (0.25 + 2 * Double(values.count)).squareRoot()).rounded())
        guard size > 1, size * (size - 1) / 2 == values.count else { return nil }
        var (matrix, next) = (Matrix.identity(size), 0)
        for row in 0..<size {
            for column in (row + 1)..<size {
                (matrix[row, column], matrix[column, row]) = (values[next], values[next])
                next += 1
            }
        }
        return matrix
    }
}

extension FunctionalConnectivity.Estimator {
    /// The covariance of the columns `[frame, region]`, divided by the number of frames.
    public func covariance(_ values: Matrix) throws(SignalError) -> Matrix {
        guard values.rows > 1 else { throw .mismatch("connectivity needs two frames or more, found \(values.rows)") }
        let (frames, width) = (Double(values.rows), values.columns)
        var x = values
        for column in 0..<width {
            let mean = (0..<x.rows).reduce(0) { $0 + x[$1, column] } / frames
            for row in 0..<x.rows { x[row, column] -= mean }
        }
        let empirical = x.transposed * x * (1 / frames)
        guard self == .ledoitWolf else { return empirical }
        let level = empirical.trace / Double(width)
        let power = empirical.values.reduce(0) { $0 + $1 * $1 }
        let squares = Matrix(rows: x.rows, columns: width, values: x.values.map { $0 * $0 })
        let fourth = (0..<x.rows).reduce(0.0) { sum, row in
            let all = (0..<width).reduce(0) { $0 + squares[row, $1] }
            return sum + all * all
        }
        let spread = (fourth / frames - power) / frames
        let distance = power - 2 * level * empirical.trace + Double(width) * level * level
        let share = distance > 0 ? min(spread, distance) / distance : 0
        var result = empirical * (1 - share)
        for n in 0..<width { result[n, n] += share * level }
        return result
    }
}
