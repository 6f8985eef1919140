import BrainData
import Foundation
import Testing

@testable import Evaluation

@Suite struct ScalpMapTests {
    private func map(_ value: (String) -> Double) -> ScalpMap {
        let names = ["Fz", "Cz", "Pz", "C3", "C4", "Oz", "T7", "T8"]
        return ScalpMap(
            "alpha",
            names.compactMap { name in
                Montage.direction(of: name).map { ScalpMap.Electrode(name, at: $0, value: value(name)) }
            }, unit: "dB")
    }

    @Test func noseIsOnTopAndRightIsRight() {
        #expect(ScalpMap.place(of: SIMD3(0, 0, 5)) == (0, 0))
        let (front, right) = (ScalpMap.place(of: SIMD3(0, 3, 0)), ScalpMap.place(of: SIMD3(2, 0, 0)))
        #expect(abs(front.x) < 1e-12 && abs(front.y - 1) < 1e-12)
        #expect(abs(right.x - 1) < 1e-12 && abs(right.y) < 1e-12)
    }

    @Test func pixelsGoThroughTheElectrodes() throws {
        let values = try map { $0 == "C4" ? 5 : 1 }.pixels()
        let side = 80
        func pixel(_ name: String) throws -> Double {
            let direction = try #require(Montage.direction(of: name))
            let place = ScalpMap.place(of: direction)
            let column = Int((place.x / 1.12 + 1) / 2 * Double(side)),
                row = Int((1 - place.y / 1.12) / 2 * Double(side))
            return try #require(values[row * side + column])
        }
        #expect(try abs(pixel("C4") - 5) < 0.3)
        #expect(try abs(pixel("C3") - 1) < 0.3)
        #expect(try pixel("C4") > pixel("Cz") + 2)
        #expect(values[0] == nil, "the corner is outside")
    }

    @Test func aPictureNamesItsRange() throws {
        let svg = try map { $0 == "Oz" ? -3.5 : 2 }.svg()
        #expect(
            svg.contains("-3.5 to 2.0 dB") && svg.contains("data:image/png;base64,") && svg.contains("<title>Oz: -3.50")
        )
        #expect(throws: EvaluationError.self) { try ScalpMap("none", []).svg() }
        let twice = Array(repeating: ScalpMap.Electrode("a", at: SIMD3(0, 0, 1), value: 1), count: 2)
        #expect(throws: Never.self) { try ScalpMap("twice", twice).pixels() }
    }

    @Test func coloursRunFromBlueToRed() {
        let (low, high) = (ScalpMap.colour(0), ScalpMap.colour(1))
        #expect(low.blue > low.red && high.red > high.blue)
        #expect(ScalpMap.colour(.nan) == low && ScalpMap.colour(7) == high)
    }
}

@Suite struct TracePlotTests {
    @Test func everyChannelHasARowAndEveryEventAMark() {
        let wave = (0..<500).map { sin(Double($0) * 0.2) * 20 }
        let plot = TracePlot(
            title: "Traces", traces: [.init("C3", wave), .init("C<4>", wave.map { -$0 }, isMarked: true)], start: 2,
            rate: 100,
            marks: [.init(4, "T1"), .init(99, "late")])
        let svg = plot.svg()
        #expect(svg.components(separatedBy: "class=\"trace").count == 3)
        #expect(svg.contains(">C3<") && svg.contains("C&lt;4&gt;") && svg.contains("trace odd"))
        #expect(svg.contains(">T1<") && !svg.contains("late"))
        #expect(!svg.contains("nan"))
    }

    @Test func lostSamplesLeaveAGap() {
        var wave = (0..<300).map { Double($0 % 10) }
        for n in 100..<200 { wave[n] = .nan }
        let svg = TracePlot(title: "Traces", traces: [.init("a", wave), .init("b", [])], start: 0, rate: 100).svg()
        let path = svg.components(separatedBy: "d=\"").dropFirst().first?.components(separatedBy: "\"").first ?? ""
        #expect(path.count { $0 == "M" } == 2)
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }
}
