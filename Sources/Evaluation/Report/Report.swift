public import Foundation

/// A result as one web page that needs nothing else: no network, no other file. It follows the reader's light or dark
/// setting, prints well, and always says that it is no diagnosis.
///
///     var report = Report(title: "Brain tumour segmentation", subject: "BraTS2021_01477")
///     report.warnings = ["The model is experimental."]
///     report.sections = [.viewer(viewer), .table(volumes), .facts("Versions", [("BrainKit", "0.1")])]
///     try report.write(to: file)
public struct Report: Sendable {
    /// A part of the page, in the order given; tables, facts and steps that follow each other stand side by side.
    public enum Section: Sendable {
        /// The scan in three planes with its labels.
        case viewer(Viewer)
        /// All scans of a case in three planes, as one picture.
        case contactSheet(ContactSheet)
        /// The few numbers that a reader looks for first.
        case highlights([Highlight])
        /// A table across the whole page.
        case table(ReportTable)
        /// A narrow table that may share its row with others.
        case narrowTable(ReportTable)
        /// Names and values: versions, timing, settings.
        case facts(String, [(name: String, value: String)])
        /// What was done, in order: the preprocessing.
        case steps(String, [String])
        /// A paragraph under a title.
        case text(String, String)
        /// Curves over training steps.
        case chart(LineChart)
        /// The spread of scores over cases.
        case dots(DotPlot)
        /// Rows of a recording.
        case traces(TracePlot)
        /// Values over the head, side by side under a title, with a remark.
        case scalpMaps(String, [ScalpMap], note: String)
        /// Pictures side by side, under a title, with a remark.
        case figures(String, [Figure], note: String)
    }

    /// A number that stands out: `Whole tumour`, `42.1`, `ml`.
    public struct Highlight: Sendable {
        public var name, value, unit: String
        public var colour: Colour?

        public init(_ name: String, _ value: String, unit: String = "", colour: Colour? = nil) {
            (self.name, self.value, self.unit, self.colour) = (name, value, unit, colour)
        }
    }

    /// The line on every report.
    public static let permanentLine = "For research use only, not a diagnosis."

    public var title: String
    /// Whose data this is and what was done to it, in one line.
    public var subject: String
    /// What limits the result, one sentence each; shown before everything else.
    public var warnings: [String]
    public var sections: [Section]

    public init(title: String, subject: String = "", warnings: [String] = [], sections: [Section] = []) {
        (self.title, self.subject, self.warnings, self.sections) = (title, subject, warnings, sections)
    }

    /// The page.
    ///
    /// - Throws: `EvaluationError.gridsDiffer` and `.orientation` for images of a viewer that do not fit together,
    ///   `.tableShape` for a ragged table.
    public func html() throws(EvaluationError) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
        style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <title>\(title.escaped)\(subject.isEmpty ? "" : " – " + subject.escaped)</title>
        <style>
        \(reportStyle)
        \(viewerStyle)
        </style>
        </head>
        <body>
        <main>
        <header>
        \(element("h1", [:], title.escaped))
        \(subject.isEmpty ? "" : element("p", ["class": "subject"], subject.escaped))
        </header>
        \(warningBox)
        \(try body())
        </main>
        \(element("p", ["class": "permanent"], Self.permanentLine))
        <script>
        \(viewerScript)
        </script>
        </body>
        </html>

        """
    }

    /// Writes the page; a killed run leaves no half file.
    ///
    /// - Throws: as ``html()``, and `EvaluationError.unwritable`.
    public func write(to file: URL) throws(EvaluationError) {
        try html().writeWhole(to: file)
    }

    private var warningBox: String {
        guard !warnings.isEmpty else { return "" }
        let list = element("ul", [:], warnings.map { element("li", [:], $0.escaped) }.joined())
        let attributes = ["class": "warnings", "role": "note"]
        return element("div", attributes, element("h2", [:], "Please note") + list)
    }

    private func body() throws(EvaluationError) -> String {
        var (parts, narrow): ([String], [String]) = ([], [])
        func flush() {
            if !narrow.isEmpty { parts.append(element("div", ["class": "columns"], narrow.joined(separator: "\n"))) }
            narrow = []
        }
        for (number, section) in sections.enumerated() {
            let markup = try section.markup(number: number)
            if section.isNarrow {
                narrow.append(markup)
            } else {
                flush()
                parts.append(markup)
            }
        }
        flush()
        return parts.joined(separator: "\n")
    }
}

extension Report.Section {
    var isNarrow: Bool {
        switch self {
        case .narrowTable, .facts, .steps: true
        case .viewer, .contactSheet, .highlights, .table, .text, .chart, .dots, .figures, .traces, .scalpMaps: false
        }
    }

    func markup(number: Int) throws(EvaluationError) -> String {
        switch self {
        case .viewer(let viewer): return try viewer.markup(number: number)
        case .contactSheet(let sheet): return sheet.markup
        case .table(let table), .narrowTable(let table): return try table.markup()
        case .chart(let chart): return Self.card(chart.title, chart.svg())
        case .dots(let plot): return Self.card(plot.title, plot.svg())
        case .traces(let plot): return Self.card(plot.title, element("div", ["class": "scroll"], plot.svg()))
        case .scalpMaps(let title, let maps, let note):
            var pictures: [String] = []
            for map in maps { pictures.append(try map.svg()) }
            let row = element("div", ["class": "scalps"], pictures.joined(separator: "\n"))
            return Self.card(title, row + (note.isEmpty ? "" : element("p", ["class": "note"], note.escaped)))
        case .figures(let title, let figures, let note):
            let row = element("div", ["class": "figures"], figures.map(\.markup).joined(separator: "\n"))
            return Self.card(title, row + (note.isEmpty ? "" : element("p", ["class": "note"], note.escaped)))
        case .text(let title, let text): return Self.card(title, element("p", [:], text.escaped))
        case .highlights(let highlights):
            let tiles = highlights.map { one in
                let unit = one.unit.isEmpty ? "" : element("small", [:], one.unit.escaped)
                let name = element("dt", [:], swatch(one.colour) + one.name.escaped)
                return element("div", [:], name + element("dd", [:], one.value.escaped + unit))
            }
            return element("section", ["class": "tiles"], tiles.joined())
        case .steps(let title, let steps):
            return Self.card(title, element("ol", [:], steps.map { element("li", [:], $0.escaped) }.joined()))
        case .facts(let title, let facts):
            let rows = facts.map { fact in
                element(
                    "tr", [:],
                    element("th", ["scope": "row"], fact.name.escaped)
                        + element("td", [:], fact.value.escaped))
            }
            return Self.card(title, element("table", ["class": "facts"], element("tbody", [:], rows.joined())))
        }
    }

    private static func card(_ title: String, _ content: String) -> String {
        element("section", [:], element("h2", [:], title.escaped) + content)
    }
}
