import BrainData
import Foundation
import Testing

@testable import Evaluation

@Suite struct CalibrationTests {
    private let grid = Grid(size: [10, 1, 1], affine: Affine(spacing: [1, 1, 1]))

    /// Ten voxels in a row; the prediction is where the probability is one half or more.
    private func calibration(_ values: [Float], truth: String, margin: Double = 100) throws -> Calibration {
        let volume = Volume(grid: grid, voxels: values)
        let prediction = Mask(grid: grid, voxels: values.map { $0 >= 0.5 })
        return try Calibration(volume, prediction: prediction, truth: drawn(truth), margin: margin)
    }

    @Test func whatIsRightAsOftenAsItSaysHasNoError() throws {
        let sure = try calibration([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], truth: "###.......")
        #expect(sure.error == 0 && sure.brier == 0 && sure.voxels == 10)
        // Five of ten voxels at one half.
        let half = try calibration([Float](repeating: 0.5, count: 10), truth: "#####.....")
        #expect(half.error == 0 && half.brier == 0.25)
        #expect(half.points.map(\.x) == [0.5] && half.points.map(\.y) == [0.5])
    }

    @Test func theErrorIsTheHandWorkedOne() throws {
        // Four at 0.75 of which one is right, six at 0 of which one is wrong: (|3 − 1| + |0 − 1|) / 10.
        let one = try calibration([0.75, 0.75, 0.75, 0.75, 0, 0, 0, 0, 0, 0], truth: "#....#....")
        #expect(abs(try #require(one.error) - 0.3) < 1e-12)
        // (3 · 0.75² + 0.25² + 1) / 10
        #expect(abs(try #require(one.brier) - 0.275) < 1e-12)
        #expect(one.bins[11].voxels == 4 && one.bins[11].share == 0.25 && one.bins[0].actual == 1)
        #expect(one.bins[5].meanProbability == nil)
    }

    @Test func onlyVoxelsNearEitherRegionCount() throws {
        let near = try calibration([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], truth: "..#.......", margin: 2)
        #expect(near.voxels == 5)
        #expect(abs(try #require(near.error) - 2.0 / 5) < 1e-12)
        let none = try calibration([Float](repeating: 0, count: 10), truth: "..........")
        #expect(none.voxels == 0 && none.error == nil && none.brier == nil)
    }

    @Test func casesAddUp() throws {
        let a = try calibration([0.75, 0.75, 0.75, 0.75, 0, 0, 0, 0, 0, 0], truth: "#....#....")
        let b = try calibration([0.75, 0.75, 0.75, 0.75, 0, 0, 0, 0, 0, 0], truth: "####......")
        let both = a + b
        #expect(both.voxels == 20 && both.bins[11].actual == 5)
        #expect(abs(try #require(both.error) - 2.0 / 20) < 1e-12, "|6 − 5| and |0 − 1|")
        #expect(abs(try #require(both.brier) - (2.75 + 0.25) / 20) < 1e-12)
        #expect(try JSONDecoder().decode(Calibration.self, from: JSONEncoder().encode(both)) == both)
    }

    @Test func oddNumbersAreBroughtIntoRange() throws {
        let odd = try calibration([2, .nan, -1, .infinity, 1, 0, 0, 0, 0, 0], truth: "#..##.....")
        #expect(odd.error == 0 && odd.bins[14].voxels == 3)
    }

    @Test func gridsMustBeOne() throws {
        let other = Volume(
            grid: Grid(size: [10, 1, 1], affine: Affine(spacing: [2, 1, 1])), voxels: [Float](repeating: 0, count: 10))
        #expect(throws: EvaluationError.self) {
            try Calibration(other, prediction: drawn("#........."), truth: drawn("#........."))
        }
    }
}

@Suite struct DotPlotTests {
    @Test func everyCaseIsADot() {
        let dots = (0..<30).map { (name: "case <\($0)>", value: 0.8 + Double($0 % 3) / 100) }
        let plot = DotPlot(
            title: "Dice & co", axis: "Dice", rows: [.init("WT", dots), .init("TC", [("odd", .nan)], series: 1)],
            range: 0...1)
        let svg = plot.svg()
        #expect(svg.components(separatedBy: "<circle").count == 31)
        #expect(svg.components(separatedBy: "<rect").count == 2, "no box of nothing")
        #expect(svg.contains("<title>case &lt;7&gt;: 0.810</title>"))
        #expect(svg.contains("aria-label=\"Dice &amp; co\"") && !svg.contains("nan"))
        let axis = svg.contains(">0.0</text>") && svg.contains(">1.0</text>")
        #expect(axis)
    }

    @Test func equalDotsLieBesideEachOther() {
        let svg = DotPlot(title: "t", axis: "x", rows: [.init("a", [("1", 5), ("2", 5), ("3", 5)])]).svg()
        let heights = svg.components(separatedBy: "cy=\"").dropFirst().compactMap { $0.split(separator: "\"").first }
        #expect(Set(heights).count == 3)
    }

    @Test func nothingIsNoFailure() {
        #expect(DotPlot(title: "t", axis: "x", rows: []).svg().hasSuffix("</svg>"))
    }

    @Test func figuresAndDotsStandInAReport() throws {
        var report = Report(title: "t")
        let png = try PNG.colour([255, 0, 0], width: 1, height: 1)
        report.sections = [
            .dots(DotPlot(title: "Spread", axis: "x", rows: [])),
            .figures("Worst", [Figure("a & b", caption: "<c>", png: png)], note: "n"),
        ]
        let html = try report.html()
        #expect(html.contains("a &amp; b") && html.contains("&lt;c&gt;") && html.contains("data:image/png;base64,"))
        #expect(html.contains("<h2>Spread</h2>"))
    }

    @Test func columnsOfNumbersAreAlignedAsSuch() throws {
        var report = Report(title: "t")
        report.sections = [.table(ReportTable("n", columns: ["Case", .number("Count")], rows: [["a", "7"]]))]
        #expect(try report.html().contains("<td class=\"number\">7</td>"))
    }
}
