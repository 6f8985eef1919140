import BrainData
import Foundation
import Testing

@Suite struct SpectrumTests {
    @Test func ratesChangeAsScipyChangesThem() throws {
        let golden = try SignalsGolden.load().resampling
        for c in golden.cases {
            let y = Resampling.polyphase(golden.x, up: c.up, down: c.down)
            #expect(relativeDifference(y, c.y) < 1e-9, "\(c.up)/\(c.down)")
        }
        #expect(Resampling.polyphase(golden.x, up: 4, down: 4) == golden.x)
        #expect(Resampling.polyphase([], up: 4, down: 3) == [])
    }

    @Test func aSignalAtAnotherRate() throws {
        let signal = Signal(rows: [(0..<500).map { sin(2 * .pi * 10 * Double($0) / 250) }], rate: 250)
        let slower = try signal.resampled(to: 100)
        #expect(slower.rate == 100 && slower.count == 200 && slower.channels[0].rate == 100)
        for t in 50..<150 { #expect(abs(slower.values[t] - sin(2 * .pi * 10 * Double(t) / 100)) < 0.01) }
        for rate in [0, -1, .nan, 250 * Double.pi] {
            #expect(throws: SignalError.self) { try signal.resampled(to: rate) }
        }
    }

    @Test func spectraAreScipys() throws {
        let golden = try SignalsGolden.load().welch
        for c in golden.cases {
            let spectrum = try Spectrum.welch(Signal(rows: golden.x, rate: 100), length: c.length)
            #expect(relativeDifference(spectrum.frequencies, c.frequencies) < 1e-12)
            for n in 0..<2 { #expect(relativeDifference(spectrum.density[n], c.density[n]) < 1e-9, "\(c.length)") }
            #expect(relativeDifference(spectrum.power(from: 8, to: 20), c.power) < 1e-9)
        }
        #expect(throws: SignalError.self) { try Spectrum.welch(Signal(rows: [[1]], rate: 100)) }
    }

    @Test func aSineHasItsPowerInItsBand() throws {
        let signal = Signal(rows: [(0..<2000).map { 2 * sin(2 * .pi * 10 * Double($0) / 250) }], rate: 250)
        let spectrum = try Spectrum.welch(signal, length: 500)
        let alpha = Rhythm.alpha.band
        #expect(abs(spectrum.power(from: alpha.low, to: alpha.high)[0] - 2) < 1e-6)  // the mean square of the sine
        #expect(spectrum.power(from: 15, to: 30)[0] < 1e-6)
        #expect(zip(Rhythm.allCases, Rhythm.allCases.dropFirst()).allSatisfy { $0.band.high == $1.band.low })
    }
}
