import BrainData
import Foundation
import Testing

@Suite struct FilterTests {
    func design(_ c: SignalsGolden.IIR.Case) throws -> IIRFilter {
        let band = SignalsGolden.band(c.band, c.edges)
        return c.kind == "butter"
            ? try .butterworth(order: c.order, band, rate: c.rate)
            : try .chebyshevII(order: c.order, attenuation: 60, band, rate: c.rate)
    }

    @Test func recursiveFiltersAreScipys() throws {
        let golden = try SignalsGolden.load().iir
        #expect(golden.cases.count == 13)
        for c in golden.cases {
            let filter = try design(c)
            let sections = filter.sections.map { [$0.b0, $0.b1, $0.b2, 1, $0.a1, $0.a2] }
            #expect(sections.count == c.sos.count)
            for (ours, theirs) in zip(sections, c.sos) {
                #expect(
                    zip(ours, theirs).allSatisfy { abs($0 - $1) < 1e-9 }, "\(c.kind) \(c.order) \(c.band) \(c.edges)")
            }
            let zeroPhase = try filter.zeroPhase(golden.x)
            #expect(relativeDifference(zeroPhase, c.zeroPhase) < 1e-9, "\(c.kind) \(c.order) \(c.band) \(c.edges)")
            #expect(relativeDifference(filter.causal(golden.x), c.causal) < 1e-9)
        }
    }

    @Test func theNotchIsScipys() throws {
        let golden = try SignalsGolden.load().iir
        let filter = try IIRFilter.notch(50, rate: 250)
        let s = filter.sections[0]
        #expect(relativeDifference([s.b0, s.b1, s.b2, 1, s.a1, s.a2], golden.notch) < 1e-12)
        #expect(relativeDifference(try filter.zeroPhase(golden.x), golden.notched) < 1e-9)
    }

    @Test func windowedSincsAreScipys() throws {
        let golden = try SignalsGolden.load().fir
        for c in golden.cases {
            let filter = try FIRFilter.windowed(taps: c.taps.count, SignalsGolden.band(c.band, c.edges), rate: 250)
            #expect(relativeDifference(filter.taps, c.taps) < 1e-12, "\(c.band)")
            #expect(relativeDifference(try filter.zeroPhase(golden.x), c.zeroPhase) < 1e-9, "\(c.band)")
        }
    }

    @Test func theirLengthFollowsTheRuleOfMNE() throws {
        for line in try SignalsGolden.load().fir.lengths {
            let band: IIRFilter.Band =
                switch (line[0], line[1]) {
                case (let low?, let high?): .bandpass(low, high)
                case (nil, let high?): .lowpass(high)
                default: .highpass(line[0] ?? 0)
                }
            #expect(Double(try FIRFilter.windowed(band, rate: 250).taps.count) == line[2], "\(band)")
        }
    }

    @Test func everyChannelIsFilteredAndNothingElseChanges() throws {
        let rows = [[Double](repeating: 3, count: 100), (0..<100).map { sin(Double($0) * 0.3) }]
        let signal = Signal(rows: rows, rate: 100)
        let filter = try IIRFilter.butterworth(order: 2, .lowpass(20), rate: 100)
        let filtered = try filter.zeroPhase(signal)
        #expect(filtered.channels == signal.channels)
        #expect(filtered.row(1) == (try filter.zeroPhase(rows[1])))
        #expect(filtered.row(0).allSatisfy { abs($0 - 3) < 1e-9 })
        let sinc = try FIRFilter.windowed(taps: 21, .lowpass(20), rate: 100)
        #expect(try sinc.zeroPhase(signal).row(1) == sinc.zeroPhase(rows[1]))
    }

    @Test func bandsThatCannotBeAreRefused() throws {
        let bands: [IIRFilter.Band] = [
            .lowpass(0), .lowpass(125), .highpass(-1), .bandpass(30, 8), .bandstop(50, 50), .bandpass(.nan, 8),
            .lowpass(.infinity),
        ]
        for band in bands {
            #expect(throws: SignalError.self) { try IIRFilter.butterworth(order: 4, band, rate: 250) }
            #expect(throws: SignalError.self) { try FIRFilter.windowed(band, rate: 250) }
        }
        #expect(throws: SignalError.self) { try IIRFilter.butterworth(order: 0, .lowpass(10), rate: 250) }
        #expect(throws: SignalError.self) {
            try IIRFilter.chebyshevII(order: 4, attenuation: 0, .lowpass(10), rate: 250)
        }
        #expect(throws: SignalError.self) { try IIRFilter.notch(125, rate: 250) }
        #expect(throws: SignalError.self) { try FIRFilter.windowed(taps: 20, .lowpass(10), rate: 250) }
        let error = #expect(throws: SignalError.self) {
            try IIRFilter.butterworth(order: 4, .bandpass(8, 30), rate: 250).zeroPhase([1, 2, 3])
        }
        #expect("\(try #require(error))".contains("27 samples"))
    }
}
