/// What regions of a brain did over time: one number a frame and region.
public struct RegionSeries: Sendable, Equatable {
    /// What the regions are called, in the order of columns.
    public let regions: [String]
    /// Seconds from one frame to the next; nil where nothing says so.
    public let repetition: Double?
    /// `[frame, region]`.
    public var values: Matrix

    /// - Precondition: there is a name a column.
    public init(regions: [String], repetition: Double? = nil, values: Matrix) {
        precondition(regions.count == values.columns, "\(regions.count) names for \(values.columns) regions")
        (self.regions, self.repetition, self.values) = (regions, repetition, values)
    }

    public var frames: Int { values.rows }

    /// One region over time.
    public func series(_ region: Int) -> [Double] { (0..<frames).map { values[$0, region] } }

    /// Regions that never change, such as those that lie outside the scanned slab.
    public var silent: [Int] {
        regions.indices.filter { region in (1..<max(1, frames)).allSatisfy { values[$0, region] == values[0, region] } }
    }

    /// Some of the frames, in their order.
    public func picking(frames picked: [Int]) -> RegionSeries {
        let width = regions.count
        let rows = picked.flatMap { values.values[$0 * width..<($0 + 1) * width] }
        return RegionSeries(
            regions: regions, repetition: repetition,
            values: Matrix(rows: picked.count, columns: width, values: rows))
    }
}
