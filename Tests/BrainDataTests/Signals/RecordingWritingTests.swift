import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct RecordingWritingTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    func sample(rate: Double = 250, count: Int = 1000) -> Recording {
        var channels = ["Fp1", "Cz", "EOG, left"].map { Channel(name: $0, rate: rate) }
        channels[1].position = SIMD3(1, -2, 94)
        channels[0].position = SIMD3(-30, 80, -5)
        let values = (0..<3 * count).map { sin(Double($0) * 0.37) * 80 + Double($0 / count) * 20 }
        let signal = Signal(channels: channels, rate: rate, count: count, values: values)
        let events = [
            Event(onset: 0.5, duration: 1.25, label: "Stimulus/S  1"), Event(onset: 1.004, label: "naïve, reply"),
            Event(onset: 3.9, label: "Stimulus/S  2"),
        ]
        return Recording(signal, events: events, start: Date(timeIntervalSince1970: 1_600_000_000.25))
    }

    @Test(arguments: ["a.edf", "a.vhdr"]) func comesBackAsItWas(name: String) throws {
        let recording = sample()
        let notes = try RecordingFile.write(recording, to: folder.file(name))
        let back = try RecordingFile.open(folder.file(name))
        #expect(back.repairs == [])
        #expect(back.channels.map(\.name) == ["Fp1", "Cz", "EOG, left"])
        #expect(back.channels.allSatisfy { $0.rate == 250 && $0.unit == "µV" })
        let step = name.hasSuffix("edf") ? 0.5 * 161 / 65535 : 1e-5
        for (a, b) in zip(try back.signal().values, try recording.signal().values) { #expect(abs(a - b) <= step) }
        let labels = name.hasSuffix("edf") ? "naïve, reply" : "Comment/naïve, reply"
        #expect(back.events.map(\.label) == ["Stimulus/S  1", labels, "Stimulus/S  2"])
        for (a, b) in zip(back.events, recording.events) {
            #expect(abs(a.onset - b.onset) < 1e-9 && abs(a.duration - b.duration) < 0.0021)
        }
        #expect(abs((back.start?.timeIntervalSince1970 ?? 0) - 1_600_000_000.25) < 1e-5)
        #expect(notes.count == 1 && notes[0].contains("rounded"))
        if name.hasSuffix("vhdr") {
            let place = try #require(back.channels[0].position)
            #expect(((place - SIMD3(-30, 80, -5)) * (place - SIMD3(-30, 80, -5))).sum() < 1e-6)
        }
    }

    @Test func anEDFGoesRoundWithoutLoss() throws {
        let recording = try RecordingFile.open(RecordingGolden.file("plus.edf"))
        #expect(try RecordingFile.write(recording, to: folder.file("b.edf")) == [])
        let back = try RecordingFile.open(folder.file("b.edf"))
        #expect(try back.signal().values == recording.signal().values)
        #expect(back.events == recording.events && back.start == recording.start && back.repairs == [])
        #expect(back.channels.map(\.filtering) == recording.channels.map(\.filtering))
    }

    @Test func gapsStay() throws {
        let recording = try RecordingFile.open(RecordingGolden.file("gaps.edf"))
        try RecordingFile.write(recording, to: folder.file("b.edf"))
        let back = try RecordingFile.open(folder.file("b.edf"))
        #expect(back.format == "EDF+D")
        #expect(back.segments == recording.segments && back.events == recording.events)
    }

    @Test func faultsDoNotGoRound() throws {
        let recording = try RecordingFile.open(RecordingGolden.file("broken.edf"))
        try RecordingFile.write(recording, to: folder.file("b.edf"))
        let back = try RecordingFile.open(folder.file("b.edf"))
        #expect(back.repairs.map(\.field) == ["annotation"])  // an onset before the first sample stays one
        #expect(back.channels.map(\.name) == recording.channels.map(\.name))
        #expect(relativeDifference(try back.signal().values, try recording.signal().values) < 1e-4)
    }

    @Test func theHeaderIsTheStandardsOwn() throws {
        try RecordingFile.write(sample(), to: folder.file("a.edf"))
        let bytes = try Data(contentsOf: folder.file("a.edf"))
        let header = bytes.prefix(256 * 5)
        #expect(header.allSatisfy { (32...126).contains($0) })
        func field(_ at: Int, _ count: Int) -> String {
            String(decoding: bytes[at..<at + count], as: UTF8.self).trimmingCharacters(in: .whitespaces)
        }
        #expect(field(0, 8) == "0" && field(8, 80) == "X X X X" && field(88, 80) == "Startdate 13-SEP-2020 X X X")
        #expect(field(168, 16) == "13.09.2012.26.40" && field(184, 8) == "1280" && field(192, 44) == "EDF+C")
        #expect(field(236, 8) == "4" && field(244, 8) == "1" && field(252, 4) == "4")
        #expect(field(256 + 48, 16) == "EDF Annotations" && field(256 + 4 * 96, 8) == "uV")
        let perRecord = (0..<4).map { Int(field(256 + 4 * 216 + 8 * $0, 8)) ?? 0 }
        #expect(bytes.count == 1280 + 4 * 2 * perRecord.reduce(0, +))
    }

    @Test(arguments: [128.0, 1000, 512, 1e3 / 3, 160]) func ratesAreKept(rate: Double) throws {
        let recording = sample(rate: rate, count: 997)
        let notes = try RecordingFile.write(recording, to: folder.file("a.edf"))
        let back = try RecordingFile.open(folder.file("a.edf"))
        #expect(abs(back.channels[0].rate - rate) < 1e-9 * rate)
        #expect(back.count(of: 0) >= 997)
        #expect(back.count(of: 0) == 997 || notes.contains { $0.contains("filled up") })
    }

    @Test func severalRatesFitIntoEDFOnly() throws {
        let path = folder.file("rates.edf")
        try twoRates().write(to: path)
        let recording = try RecordingFile.open(path)
        #expect(recording.channels.map(\.rate) == [8, 2])
        try RecordingFile.write(recording, to: folder.file("b.edf"))
        let back = try RecordingFile.open(folder.file("b.edf"))
        #expect(back.channels.map(\.rate) == [8, 2] && back.count(of: 1) == 4)
        #expect(try back.samples(1, 0..<4) == recording.samples(1, 0..<4))
        #expect(throws: SignalError.self) { try RecordingFile.write(recording, to: folder.file("b.vhdr")) }
    }

    /// Two records of 8 and 2 samples.
    private func twoRates() -> Data {
        func fields(_ texts: [String], _ width: Int) -> String {
            texts.map { $0.padding(toLength: width, withPad: " ", startingAt: 0) }.joined()
        }
        var text = fields(["0"], 8) + fields(["", ""], 80) + "01.01.0100.00.00" + fields(["768"], 8) + fields([""], 44)
        text += fields(["2", "1"], 8) + fields(["2"], 4) + fields(["Cz", "slow"], 16) + fields(["", ""], 80)
        text += fields(["uV", "uV", "-100", "-1", "100", "1", "-100", "-100", "100", "100"], 8) + fields(["", ""], 80)
        text += fields(["8", "2"], 8) + fields(["", ""], 32)
        return Data(text.utf8) + Data((0..<40).map { UInt8($0 % 2 == 0 ? $0 : 0) })
    }

    @Test func whatCannotBeWrittenIsRefused() throws {
        var values = [Double](repeating: 1, count: 100)
        values[3] = .nan
        let broken = Recording(Signal(rows: [values], rate: 100))
        #expect(throws: SignalError.self) { try RecordingFile.write(broken, to: folder.file("a.edf")) }
        for name in ["a.bdf", "a.gdf", "a.set", "a.xyz", "missing/a.edf"] {
            let error = #expect(throws: SignalError.self) { try RecordingFile.write(sample(), to: folder.file(name)) }
            guard case .unwritable = error else { Issue.record("\(name): \(error as Any)"); continue }
        }
    }
}
