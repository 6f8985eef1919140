/// A table of a report.
public struct ReportTable: Sendable {
    /// A column: its title, its unit where it has one, and whether numbers stand in it.
    public struct Column: Sendable, ExpressibleByStringLiteral {
        public var title: String
        public var unit: String
        public var isNumber: Bool

        public init(_ title: String, unit: String = "", isNumber: Bool = true) {
            (self.title, self.unit, self.isNumber) = (title, unit, isNumber)
        }

        /// A column of numbers. `Column("Cases")` would be one of words: Swift takes it for the literal.
        public static func number(_ title: String, unit: String = "") -> Column { Column(title, unit: unit) }

        /// A column of words.
        public init(stringLiteral title: String) { self.init(title, isNumber: false) }
    }

    /// A cell: its text, with a label's colour before it where it names one.
    public struct Cell: Sendable, ExpressibleByStringInterpolation {
        public var text: String
        public var colour: Colour?

        public init(_ text: String, colour: Colour? = nil) { (self.text, self.colour) = (text, colour) }
        public init(stringLiteral text: String) { self.init(text) }
    }

    public var title: String
    public var columns: [Column]
    /// Rows with one cell for each column.
    public var rows: [[Cell]]
    /// A remark under the table; empty for none.
    public var note: String

    public init(_ title: String, columns: [Column], rows: [[Cell]], note: String = "") {
        (self.title, self.columns, self.rows, self.note) = (title, columns, rows, note)
    }

    /// The scores of a case: a row a region, a column a metric.
    ///
    /// - Parameter names: what regions are called in full, where that is more than their short name.
    public init(
        _ title: String, scores evaluation: SegmentationEvaluation, metrics: [Metric] = Metric.all,
        names: [String: String] = [:], note: String = ""
    ) {
        let columns = [Column("Region", isNumber: false)] + metrics.map { Column($0.title, unit: $0.unit) }
        let rows = evaluation.regions.map { region in
            [Cell(names[region] ?? region)]
                + metrics.map { metric in
                    let value = evaluation.scores[region]?[metric] ?? .nan
                    return Cell(value.formatted(decimals: metric.unit.isEmpty ? 3 : metric.unit == "mm" ? 1 : 2))
                }
        }
        self.init(title, columns: columns, rows: rows, note: note)
    }

    func markup() throws(EvaluationError) -> String {
        if let row = rows.first(where: { $0.count != columns.count }) {
            throw .tableShape(table: title, columns: columns.count, found: row.count)
        }
        let head = columns.map { column in
            let unit = column.unit.isEmpty ? "" : " (\(column.unit))"
            return element("th", Self.attributes(column, ["scope": "col"]), (column.title + unit).escaped)
        }
        let body = rows.map { row in
            let cells = zip(columns, row).enumerated().map { place, pair in
                let (column, cell) = pair
                return place == 0 && !column.isNumber
                    ? element("th", ["scope": "row"], cell.markup) : element("td", Self.attributes(column), cell.markup)
            }
            return element("tr", [:], cells.joined())
        }
        let table = element("thead", [:], element("tr", [:], head.joined())) + element("tbody", [:], body.joined())
        return element(
            "section", [:],
            element("h2", [:], title.escaped)
                + element("div", ["class": "scroll"], element("table", [:], table))
                + (note.isEmpty ? "" : element("p", ["class": "note"], note.escaped)))
    }

    private static func attributes(_ column: Column, _ more: [String: String] = [:]) -> [String: String] {
        column.isNumber ? more.merging(["class": "number"]) { first, _ in first } : more
    }
}

extension ReportTable.Cell {
    var markup: String { swatch(colour) + text.escaped }
}

/// A small square in a label's colour; nothing without a colour.
func swatch(_ colour: Colour?) -> String {
    colour.map { element("span", ["class": "swatch", "style": "--colour: \($0.hex)"]) } ?? ""
}
