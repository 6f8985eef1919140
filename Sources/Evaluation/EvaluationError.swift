/// What can go wrong between a result and its report. Each case says what was expected, what was found, and where, in
/// one sentence.
public enum EvaluationError: Error, Equatable, Sendable {
    /// Two images that should share one grid lie on different ones.
    case gridsDiffer(expected: String, found: String)
    /// The grid has no voxels, or its voxels have no size.
    case grid(String)
    /// A row of a table has another number of cells than the table has columns.
    case tableShape(table: String, columns: Int, found: Int)
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
        case .tableShape(let table, let columns, let found):
            "a row of the table \"\(table)\" has \(found) cells, but the table has \(columns) columns"
        case .picture(let why):
            "cannot encode the picture: \(why)"
        case .unwritable(let path, let why):
            "cannot write \(path): \(why)"
        }
    }
}
