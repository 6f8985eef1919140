/// What can go wrong between a recording's file and prepared signals. Each case says what was expected, what was found,
/// and where, in one sentence.
public enum SignalError: Error, Equatable, Sendable {
    /// No file or folder lies at the path.
    case missing(path: String)
    /// The file is there and cannot be read: no permission, a folder, a fault of the disk.
    case unreadable(path: String, why: String)
    /// The file ends before what its header announces.
    case truncated(path: String, expected: Int, found: Int)
    /// A field of the file says what cannot be, and nothing sensible stands in for it.
    case malformed(path: String, expected: String, found: String)
    /// The file is sound, and nothing here reads it.
    case unsupported(path: String, what: String)
    /// The samples would need more memory than is allowed.
    case tooLarge(path: String, bytes: Int, limit: Int)
    /// Channels, rates, events or settings that do not fit together.
    case mismatch(String)
    /// The result cannot be written.
    case unwritable(path: String, why: String)
}

extension SignalError: CustomStringConvertible {
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
            "\(path) needs \(bytes / 1_000_000) MB of memory, more than the \(limit / 1_000_000) MB allowed; "
                + "read a part of it or raise the limit"
        case .mismatch(let why):
            why
        case .unwritable(let path, let why):
            "cannot write \(path): \(why)"
        }
    }
}

extension SignalError {
    /// The same fault of a file, as the floor's readers of bytes report it.
    init(_ error: ImagingError) {
        switch error {
        case .missing(let path): self = .missing(path: path)
        case .unreadable(let path, let why): self = .unreadable(path: path, why: why)
        case .truncated(let path, let expected, let found):
            self = .truncated(path: path, expected: expected, found: found)
        case .malformed(let path, let expected, let found):
            self = .malformed(path: path, expected: expected, found: found)
        case .unsupported(let path, let what): self = .unsupported(path: path, what: what)
        case .tooLarge(let path, let bytes, let limit): self = .tooLarge(path: path, bytes: bytes, limit: limit)
        case .unwritable(let path, let why): self = .unwritable(path: path, why: why)
        case .geometry, .layout, .unknownLabels: self = .mismatch(error.description)
        }
    }

    /// Runs what reads bytes, its fault told as one of signals.
    static func rethrown<Value>(_ body: () throws(ImagingError) -> Value) throws(SignalError) -> Value {
        do throws(ImagingError) { return try body() } catch { throw SignalError(error) }
    }
}
