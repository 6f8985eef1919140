/// How scores are spread over cases: a dot a case, with a box from the lower to the upper quartile and a line at the median.
public struct DotPlot: Sendable {
    /// One line of dots.
    public struct Row: Sendable {
        public var name: String
        /// What each dot is called when pointed at, and its value; a value that is not finite is left out.
        public var dots: [(name: String, value: Double)]
        /// Rows of one series have one colour.
        public var series: Int

        public init(_ name: String, _ dots: [(name: String, value: Double)], series: Int = 0) {
            (self.name, self.dots, self.series) = (name, dots, series)
        }
    }

    public var title: String
    /// What the axis shows, with its unit.
    public var axis: String
    public var rows: [Row]
    /// What the axis should reach at least.
    public var range: ClosedRange<Double>?

    public init(title: String, axis: String, rows: [Row], range: ClosedRange<Double>? = nil) {
        (self.title, self.axis, self.rows, self.range) = (title, axis, rows, range)
    }

    private static let (width, height, top) = (760.0, 54.0, 8.0)

    /// The picture.
    public func svg() -> String {
        let shown = rows.map { row in row.dots.filter { abs($0.value) < 1e60 } }
        let left = 24 + 7.2 * Double(rows.map(\.name.count).max() ?? 0)
        let values = shown.joined().map(\.value) + (range.map { [$0.lowerBound, $0.upperBound] } ?? [])
        let scale = ChartScale(of: values, from: left, to: Self.width - 24, ticks: 8)
        let bottom = Self.top + Self.height * Double(rows.count)
        var parts = scale.ticks.flatMap { tick in
            [
                line(scale(tick), Self.top, scale(tick), bottom, "grid"),
                text(scale.label(tick), x: scale(tick), y: bottom + 18, "middle"),
            ]
        }
        for (n, dots) in shown.enumerated() {
            let middle = Self.top + Self.height * (Double(n) + 0.5)
            parts.append(text(rows[n].name, x: left - 14, y: middle + 4, "end"))
            parts += row(dots, at: middle, colour: "s\(rows[n].series % LineChart.colours.count)", scale)
        }
        parts.append(text(axis, x: (left + Self.width - 24) / 2, y: bottom + 40, "middle"))
        return """
            <svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 \(short(Self.width)) \(short(bottom + 48))" \
            role="img" aria-label="\(title.escaped)">
            <style>\(LineChart.style)\
            .chart .box{fill:#8882;stroke:#888a}.chart .median{stroke-width:2.4;stroke:#888}\
            .chart circle{fill-opacity:.75}</style>
            \(parts.joined(separator: "\n"))
            </svg>
            """
    }

    private func row(
        _ dots: [(name: String, value: Double)], at middle: Double, colour: String, _ scale: ChartScale
    ) -> [String] {
        guard !dots.isEmpty else { return [] }
        let values = dots.map(\.value).sorted()
        let (low, high) = (scale(percentile(sorted: values, 25)), scale(percentile(sorted: values, 75)))
        let box = [
            "class": "box", "x": short(low), "y": short(middle - 20), "width": short(high - low), "height": "40",
            "rx": "4",
        ]
        let median = scale(percentile(sorted: values, 50))
        let marks = swarm(dots.sorted { $0.value < $1.value }, scale).map { dot, shift in
            let name = "\(dot.name): \(dot.value.formatted(decimals: 3))"
            let place = [
                "class": colour, "cx": short(scale(dot.value)), "cy": short(middle + shift), "r": "3.4",
            ]
            return element("circle", place, element("title", [:], name.escaped))
        }
        return [element("rect", box)] + marks + [line(median, middle - 20, median, middle + 20, "median")]
    }

    /// Dots that would hide each other, moved aside by turns, as far as the row is high.
    private func swarm(
        _ dots: [(name: String, value: Double)], _ scale: ChartScale
    ) -> [(dot: (name: String, value: Double), shift: Double)] {
        var placed: [(x: Double, shift: Double)] = []
        return dots.map { dot in
            let x = scale(dot.value)
            let near = placed.filter { x - $0.x < 7 }.map(\.shift)
            let free = [0, 7.2, -7.2, 14.4, -14.4].first { shift in !near.contains { abs($0 - shift) < 1 } }
            let shift = free ?? [0, 3.6, -3.6, 10.8, -10.8][placed.count % 5]
            placed.append((x, shift))
            return (dot, shift)
        }
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ name: String) -> String {
        element("line", ["class": name, "x1": short(x1), "y1": short(y1), "x2": short(x2), "y2": short(y2)])
    }

    private func text(_ text: String, x: Double, y: Double, _ anchor: String) -> String {
        element("text", ["x": short(x), "y": short(y), "text-anchor": anchor], text.escaped)
    }

    private func short(_ value: Double) -> String { value.formatted(decimals: 1) }
}
