import ArgumentParser
import Foundation

/// One `--input`: a file, or `NAME=FILE` where a network takes several.
struct NamedInput: ExpressibleByArgument {
    let name: String?
    let file: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let isNamed =
            parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty
            && parts[0].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        if isNamed && !FileManager.default.fileExists(atPath: argument) {
            (name, file) = (String(parts[0]), String(parts[1]))
        } else {
            (name, file) = (nil, argument)
        }
    }
}
