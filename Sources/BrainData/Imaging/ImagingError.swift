/// What can go wrong between an image file and a prepared volume. Each case says what was expected, what was found, and
/// where, in one sentence.
public enum ImagingError: Error, Equatable, Sendable {
    /// No file or folder lies at the path.
    case missing(path: String)
    /// The file is there and cannot be read: no permission, a folder, a fault of the disk.
    case unreadable(path: String, why: String)
    /// The file ends before what its header announces.
    case truncated(path: String, expected: Int, found: Int)
    /// A field of the file says what cannot be.
    case malformed(path: String, expected: String, found: String)
    /// The file is sound, and nothing here reads it.
    case unsupported(path: String, what: String)
    /// The volume would need more memory than is allowed.
    case tooLarge(path: String, bytes: Int, limit: Int)
    /// Grids, directions or sizes that do not fit together.
    case geometry(String)
    /// A label map holds values that its scheme does not know.
    case unknownLabels(path: String, found: [Int], known: [Int], scheme: String)
    /// A case folder lacks a file, or holds what is no known layout.
    case layout(String)
    /// The result cannot be written.
    case unwritable(path: String, why: String)
}

extension ImagingError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missing(let path):
            "expected a file at \(path), found none"
        case .unreadable(let path, let why):
            "cannot read \(path): \(why)"
        case .truncated(let path, let expected, let found):
            "\(path) ends early: its header announces \(expected) bytes, and \(found) are there"
        case .malformed(let path, let expected, let found):
            "\(path) is damaged: expected \(expected), found \(found)"
        case .unsupported(let path, let what):
            "cannot use \(path): \(what)"
        case .tooLarge(let path, let bytes, let limit):
            "\(path) needs \(bytes / 1_000_000) MB of memory, more than the \(limit / 1_000_000) MB allowed; raise --max-memory"
        case .geometry(let why):
            why
        case .unknownLabels(let path, let found, let known, let scheme):
            "\(path) holds the labels \(found), but the scheme \(scheme) knows only \(known); name the right scheme"
        case .layout(let why):
            why
        case .unwritable(let path, let why):
            "cannot write \(path): \(why)"
        }
    }
}
