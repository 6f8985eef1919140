import BrainData

/// What a network reads of a subject: the matrix of correlations, or frames of standardised series.
struct ConnectomeInput: Sendable {
    /// Frames of a piece; 0 for correlations.
    let frames: Int
    let regions: Int
    /// Of each subject: a triangle of correlations, or all frames × regions.
    private let values: [[Float]]

    /// - Throws: ``TrainingError/run(_:)`` where series are asked for and not there, or shorter than a piece.
    init(_ items: [FunctionalCollection.Item], regions: Int, frames: Int) throws {
        (self.frames, self.regions) = (frames, regions)
        guard frames > 0 else {
            values = items.map(\.triangle)
            return
        }
        var cleaning = SeriesCleaning()
        cleaning.detrends = false
        values = try items.map { item in
            guard let series = item.series, series.frames >= frames else {
                throw TrainingError.run("\(item.subject) has no time series of \(frames) frames or more")
            }
            return try cleaning(series).values.values.map { Float($0) }
        }
    }

    /// Numbers of one input.
    var size: Int { (frames > 0 ? frames : regions) * regions }
    var shape: [Int] { [frames > 0 ? frames : regions, regions] }

    /// The input of a subject.
    ///
    /// - Parameter place: where the piece lies, from 0, the first frames, to 1, the last; correlations have no place.
    func piece(_ item: Int, at place: Double) -> [Float] {
        let all = values[item]
        guard frames > 0 else { return Self.square(all, regions) }
        let first = Int((place * Double(all.count / regions - frames)).rounded(.down))
        return Array(all[first * regions..<(first + frames) * regions])
    }

    /// The symmetric matrix of what lies above its diagonal, with ones on it.
    static func square(_ triangle: [Float], _ regions: Int) -> [Float] {
        var (matrix, next) = ([Float](repeating: 1, count: regions * regions), 0)
        for row in 0..<regions {
            for column in (row + 1)..<max(row + 1, regions) {
                matrix[row * regions + column] = triangle[next]
                matrix[column * regions + row] = triangle[next]
                next += 1
            }
        }
        return matrix
    }
}
