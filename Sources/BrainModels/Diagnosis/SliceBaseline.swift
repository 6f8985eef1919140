public import BrainData

/// What a network on slices has to beat: a line through thumbnails of 16 × 16 pixels a view.
///
/// Classes by logistic regression, ages by ridge regression, both with a penalty that is chosen beforehand and never tuned.
public struct SliceBaseline: Sendable {
    /// Pixels along each side of a thumbnail.
    private static let side = 16

    private let contract: SliceInput.Contract
    private let classes: LogisticRegression?
    private let ages: (weights: [Double], mean: Double)?

    /// Learns from prepared items.
    ///
    /// - Parameters:
    ///   - labels: the class of each item, from 0; no classes are learned where there is one.
    ///   - years: the age of each item; nil to learn none.
    /// - Throws: ``SignalError`` where a class has no item.
    public init(
        _ items: [[Float]], _ contract: SliceInput.Contract, labels: [Int], classes count: Int, years: [Double]?
    ) throws(SignalError) {
        self.contract = contract
        let rows = items.map { Self.thumbnails($0, contract) }
        classes = count > 1 ? try LogisticRegression(rows, labels, count: count, strength: 0.01) : nil
        ages = try years.map { (years) throws(SignalError) in try Self.ridge(rows, years) }
    }

    /// The probability of each class; empty where none were learned.
    public func probabilities(_ item: [Float]) -> [Double] {
        classes?.probabilities(Self.thumbnails(item, contract)) ?? []
    }

    /// In years; nil where no ages were learned.
    public func years(_ item: [Float]) -> Double? {
        ages.map { ages in
            zip(ages.weights, Self.thumbnails(item, contract)).reduce(ages.mean) { $0 + $1.0 * $1.1 }
        }
    }

    /// The means of square cells of every view.
    static func thumbnails(_ item: [Float], _ contract: SliceInput.Contract) -> [Double] {
        let wide = contract.side, cell = max(1, wide / side), across = wide / cell
        return (0..<contract.views.count).flatMap { view in
            (0..<across * across).map { place in
                var sum: Float = 0
                for row in 0..<cell {
                    let start = view * wide * wide + (place / across * cell + row) * wide + place % across * cell
                    for column in 0..<cell { sum += item[start + column] }
                }
                return Double(sum) / Double(cell * cell)
            }
        }
    }

    /// The weights that minimise `|X w − y|² + λ |w|²`, y without its mean, with λ a hundredth of the features' whole power.
    private static func ridge(_ rows: [[Double]], _ years: [Double]) throws(SignalError) -> ([Double], Double) {
        guard let width = rows.first?.count, rows.count == years.count else {
            throw .mismatch("expected an age for each item")
        }
        let mean = years.reduce(0, +) / Double(years.count)
        let x = Matrix(rows: rows.count, columns: width, values: rows.flatMap { $0 })
        // By way of the items' inner products, of which there are fewer than pixels.
        var products = x * x.transposed
        let power = (0..<rows.count).reduce(0) { $0 + products[$1, $1] }
        for n in 0..<rows.count { products[n, n] += power / 100 }
        let wanted = Matrix(rows: years.count, columns: 1, values: years.map { $0 - mean })
        guard let shares = products.solve(wanted) else { throw .mismatch("the pictures do not vary") }
        return ((x.transposed * shares).values, mean)
    }
}
