/// Rows of words under each other.
enum AlignedText {
    /// One line a row; columns are as wide as the widest cell of the rows that have a following one.
    static func lines(_ rows: [[String]]) -> String {
        var lines: [String] = []
        for block in rows.split(separator: [""], omittingEmptySubsequences: false) {
            if !lines.isEmpty { lines.append("") }
            lines += aligned(Array(block))
        }
        return lines.joined(separator: "\n")
    }

    private static func aligned(_ rows: [[String]]) -> [String] {
        var widths: [Int] = []
        for row in rows {
            for (n, cell) in row.dropLast().enumerated() {
                if n == widths.count { widths.append(0) }
                widths[n] = max(widths[n], cell.count)
            }
        }
        return rows.map { row in
            row.enumerated().map { n, cell in
                n == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[n] - cell.count)
            }.joined(separator: "  ")
        }
    }
}
