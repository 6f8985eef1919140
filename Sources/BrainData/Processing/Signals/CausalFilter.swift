/// A filter that runs along with a recording: what it gives for a sample hangs on that sample and the ones before alone, and is the
/// same, bit by bit, in whatever pieces the samples come.
public struct CausalFilter: Sendable {
    private let filter: IIRFilter
    private var states: [[SIMD2<Double>]] = []

    public init(_ filter: IIRFilter) { self.filter = filter }

    /// A Butterworth band-pass of order 4.
    public static func band(_ band: ClosedRange<Double>, rate: Double) throws(SignalError) -> CausalFilter {
        CausalFilter(try .butterworth(order: 4, .bandpass(band.lowerBound, band.upperBound), rate: rate))
    }

    /// The next samples, one row a channel, from rest on at the first call.
    public mutating func next(_ rows: [[Double]]) -> [[Double]] {
        let rest = [SIMD2<Double>](repeating: .zero, count: filter.sections.count)
        while states.count < rows.count { states.append(rest) }
        return rows.indices.map { filter.run(rows[$0], &states[$0]) }
    }

    /// A whole signal from rest on.
    public func whole(_ signal: Signal) -> Signal { signal.mappingRows { filter.causal($0) } }
}
