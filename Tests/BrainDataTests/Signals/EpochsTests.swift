import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct EpochsTests {
    func recording() -> Recording {
        let rows = [(0..<1000).map(Double.init), (0..<1000).map { 5000 - Double($0) }]
        let events = [
            Event(onset: 0.05, label: "769"), Event(onset: 2, label: "769"), Event(onset: 4.0012, label: "770"),
            Event(onset: 5, label: "1023"), Event(onset: 9.8, label: "770"),
        ]
        return Recording(Signal(rows: rows, rate: 100), events: events)
    }

    @Test func trialsAreCutAroundTheirEvents() throws {
        let (epochs, dropped) = try Epochs.cut(
            recording(), labels: ["769": "left", "770": "right"], window: -0.1...0.5)
        #expect(epochs.labels == ["left", "right"] && epochs.count == 60 && epochs.start == -0.1)
        #expect(epochs.signal(0).row(0) == (190..<250).map(Double.init))
        #expect(epochs.signal(1).row(1).first == 4610.0)
        #expect(dropped.map(\.event) == [0, 3] && dropped.allSatisfy { $0.why.contains("end") })
        #expect(throws: SignalError.self) { try Epochs.cut(recording(), labels: [:], window: 0.5...0.5) }
    }

    @Test func trialsOverAGapAreLeftOut() throws {
        let gaps = try RecordingFile.open(RecordingGolden.file("gaps.edf"))
        let events = [Event(onset: 1.75, label: "a"), Event(onset: 10.5, label: "a")]
        let (epochs, dropped) = try Epochs.cut(gaps, labels: ["a": "a"], window: 0...0.5, events: events)
        #expect(epochs.trials == 1 && dropped == [Epochs.Dropped(event: 0, label: "a", why: "reaches over a gap")])
        #expect(epochs.signal(0).row(0) == (try gaps.samples(0, 32..<40)))
    }

    @Test func baselinesAreTakenOff() throws {
        let epochs = try Epochs.cut(recording(), labels: ["769": "left"], window: -0.1...0.5).epochs
        let corrected = try epochs.baselineCorrected(-0.1...0)
        #expect(corrected.signal(0).row(0).first == -5 && corrected.signal(0).row(0)[10] == 5)
        #expect(corrected.signal(0).row(1)[5] == 0)
        #expect(throws: SignalError.self) { try epochs.baselineCorrected(1...2) }
    }

    @Test func trialsThatSwingTooFarAreLeftOut() throws {
        let epochs = try Epochs.cut(recording(), labels: ["769": "left", "770": "right"], window: 0...0.5).epochs
        #expect(epochs.trials == 3)
        var noisy = epochs
        noisy.values[5] = 1e4
        noisy.values[2 * 100 + 7] = .nan
        let (kept, dropped) = noisy.rejecting(above: 100)
        #expect(kept.trials == 1 && dropped.map(\.event) == [0, 2])
        #expect(dropped[1].why.contains("no numbers"))
        #expect(epochs.rejecting(below: 60).epochs.trials == 0)
        noisy.channels[0].isBad = true
        #expect(noisy.rejecting(above: 100).epochs.trials == 3)
    }

    @Test func runningMeansAreThoseOfBraindecode() throws {
        let golden = try SignalsGolden.load().standardisation
        let signal = Signal(rows: [golden.x, golden.x], rate: 100)
        let plain = signal.exponentiallyStandardised(factor: 0.02)
        #expect(relativeDifference(plain.row(1), golden.plain) < 1e-9)
        let started = signal.exponentiallyStandardised(factor: 0.02, initial: 20)
        #expect(relativeDifference(started.row(0), golden.started) < 1e-9)
        #expect(signal.exponentiallyStandardised(initial: 1000).count == 80)
    }

    @Test func referencesAreTakenOff() throws {
        var signal = Signal(rows: [[1, 2], [3, 6], [100, 100], [7, 7]], rate: 10)
        signal.channels[2].kind = .eog
        signal.channels[3].isBad = true
        let average = try signal.referenced(to: .average)
        #expect(average.values == [-1, -2, 1, 2, 100, 100, 5, 3])
        #expect(average.channels[0].reference == "average" && average.channels[2].reference == nil)
        #expect(try signal.referenced(to: .channels(["2", "3"])).row(0) == [1 - 51.5, 2 - 53])
        #expect(try signal.bipolar([("2", "1")]).values == [2, 4])
        #expect(try signal.bipolar([("2", "1")]).channels[0].name == "2-1")
        #expect(throws: SignalError.self) { try signal.referenced(to: .channels(["Cz"])) }
        #expect(throws: SignalError.self) { try signal.bipolar([("1", "Cz")]) }
    }

    @Test func channelsThatStandOutAreFound() {
        var dice = FormatFuzzTests.Dice(state: 5)
        let common = (0..<2000).map { _ in Double.random(in: -10...10, using: &dice) }
        var rows = (0..<12).map { n in
            common.map { $0 * (1 + Double(n) * 0.02) + Double.random(in: -5...5, using: &dice) }
        }
        let clean = Signal(rows: rows, rate: 100)
        #expect(clean.badChannels() == [])
        rows[2] = [Double](repeating: 4, count: 2000)
        rows[5] = rows[5].map { $0 * 20 }
        rows[8] = (0..<2000).map { _ in Double.random(in: -12...12, using: &dice) }
        rows[9][3] = .nan
        let found = Signal(rows: rows, rate: 100).badChannels()
        #expect(found.map(\.channel) == [2, 5, 8, 9])
        #expect(found.map(\.reason) == [.flat, .amplitude, .correlation, .flat])
    }
}
