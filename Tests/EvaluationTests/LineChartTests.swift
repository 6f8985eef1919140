import Foundation
import Testing

@testable import Evaluation

@Suite struct LineChartTests {
    @Test func isWellFormed() throws {
        let chart = LineChart(
            title: "a < b & c", yTitle: "loss",
            series: [
                .init("train \"x\"", [(0, 2), (100, 1), (200, 0.5)]), .init("validation", [(100, 1.4), (200, 0.9)]),
            ])
        let svg = chart.svg()
        let parser = XMLReader(svg)
        #expect(parser.isSound)
        #expect(parser.counts["path"] == 4 && parser.counts["circle"] == 5)  // two curves, two marks of the legend
        #expect(svg.contains("prefers-color-scheme:dark"))
        #expect(svg.contains("train &quot;x&quot;"))
    }

    @Test func linesBreakWhereValuesAreMissing() {
        let points: [(x: Double, y: Double)] = [
            (0, 1), (1, 2), (2, .nan), (3, 1), (4, .infinity), (.nan, 1), (5, 1e300),
        ]
        let svg = LineChart(title: "t", series: [.init("a", points)]).svg()
        #expect(svg.components(separatedBy: "<path class=\"s0\" d=\"M").count == 3)  // the curve and the legend
        #expect(svg.components(separatedBy: "<circle").count == 4)
        #expect(!svg.contains("nan") && !svg.contains("inf") && !svg.contains("–"))
    }

    @Test func nothingYetIsSaid() {
        #expect(LineChart(title: "t", series: []).svg().contains("no values yet"))
        #expect(
            LineChart(title: "t", series: [.init("a", [(0, -1)])], isLogarithmic: true).svg().contains("no values yet"))
    }

    @Test func longRunsStaySmallAndKeepTheirPeaks() {
        var points: [(x: Double, y: Double)] = (0..<200_000).map { (Double($0), 1) }
        points[77_777].y = 9
        let svg = LineChart(title: "t", series: [.init("a", points)]).svg()
        #expect(svg.utf8.count < 60_000)
        let hasPeak = svg.contains(" 63.4L")
        #expect(hasPeak)  // 9 on an axis from 0 to 10
    }
}

@Suite struct ChartScaleTests {
    @Test func ticksAreRound() {
        let loss = ChartScale(of: [0.13, 2.47], from: 300, to: 0, ticks: 5)
        #expect(loss.ticks.map(loss.label) == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"])
        #expect(loss(0) == 300 && loss(2.5) == 0)
        let steps = ChartScale(of: [0, 20_000], from: 0, to: 100, ticks: 8)
        #expect(steps.ticks.map(steps.label) == ["0", "5k", "10k", "15k", "20k"])
        let small = ChartScale(of: [0.00012, 0.00019], from: 100, to: 0, ticks: 5)
        #expect(small.ticks.map(small.label).first == "0.00012")
    }

    @Test func logarithmsGetPowersOfTen() {
        let rate = ChartScale(of: [0.002, 30], from: 100, to: 0, ticks: 5, isLogarithmic: true)
        #expect(rate.ticks.map(rate.label) == ["0.001", "0.01", "0.1", "1", "10", "100"])
        #expect(abs(rate(1) - 40) < 1e-9)
    }

    @Test(arguments: [[], [0], [5, 5], [-1e-70, 1e-70], [1e17, 1e17 + 16], [-1e59, 1e59]] as [[Double]])
    func anyRangeHasTicks(values: [Double]) {
        let scale = ChartScale(of: values, from: 100, to: 0, ticks: 5)
        #expect(scale.ticks.count >= 2 && scale.ticks.count < 20)
        #expect(values.allSatisfy { scale($0).isFinite && scale($0) > -1 && scale($0) < 101 })
    }
}

/// Whether a text is sound markup, and how many of each element it has: a tag stack, enough for what is drawn here.
private struct XMLReader {
    var counts: [String: Int] = [:]
    var isSound = true

    init(_ text: String) {
        var open: [String] = []
        for part in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
            guard let end = part.firstIndex(of: ">") else {
                isSound = false
                return
            }
            let tag = part[..<end].prefix { !" \n".contains($0) }
            if tag.hasPrefix("/") {
                if open.popLast() != String(tag.dropFirst()) { isSound = false }
            } else {
                open.append(String(tag))
                counts[String(tag), default: 0] += 1
            }
        }
        if !open.isEmpty { isSound = false }
    }
}
