/// Takes drifts, confounds and frequencies that are no brain's doing out of time series, in nilearn's order: detrending,
/// band-pass, regression on confounds that went through both, scaling.
///
/// The steps and their order are those of `nilearn.signal.clean` with a Butterworth filter; why confounds have to be filtered
/// with the series: Lindquist et al., *Modular preprocessing pipelines can reintroduce artifacts into fMRI data*, Human Brain
/// Mapping 40, 2019.
public struct SeriesCleaning: Sendable, Codable, Equatable {
    /// Takes the mean and the straight line out.
    public var detrends = true
    /// The slowest and the fastest frequency that stay, in hertz; nil for no bound.
    public var slowest, fastest: Double?
    /// Gives each series zero mean and unit variance (n − 1).
    public var standardises = true

    public init() {}

    /// - Parameter confounds: a row a frame.
    /// - Throws: ``SignalError/mismatch(_:)`` where numbers of frames differ, the band does not fit to the time between frames, or a
    ///   band is asked for and that time is not known.
    public func callAsFunction(_ series: RegionSeries, confounds: Matrix? = nil) throws(SignalError) -> RegionSeries {
        var result = series
        var columns = try prepared(series.values, series.repetition)
        if let confounds, confounds.columns > 0 {
            guard confounds.rows == series.frames else {
                throw .mismatch("there are \(series.frames) frames, and confounds of \(confounds.rows)")
            }
            let basis = Self.basis(try prepared(confounds, series.repetition).map { Self.standardised($0) })
            for n in columns.indices { columns[n].lose(basis) }
        }
        if standardises { columns = columns.map { Self.standardised($0) } }
        for (region, column) in columns.enumerated() {
            for frame in 0..<series.frames { result.values[frame, region] = column[frame] }
        }
        return result
    }

    private func prepared(_ values: Matrix, _ repetition: Double?) throws(SignalError) -> [[Double]] {
        guard values.rows > 1, values.values.allSatisfy(\.isFinite) else {
            throw .mismatch("series need two frames or more and numbers that are finite")
        }
        var columns = (0..<values.columns).map { column in (0..<values.rows).map { values[$0, column] } }
        if detrends { columns = columns.map(Self.detrended) }
        if let filter = try filter(repetition) {
            columns = try columns.map { (column) throws(SignalError) in try filter.zeroPhase(column) }
        }
        return columns
    }

    private func filter(_ repetition: Double?) throws(SignalError) -> IIRFilter? {
        guard slowest != nil || fastest != nil else { return nil }
        guard let repetition, repetition > 0 else {
            throw .mismatch("a band in hertz needs the time between frames, and nothing tells it")
        }
        let band: IIRFilter.Band =
            switch (slowest, fastest) {
            case (let low?, let high?): .bandpass(low, high)
            case (let low?, nil): .highpass(low)
            case (_, let high): .lowpass(high ?? 0)
            }
        return try .butterworth(order: 5, band, rate: 1 / repetition)
    }

    private static func detrended(_ x: [Double]) -> [Double] {
        let mean = x.reduce(0, +) / Double(x.count), middle = Double(x.count - 1) / 2
        var (along, power) = (0.0, 0.0)
        for (n, value) in x.enumerated() {
            let time = Double(n) - middle
            (along, power) = (along + time * (value - mean), power + time * time)
        }
        return x.enumerated().map { $1 - mean - along / power * (Double($0) - middle) }
    }

    private static func standardised(_ x: [Double]) -> [Double] {
        let mean = x.reduce(0, +) / Double(x.count)
        let power = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (power / Double(x.count - 1)).squareRoot()
        return x.map { ($0 - mean) / (deviation < .ulpOfOne ? 1 : deviation) }
    }

    /// What is left of a standardised column, a frame, that others explain. nilearn goes down to 2e-14, where rounding in a
    /// table's decimals passes for a confound of its own.
    private static let negligible = 1e-9

    /// Orthonormal directions that span the columns; columns that hang on others bring none.
    private static func basis(_ columns: [[Double]]) -> [[Double]] {
        var (rest, basis) = (columns, [[Double]]())
        while let longest = rest.indices.max(by: { rest[$0].length < rest[$1].length }) {
            var direction = rest.remove(at: longest)
            direction.lose(basis)  // once more, for what rounding left
            let length = direction.length
            guard length > Self.negligible * Double(direction.count).squareRoot() else { break }
            direction = direction.map { $0 / length }
            basis.append(direction)
            for n in rest.indices { rest[n].lose([direction]) }
        }
        return basis
    }
}

extension [Double] {
    fileprivate var length: Double { reduce(0) { $0 + $1 * $1 }.squareRoot() }

    /// Takes out what lies along orthonormal directions.
    fileprivate mutating func lose(_ basis: [[Double]]) {
        for direction in basis {
            var along = 0.0
            for n in indices { along += self[n] * direction[n] }
            for n in indices { self[n] -= along * direction[n] }
        }
    }
}
