/// What can go wrong between a result and its report. Each case says what was expected, what was found, and where, in
/// one sentence.
public enum EvaluationError: Error, Equatable, Sendable {
    /// Two images that should share one grid lie on different ones.
    case gridsDiffer(expected: String, found: String)
    /// The grid has no voxels, or its voxels have no size.
    case grid(String)
    /// The voxels of an image do not run to the right, to the front and upwards, so its sides could be confused.
    case orientation(image: String)
    /// A row of a table has another number of cells than the table has columns.
    case tableShape(table: String, columns: Int, found: Int)
    /// Answers and truths do not fit together.
    case scores(String)
    /// The picture cannot be encoded.
    case picture(String)
    /// The result cannot be written.
    case unwritable(path: String, why: String)
}

extension EvaluationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .gridsDiffer(let expected, let found):
            "both images must lie on one grid: expected \(expected), found \(found); resample one of them first"
        case .grid(let why):
            "this grid holds nothing that can be measured: \(why)"
        case .orientation(let image):
            "the axes of \"\(image)\" must run to the right, to the front and upwards; reorient it to RAS first"
        case .tableShape(let table, let columns, let found):
            "a row of the table \"\(table)\" has \(found) cells, but the table has \(columns) columns"
        case .scores(let why): why
        case .picture(let why):
            "cannot encode the picture: \(why)"
        case .unwritable(let path, let why):
            "cannot write \(path): \(why)"
        }
    }
}
