import Foundation

/// A small matrix of doubles for covariances and electrode maps, row after row.
public struct Matrix: Sendable, Equatable, Codable {
    public let rows, columns: Int
    public var values: [Double]

    /// - Precondition: `values` fills the matrix.
    public init(rows: Int, columns: Int, values: [Double]) {
        precondition(values.count == rows * columns, "\(values.count) values for \(rows) × \(columns)")
        (self.rows, self.columns, self.values) = (rows, columns, values)
    }

    /// - Throws: `DecodingError` where the values do not fill the matrix.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        rows = try container.decode(Int.self, forKey: .rows)
        columns = try container.decode(Int.self, forKey: .columns)
        values = try container.decode([Double].self, forKey: .values)
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard rows >= 0, columns >= 0, !overflow, values.count == count else {
            throw DecodingError.dataCorruptedError(
                forKey: .values, in: container, debugDescription: "\(values.count) values for \(rows) × \(columns)")
        }
    }

    public init(rows: Int, columns: Int, repeating value: Double = 0) {
        self.init(rows: rows, columns: columns, values: [Double](repeating: value, count: rows * columns))
    }

    /// Ones along the diagonal.
    public static func identity(_ size: Int) -> Matrix {
        var result = Matrix(rows: size, columns: size)
        for n in 0..<size { result[n, n] = 1 }
        return result
    }

    public subscript(row: Int, column: Int) -> Double {
        get { values[row * columns + column] }
        set { values[row * columns + column] = newValue }
    }

    public var transposed: Matrix {
        var result = Matrix(rows: columns, columns: rows)
        for r in 0..<rows { for c in 0..<columns { result[c, r] = self[r, c] } }
        return result
    }

    /// - Precondition: the inner sizes agree.
    public static func * (a: Matrix, b: Matrix) -> Matrix {
        precondition(a.columns == b.rows, "\(a.rows) × \(a.columns) times \(b.rows) × \(b.columns)")
        var result = Matrix(rows: a.rows, columns: b.columns)
        result.values.withUnsafeMutableBufferPointer { out in
            a.values.withUnsafeBufferPointer { left in
                b.values.withUnsafeBufferPointer { right in
                    for r in 0..<a.rows {
                        for k in 0..<a.columns {
                            let factor = left[r * a.columns + k]
                            for c in 0..<b.columns { out[r * b.columns + c] += factor * right[k * b.columns + c] }
                        }
                    }
                }
            }
        }
        return result
    }

    public static func + (a: Matrix, b: Matrix) -> Matrix {
        Matrix(rows: a.rows, columns: a.columns, values: zip(a.values, b.values).map { $0 + $1 })
    }

    public static func * (a: Matrix, b: Double) -> Matrix {
        Matrix(rows: a.rows, columns: a.columns, values: a.values.map { $0 * b })
    }

    /// The sum of the diagonal.
    public var trace: Double { (0..<min(rows, columns)).reduce(0) { $0 + self[$1, $1] } }
}

extension Matrix {
    /// Eigenvalues, the smallest first, and eigenvectors of a symmetric matrix, one a column, by Jacobi's rotations.
    ///
    /// Golub & Van Loan, *Matrix Computations*, section 8.5.
    ///
    /// - Precondition: the matrix is square; only its symmetric part counts.
    public func symmetricEigen() -> (values: [Double], vectors: Matrix) {
        precondition(rows == columns, "\(rows) × \(columns) is not square")
        let n = rows
        var a = (self + transposed) * 0.5
        var v = Matrix(rows: n, columns: n)
        for k in 0..<n { v[k, k] = 1 }
        for _ in 0..<60 {
            var outside = 0.0
            for p in 0..<n { for q in 0..<n where p != q { outside += a[p, q] * a[p, q] } }
            let whole = a.values.reduce(0) { $0 + $1 * $1 }
            // Rounding leaves about this much outside of the diagonal.
            if outside <= 1e-32 * Double(n * n) * whole || !whole.isFinite { break }
            for p in 0..<n { for q in (p + 1)..<max(n, p + 1) { Self.rotate(&a, &v, p, q) } }
        }
        let order = (0..<n).sorted { a[$0, $0] < a[$1, $1] }
        var vectors = Matrix(rows: n, columns: n)
        for (column, from) in order.enumerated() { for r in 0..<n { vectors[r, column] = v[r, from] } }
        return (order.map { a[$0, $0] }, vectors)
    }

    /// Turns axes p and q so that the element between them vanishes.
    private static func rotate(_ a: inout Matrix, _ v: inout Matrix, _ p: Int, _ q: Int) {
        let between = a[p, q]
        guard between != 0 else { return }
        let theta = (a[q, q] - a[p, p]) / (2 * between)
        let tangent = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
        let cosine = 1 / (tangent * tangent + 1).squareRoot()
        let sine = tangent * cosine
        let n = a.rows
        a.values.withUnsafeMutableBufferPointer { a in
            for k in 0..<n {
                let (x, y) = (a[k * n + p], a[k * n + q])
                (a[k * n + p], a[k * n + q]) = (cosine * x - sine * y, sine * x + cosine * y)
            }
            for k in 0..<n {
                let (x, y) = (a[p * n + k], a[q * n + k])
                (a[p * n + k], a[q * n + k]) = (cosine * x - sine * y, sine * x + cosine * y)
            }
        }
        v.values.withUnsafeMutableBufferPointer { v in
            for k in 0..<n {
                let (x, y) = (v[k * n + p], v[k * n + q])
                (v[k * n + p], v[k * n + q]) = (cosine * x - sine * y, sine * x + cosine * y)
            }
        }
    }

    /// The solution of `self · x = right`, by elimination with pivots; nil for a matrix that has none.
    ///
    /// - Precondition: the matrix is square, and `right` has as many rows.
    public func solve(_ right: Matrix) -> Matrix? {
        precondition(rows == columns && right.rows == rows, "\(rows) × \(columns), \(right.rows) rows on the right")
        var (a, b) = (self, right)
        let scale = a.values.map(abs).max() ?? 0
        for k in 0..<rows {
            guard let pivot = (k..<rows).max(by: { abs(a[$0, k]) < abs(a[$1, k]) }), abs(a[pivot, k]) > 1e-14 * scale
            else { return nil }
            if pivot != k {
                for c in 0..<columns { a.values.swapAt(k * columns + c, pivot * columns + c) }
                for c in 0..<b.columns { b.values.swapAt(k * b.columns + c, pivot * b.columns + c) }
            }
            for r in (k + 1)..<max(rows, k + 1) {
                let factor = a[r, k] / a[k, k]
                guard factor != 0 else { continue }
                for c in k..<columns { a[r, c] -= factor * a[k, c] }
                for c in 0..<b.columns { b[r, c] -= factor * b[k, c] }
            }
        }
        for k in stride(from: rows - 1, through: 0, by: -1) {
            for c in 0..<b.columns {
                var sum = b[k, c]
                for j in (k + 1)..<max(columns, k + 1) { sum -= a[k, j] * b[j, c] }
                b[k, c] = sum / a[k, k]
            }
        }
        return b
    }
}
