/// Rows of a recording under each other, as on paper, with its events: one SVG picture.
public struct TracePlot: Sendable {
    /// One channel.
    public struct Trace: Sendable {
        public var name: String
        public var values: [Double]
        /// Whether it is drawn as one that stands out.
        public var isMarked: Bool

        public init(_ name: String, _ values: [Double], isMarked: Bool = false) {
            (self.name, self.values, self.isMarked) = (name, values, isMarked)
        }
    }

    /// A moment with a name.
    public struct Mark: Sendable {
        public var seconds: Double
        public var name: String

        public init(_ seconds: Double, _ name: String) { (self.seconds, self.name) = (seconds, name) }
    }

    public var title: String
    /// What is drawn, from `start` seconds on.
    public var traces: [Trace]
    public var start, rate: Double
    public var marks: [Mark]
    /// The unit of the values.
    public var unit: String

    public init(title: String, traces: [Trace], start: Double, rate: Double, marks: [Mark] = [], unit: String = "µV") {
        (self.title, self.traces, self.start, self.rate) = (title, traces, start, rate)
        (self.marks, self.unit) = (marks, unit)
    }

    private static let width = 1100.0, left = 84.0, row = 22.0, top = 30.0

    /// The picture.
    public func svg() -> String {
        let bottom = Self.top + Self.row * Double(max(1, traces.count))
        let seconds = Double(traces.map(\.values.count).max() ?? 0) / max(rate, 1e-9)
        let time = ChartScale(of: [start, start + max(seconds, 1e-3)], from: Self.left, to: Self.width - 12, ticks: 10)
        let spread = amplitude
        var parts = time.ticks.flatMap { tick in
            [
                line(time(tick), Self.top, time(tick), bottom, "grid"),
                text(time.label(tick), x: time(tick), y: bottom + 18, "middle"),
            ]
        }
        for mark in marks where mark.seconds >= start && mark.seconds <= start + seconds {
            parts.append(line(time(mark.seconds), Self.top - 6, time(mark.seconds), bottom, "event"))
            parts.append(text(mark.name, x: time(mark.seconds) + 3, y: Self.top - 10, "start"))
        }
        for (n, trace) in traces.enumerated() {
            let middle = Self.top + Self.row * (Double(n) + 0.5)
            parts.append(text(trace.name, x: Self.left - 8, y: middle + 4, "end"))
            parts.append(path(trace, middle, time, spread))
        }
        parts.append(
            text(
                "seconds; a row is \((2 * spread).formatted(decimals: 0)) \(unit)", x: Self.width / 2, y: bottom + 38,
                "middle"))
        return """
            <svg xmlns="http://www.w3.org/2000/svg" class="chart wide" viewBox="0 0 \(short(Self.width)) \(short(bottom + 46))" \
            role="img" aria-label="\(title.escaped)">
            <style>\(LineChart.style)\
            .wide{max-width:none}.chart .event{stroke:#c2571a;stroke-dasharray:4 3}.chart path.trace{stroke-width:1}\
            .chart path.odd{stroke:#b03a63}</style>
            \(parts.joined(separator: "\n"))
            </svg>
            """
    }

    /// Half of a row's height: the typical channel's 99th percentile of what it swings.
    private var amplitude: Double {
        let swings = traces.map { trace -> Double in
            let values = trace.values.filter(\.isFinite)
            guard !values.isEmpty else { return 0 }
            let middle = percentile(values, 50)
            return percentile(values.map { abs($0 - middle) }, 99)
        }.filter { $0 > 0 }
        return swings.isEmpty ? 1 : max(percentile(swings, 50) * 1.4, 1e-12)
    }

    /// The lowest and highest value of each column of the picture, joined.
    private func path(_ trace: Trace, _ middle: Double, _ time: ChartScale, _ spread: Double) -> String {
        let finite = trace.values.filter(\.isFinite)
        let centre = finite.isEmpty ? 0 : percentile(finite, 50)
        let perColumn = max(1, trace.values.count / 900)
        var (d, isDown) = ("", false)
        for first in stride(from: 0, to: trace.values.count, by: perColumn) {
            let part = trace.values[first..<min(first + perColumn, trace.values.count)].filter(\.isFinite)
            guard let low = part.min(), let high = part.max() else {
                isDown = false
                continue
            }
            for value in low == high ? [low] : [low, high] {
                let y = middle - min(max((value - centre) / spread, -1.6), 1.6) * Self.row / 2
                d += "\(isDown ? "L" : "M")\(short(time(start + Double(first) / rate))) \(short(y))"
                isDown = true
            }
        }
        return element("path", ["class": "trace " + (trace.isMarked ? "odd" : "s0"), "d": d])
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ name: String) -> String {
        element("line", ["class": name, "x1": short(x1), "y1": short(y1), "x2": short(x2), "y2": short(y2)])
    }

    private func text(_ text: String, x: Double, y: Double, _ anchor: String) -> String {
        element("text", ["x": short(x), "y": short(y), "text-anchor": anchor], text.escaped)
    }

    private func short(_ value: Double) -> String { value.formatted(decimals: 1) }
}
