import Foundation

/// Weights over channels whose outputs differ most in power between two kinds of trials.
///
/// Ramoser, Müller-Gerking & Pfurtscheller, *Optimal spatial filtering of single trial EEG during imagined hand movement*,
/// IEEE Trans. Rehabil. Eng. 8, 2000: the eigenvectors of one class's mean covariance against the sum of both.
public struct CommonSpatialPatterns: Sendable, Codable {
    /// One filter a row, `[filter, channel]`, scaled so that its output has power one over both kinds together.
    public let filters: Matrix
    /// The share of each filter's output power that lies in the first kind of trials, from 0 to 1.
    public let shares: [Double]

    /// The filters of two classes: half of them strongest for the first, half for the second.
    ///
    /// - Parameter filters: an even number, at most as many as channels.
    public static func twoClass(
        _ epochs: Epochs, _ first: String, _ second: String, filters: Int
    ) throws(SignalError) -> CommonSpatialPatterns {
        let (a, b) = (try covariance(epochs) { $0 == first }, try covariance(epochs) { $0 == second })
        let (shares, vectors) = try contrast(a, a + b)
        guard filters > 0, filters % 2 == 0, filters <= shares.count else {
            throw .mismatch("an even number of filters from 2 to \(shares.count) is possible, not \(filters)")
        }
        let top = (0..<filters / 2).map { shares.count - 1 - $0 }
        return CommonSpatialPatterns(shares, vectors, top + Array(0..<filters / 2))
    }

    /// For each class the filters whose output is strongest in it against all other classes, in the order of
    /// ``Epochs/classes``.
    ///
    /// - Parameter filters: of each class.
    public static func oneVersusRest(_ epochs: Epochs, filters: Int) throws(SignalError) -> CommonSpatialPatterns {
        var (rows, shares) = ([Double](), [Double]())
        for name in epochs.classes {
            let (a, b) = (try covariance(epochs) { $0 == name }, try covariance(epochs) { $0 != name })
            let (found, vectors) = try contrast(a, a + b)
            guard filters > 0, filters <= found.count else {
                throw .mismatch("1 to \(found.count) filters a class are possible, not \(filters)")
            }
            let part = CommonSpatialPatterns(found, vectors, (0..<filters).map { found.count - 1 - $0 })
            rows += part.filters.values
            shares += part.shares
        }
        return CommonSpatialPatterns(
            filters: Matrix(rows: shares.count, columns: epochs.channels.count, values: rows), shares: shares)
    }

    private init(filters: Matrix, shares: [Double]) { (self.filters, self.shares) = (filters, shares) }

    private init(_ shares: [Double], _ vectors: Matrix, _ picked: [Int]) {
        let values = picked.flatMap { column in (0..<vectors.rows).map { vectors[$0, column] } }
        self.init(
            filters: Matrix(rows: picked.count, columns: vectors.rows, values: values),
            shares: picked.map { shares[$0] })
    }

    /// The outputs of the filters, as channels.
    public func callAsFunction(_ signal: Signal) -> Signal {
        let mixed = filters * Matrix(rows: signal.channels.count, columns: signal.count, values: signal.values)
        let channels = (0..<filters.rows).map { Channel(name: "CSP\($0 + 1)", unit: "", rate: signal.rate) }
        return Signal(channels: channels, rate: signal.rate, count: signal.count, values: mixed.values)
    }

    /// The logarithm of each output's share of the power, one row of features a trial.
    public func features(_ epochs: Epochs) -> [[Double]] {
        (0..<epochs.trials).map { trial in
            let outputs = self(epochs.signal(trial))
            let powers = (0..<filters.rows).map { outputs.row($0).reduce(0) { $0 + $1 * $1 } }
            let whole = powers.reduce(0, +)
            return powers.map { log(max($0 / max(whole, 1e-300), 1e-300)) }
        }
    }

    /// The mean over trials of `X Xᵀ / trace(X Xᵀ)`.
    static func covariance(_ epochs: Epochs, _ belongs: (String) -> Bool) throws(SignalError) -> Matrix {
        let trials = epochs.labels.indices.filter { belongs(epochs.labels[$0]) }
        guard !trials.isEmpty else { throw .mismatch("spatial patterns need trials of both kinds, and one has none") }
        var sum = Matrix(rows: epochs.channels.count, columns: epochs.channels.count)
        for trial in trials {
            let signal = epochs.signal(trial)
            let x = Matrix(rows: signal.channels.count, columns: signal.count, values: signal.values)
            let product = x * x.transposed
            guard product.trace > 0, product.trace.isFinite else {
                throw .mismatch("trial \(trial + 1) is all zero or holds values that are no numbers")
            }
            sum = sum + product * (1 / product.trace)
        }
        return sum * (1 / Double(trials.count))
    }

    /// Eigenvalues, ascending, and eigenvectors of `a x = λ b x` with `xᵀ b x = 1`; directions that `b` lacks (as after an
    /// average reference) are left out.
    static func contrast(_ a: Matrix, _ b: Matrix) throws(SignalError) -> (values: [Double], vectors: Matrix) {
        let (powers, axes) = b.symmetricEigen()
        let kept = powers.indices.filter { powers[$0] > 1e-10 * (powers.last ?? 0) }
        guard !kept.isEmpty else { throw .mismatch("the channels hold no power") }
        var whitening = Matrix(rows: b.rows, columns: kept.count)
        for (column, from) in kept.enumerated() {
            for row in 0..<b.rows { whitening[row, column] = axes[row, from] / powers[from].squareRoot() }
        }
        let (values, vectors) = (whitening.transposed * a * whitening).symmetricEigen()
        return (values, whitening * vectors)
    }
}
