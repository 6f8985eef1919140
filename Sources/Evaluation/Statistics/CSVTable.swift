public import Foundation

/// A table as comma-separated values with a header line (RFC 4180, lines ended by a line feed).
public struct CSVTable: Sendable, Equatable {
    public var header: [String]
    public var rows: [[String]]

    public init(header: [String], rows: [[String]] = []) { (self.header, self.rows) = (header, rows) }

    /// One line a case and region: `case,region,dice,hd95_mm,…`, empty where a metric was not measured.
    public init(_ cases: [SegmentationEvaluation], metrics: [Metric] = Metric.all) {
        header = ["case", "region"] + metrics.map(\.column)
        rows = cases.flatMap { evaluation in
            evaluation.regions.map { region in
                let values = evaluation.scores[region]?.values ?? [:]
                return [evaluation.name, region] + metrics.map { metric in values[metric.name].map { "\($0)" } ?? "" }
            }
        }
    }

    /// The whole file. Cells that hold a comma, a quote or a line break are quoted.
    public var text: String {
        ([header] + rows).map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
    }

    /// Writes the table; a killed run leaves no half file.
    ///
    /// - Throws: `EvaluationError.unwritable`.
    public func write(to file: URL) throws(EvaluationError) {
        try text.writeWhole(to: file)
    }

    private static func quoted(_ cell: String) -> String {
        guard cell.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return cell }
        return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}

extension String {
    /// Writes the text in UTF-8 under a temporary name, then renames it.
    func writeWhole(to file: URL) throws(EvaluationError) {
        do {
            try Data(utf8).write(to: file, options: .atomic)
        } catch {
            throw .unwritable(path: file.path, why: error.localizedDescription)
        }
    }
}
