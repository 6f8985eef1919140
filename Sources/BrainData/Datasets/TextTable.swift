public import Foundation

/// A table with a line of titles, its cells parted by tabs or commas; `n/a` and nothing are no values.
public struct TextTable: Sendable {
    /// As the file writes them.
    public let titles: [String]
    private let columns: [String: Int]
    private let lines: [[String]]

    /// Reads a table; cells that hold separators or line ends stand in double quotes, as RFC 4180 has it.
    ///
    /// - Parameter separator: as the first line suggests if left out.
    public init(_ bytes: Data, separator: Character? = nil) {
        let text = String(decoding: bytes, as: UTF8.self)
        let first = text.prefix { !$0.isNewline }
        let separator = separator ?? (first.contains("\t") ? "\t" : first.contains(";") ? ";" : ",")
        var lines = Self.lines(text, separator)
        titles = lines.isEmpty ? [] : lines.removeFirst().map(\.trimmingBlanks)
        columns = Dictionary(titles.enumerated().map { ($1.lowercased(), $0) }) { first, _ in first }
        self.lines = lines
    }

    /// - Throws: ``SignalError`` where the file cannot be read or is larger than a table is.
    public init(_ url: URL) throws(SignalError) {
        let file = try SignalError.rethrown { () throws(ImagingError) in try FileBytes(url, expecting: "a table") }
        guard file.raw.count <= 1 << 26 else {
            throw .unsupported(path: url.path, what: "a table of more than 64 MB")
        }
        self.init(file.raw)
    }

    public var count: Int { lines.count }

    /// A cell's text; nil for `n/a`, an empty cell, and a column that is not there.
    public subscript(_ line: Int, _ title: String) -> String? {
        guard let column = columns[title.lowercased()], lines[line].indices.contains(column) else { return nil }
        let text = lines[line][column].trimmingBlanks
        return text.isEmpty || text.lowercased() == "n/a" ? nil : text
    }

    private static func lines(_ text: String, _ separator: Character) -> [[String]] {
        guard text.contains("\"") else {
            return text.split(whereSeparator: \.isNewline).map {
                $0.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
            }
        }
        var (lines, cells, cell) = ([[String]](), [String](), "")
        var (isQuoted, closes) = (false, false)
        func endLine() {
            cells.append(cell)
            if cells != [""] { lines.append(cells) }
            (cells, cell) = ([], "")
        }
        for character in text {
            if isQuoted {
                if character == "\"" { (isQuoted, closes) = (false, true) } else { cell.append(character) }
            } else if character == "\"" {
                if closes { cell.append(character) }  // two quotes are one that was meant
                (isQuoted, closes) = (true, false)
            } else {
                closes = false
                if character == separator {
                    cells.append(cell)
                    cell = ""
                } else if character.isNewline {
                    endLine()
                } else {
                    cell.append(character)
                }
            }
        }
        endLine()
        return lines
    }
}
