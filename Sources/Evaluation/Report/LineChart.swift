/// Curves over training steps (loss, validation scores) as one SVG picture with axes, ticks and a legend. It is
/// readable in light and dark, on its own or inside a page.
public struct LineChart: Sendable {
    /// One curve.
    public struct Series: Sendable {
        public var name: String
        /// Points from left to right; where a value is not finite (or beyond 1e60) the line breaks.
        public var points: [(x: Double, y: Double)]

        public init(_ name: String, _ points: [(x: Double, y: Double)]) { (self.name, self.points) = (name, points) }
    }

    public var title: String
    /// What the axes show, with units.
    public var xTitle, yTitle: String
    public var series: [Series]
    /// Whether the vertical axis counts powers of ten; values of 0 and below are then left out.
    public var isLogarithmic: Bool
    /// The picture's size in units of the picture; it scales to the width of its page.
    public var width = 760.0, height = 320.0

    public init(
        title: String, xTitle: String = "step", yTitle: String = "", series: [Series], isLogarithmic: Bool = false
    ) {
        (self.title, self.xTitle, self.yTitle) = (title, xTitle, yTitle)
        (self.series, self.isLogarithmic) = (series, isLogarithmic)
    }

    /// The picture.
    public func svg() -> String {
        let shown = series.map { one in
            one.points.map { point in
                let isShown = abs(point.x) < 1e60 && abs(point.y) < 1e60 && (!isLogarithmic || point.y > 0)
                return (point.x, isShown ? point.y : .nan)
            }
        }
        let points = shown.joined().filter { $0.1.isFinite }
        let x = ChartScale(of: points.map(\.0), from: 58, to: width - 16, ticks: 8)
        let y = ChartScale(of: points.map(\.1), from: height - 46, to: 40, ticks: 5, isLogarithmic: isLogarithmic)
        var parts = axes(x, y)
        if points.isEmpty { parts.append(text("no values yet", x: (58 + width - 16) / 2, y: height / 2, "middle")) }
        for (n, one) in shown.enumerated() { parts += curve(one, number: n, x, y) }
        parts += legend()
        return """
            <svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 \(short(width)) \(short(height))" \
            role="img" aria-label="\(title.escaped)">
            <style>\(Self.style)</style>
            \(parts.joined(separator: "\n"))
            </svg>
            """
    }

    private func axes(_ x: ChartScale, _ y: ChartScale) -> [String] {
        let (left, right, bottom) = (58.0, width - 16, height - 46)
        var parts = y.ticks.map { tick in
            line(left, y(tick), right, y(tick), "grid") + text(y.label(tick), x: left - 8, y: y(tick) + 4, "end")
        }
        parts.append(line(left, bottom, right, bottom, "axis"))
        parts += x.ticks.map { tick in
            line(x(tick), bottom, x(tick), bottom + 5, "axis")
                + text(x.label(tick), x: x(tick), y: bottom + 19, "middle")
        }
        parts.append(text(xTitle, x: (left + right) / 2, y: height - 6, "middle"))
        parts.append(text(yTitle, x: 10, y: 22, "start"))
        return parts
    }

    private func curve(_ points: [(Double, Double)], number: Int, _ x: ChartScale, _ y: ChartScale) -> [String] {
        let colour = "s\(number % Self.colours.count)"
        var (path, isDown) = ("", false)
        for (a, b) in thinned(points, x) {
            guard b.isFinite else {
                isDown = false
                continue
            }
            path += "\(isDown ? "L" : "M")\(short(x(a))) \(short(y(b)))"
            isDown = true
        }
        var parts = path.isEmpty ? [] : [element("path", ["class": colour, "d": path])]
        if points.count <= 40 {
            parts += points.filter { $0.1.isFinite }.map { a, b in
                element("circle", ["class": colour, "cx": short(x(a)), "cy": short(y(b)), "r": "2.6"])
            }
        }
        return parts
    }

    /// At most the lowest and the highest value in each half unit of width, so that long runs stay small files.
    private func thinned(_ points: [(Double, Double)], _ x: ChartScale) -> [(Double, Double)] {
        guard points.count > Int(4 * width) else { return points }
        var kept: [(Double, Double)] = []
        var start = 0
        while start < points.count {
            let bin = (x(points[start].0) * 2).rounded(.down)
            var end = start + 1
            while end < points.count, (x(points[end].0) * 2).rounded(.down) == bin { end += 1 }
            let finite = (start..<end).filter { points[$0].1.isFinite }
            let low = finite.min { points[$0].1 < points[$1].1 } ?? start
            let high = finite.max { points[$0].1 < points[$1].1 } ?? start
            kept += low == high ? [points[low]] : [points[min(low, high)], points[max(low, high)]]
            start = end
        }
        return kept
    }

    private func legend() -> [String] {
        var right = width - 16
        return series.enumerated().reversed().flatMap { n, one in
            let length = 7.2 * Double(one.name.count) + 28
            right -= length
            let mark = ["class": "s\(n % Self.colours.count)", "d": "M\(short(right)) 18h16"]
            return [element("path", mark), text(one.name, x: right + 21, y: 22, "start")]
        }
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ name: String) -> String {
        element("line", ["class": name, "x1": short(x1), "y1": short(y1), "x2": short(x2), "y2": short(y2)])
    }

    private func text(_ text: String, x: Double, y: Double, _ anchor: String) -> String {
        element("text", ["x": short(x), "y": short(y), "text-anchor": anchor], text.escaped)
    }

    private func short(_ value: Double) -> String { value.formatted(decimals: 1) }

    /// Light and dark colour of each curve.
    static let colours = [
        ("#2f6f73", "#7cc0bd"), ("#c2571a", "#f0a36b"), ("#6a5aa8", "#b3a6ee"), ("#8a6d00", "#dcc04f"),
        ("#b03a63", "#f090b0"), ("#3a6ea5", "#86b8ea"),
    ]

    static let style: String = {
        func rules(_ pick: ((String, String)) -> String) -> String {
            colours.enumerated().map { n, pair in
                ".chart path.s\(n){stroke:\(pick(pair))}.chart circle.s\(n){fill:\(pick(pair))}"
            }.joined()
        }
        return """
            .chart{width:100%;height:auto;font:12px ui-sans-serif,system-ui,sans-serif}.chart text{fill:#666c78}\
            .chart path{fill:none;stroke-width:1.8;stroke-linejoin:round}.chart .grid{stroke:#8884;stroke-width:1}\
            .chart .axis{stroke:#888;stroke-width:1}\(rules(\.0))\
            @media (prefers-color-scheme:dark){.chart text{fill:#969ca8}\(rules(\.1))}
            """
    }()
}
