/// What can go wrong between a checkpoint and an answer. Each case says what was expected, what was found, and where.
public enum NetworkError: Error, Equatable, Sendable {
    /// The engine refused an operation: shapes that do not fit, or no memory left.
    case engine(operation: String, message: String)
    /// The device is unknown or not there.
    case device(String)
    /// The checkpoint has no tensor of this name.
    case missingWeight(name: String, similar: [String])
    /// The checkpoint's tensor has another shape than the module declares.
    case weightShape(name: String, declared: [Int], found: [Int])
    /// Tensors of the checkpoint that no module asked for.
    case unusedWeights([String])
    /// The configuration describes no network.
    case configuration(String)
    /// The input does not fit the configured model.
    case input(expected: String, found: [Int])
    /// The file is no checkpoint or array that can be read; `file` is its path.
    case malformed(file: String, why: String)
    /// No file lies at the path.
    case missingFile(String)
    /// The file cannot be written.
    case unwritable(file: String, why: String)
}

extension NetworkError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .engine(let operation, let message):
            "\(operation): \(message)"
        case .device(let why):
            why
        case .missingWeight(let name, let similar):
            "the checkpoint has no \"\(name)\"" + (similar.isEmpty ? "" : "; it has \(similar.joined(separator: ", "))")
        case .weightShape(let name, let declared, let found):
            "\"\(name)\" should have shape \(declared), but the checkpoint's has \(found)"
        case .unusedWeights(let names):
            "no module asked for \(names.count) of the checkpoint's tensors: \(names.prefix(6).joined(separator: ", "))"
                + (names.count > 6 ? " …" : "")
        case .configuration(let why):
            "this configuration describes no network: \(why)"
        case .input(let expected, let found):
            "expected an input of shape \(expected), found \(found)"
        case .malformed(let file, let why):
            "cannot use \(file): \(why)"
        case .missingFile(let path):
            "expected a file at \(path), found none"
        case .unwritable(let file, let why):
            "cannot write \(file): \(why)"
        }
    }
}
