import BrainData
import Foundation
import TestSupport
import Testing

/// What MNE reads from the same small files; see `scripts/golden/recordings.py`.
struct RecordingGolden: Decodable {
    let names: [String]
    let rate: Double
    let values: [[Double]]
    let events: [Event]
    let start: Double?

    struct Event: Decodable {
        let onset, duration: Double
        let label: String

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            (onset, duration) = (try list.decode(Double.self), try list.decode(Double.self))
            label = try list.decode(String.self)
        }
    }

    static func file(_ name: String) throws -> URL {
        try #require(Bundle.module.url(forResource: "Golden/recordings", withExtension: nil)).appendingPathComponent(
            name)
    }

    static func load() throws -> [String: RecordingGolden] {
        try JSONDecoder().decode([String: RecordingGolden].self, from: Data(contentsOf: file("expected.json")))
    }
}

/// The largest difference as a share of the largest value.
func relativeDifference(_ a: [Double], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    let most = b.map(abs).max() ?? 0
    return zip(a, b).map { abs($0 - $1) }.max().map { $0 / max(most, 1e-300) } ?? 0
}

@Suite struct RecordingGoldenTests {
    @Test func thereIsAGoldenOfEveryFormat() throws {
        let endings = Set(try RecordingGolden.load().keys.compactMap { $0.split(separator: ".").last })
        #expect(endings == ["edf", "bdf", "gdf", "vhdr", "set"])
    }

    @Test(arguments: [
        "plus.edf", "plus.bdf", "status.bdf", "old.gdf", "middle.gdf", "new.gdf", "vector.vhdr", "text.vhdr",
        "inline.set",
        "beside.set",
    ]) func equalsMNE(name: String) throws {
        let expected = try #require(try RecordingGolden.load()[name])
        let recording = try RecordingFile.open(RecordingGolden.file(name))
        #expect(recording.channels.map(\.name) == expected.names)
        #expect(recording.channels.allSatisfy { abs($0.rate - expected.rate) < 1e-9 })
        let signal = try recording.signal()
        for (n, values) in expected.values.enumerated() { #expect(relativeDifference(signal.row(n), values) < 1e-9) }
        // MNE prints EEGLAB's numbers as Python does, “33.0”.
        #expect(recording.events.map(\.label) == expected.events.map { $0.label == "33.0" ? "33" : $0.label })
        for (ours, theirs) in zip(recording.events, expected.events) {
            #expect(abs(ours.onset - theirs.onset) < 1e-9)
            // MNE gives a GDF event without a length one sample.
            let least = name == "new.gdf" ? 1 / expected.rate : 0
            #expect(abs(max(ours.duration, least) - theirs.duration) < 1e-9, "\(name) \(ours.label)")
        }
        if let start = expected.start {
            #expect(abs((recording.start?.timeIntervalSince1970 ?? 0) - start) < 1e-3)
        } else {
            #expect(recording.start == nil)
        }
        #expect(recording.repairs == [])
    }

    @Test func windowsOfARecordingAreItsParts() throws {
        for name in ["plus.edf", "vector.vhdr", "text.vhdr", "new.gdf"] {
            let recording = try RecordingFile.open(RecordingGolden.file(name))
            let whole = try recording.signal()
            let part = try recording.picking([2, 0]).signal(13..<37)
            #expect(part.count == 24 && part.channels.map(\.name) == ["EOG", "C3"])
            #expect(part.row(0) == Array(whole.row(2)[13..<37]) && part.row(1) == Array(whole.row(0)[13..<37]))
            #expect(try recording.signal(40..<1000).count == 8)
            #expect(throws: SignalError.self) { try recording.signal(limit: 100) }
        }
    }

    @Test func bigEndianSamplesAreTheLittleOnes() throws {
        let (big, vector) = (
            try RecordingFile.open(RecordingGolden.file("big.vhdr")),
            try RecordingFile.open(RecordingGolden.file("vector.vhdr"))
        )
        #expect(try big.signal().values == vector.signal().values)
        #expect(big.channels.map(\.name) == ["C3", "C,z", "EOG"] && big.channels[2].kind == .eog)
        #expect(big.channels.allSatisfy { $0.reference == "REF" && $0.unit == "µV" })
        #expect(big.events.map(\.label) == ["Stimulus/S  1", "Response/R,5"])
    }

    @Test func gapsLieBetweenSegments() throws {
        let recording = try RecordingFile.open(RecordingGolden.file("gaps.edf"))
        #expect(recording.format == "EDF+D")
        #expect(
            recording.segments == [
                Recording.Segment(onset: 0, position: 0), Recording.Segment(onset: 10.5, position: 2),
            ])
        #expect(recording.duration == 3)
        #expect(recording.sample(at: 10.75, rate: 16) == 36)
        #expect(recording.sample(at: 5, rate: 16) == 32)
        #expect(recording.time(ofSample: 36, rate: 16) == 10.75)
        #expect(recording.events == [Event(onset: 10.75, label: "late")])
    }

    @Test func aStatusLineHoldsEvents() throws {
        let recording = try RecordingFile.open(RecordingGolden.file("status.bdf"))
        #expect(recording.channels[1].kind == .stimulus && recording.mainChannels == [0])
        #expect(try recording.triggers().map(\.label) == ["3", "7"])
        #expect(try recording.triggers().map(\.onset) == [5.0 / 16, 0.5])
        #expect(try recording.triggers(mask: 0xFFFFFF).map(\.label) == ["3", "\(0x10007)", "\(0x10000)"])
    }

    @Test func epochsOfEEGLABAreSegments() throws {
        let (trials, whole) = (
            try RecordingFile.open(RecordingGolden.file("trials.set")),
            try RecordingFile.open(RecordingGolden.file("inline.set"))
        )
        #expect(trials.segments.map(\.position) == [0, 1, 2])
        #expect(try trials.signal().values == whole.signal().values)
        #expect(whole.channels[2].kind == .eog)
        #expect(whole.channels[0].position == [-71, 0, 71])
        #expect(whole.subject == "S7")
    }

    @Test func faultsAreMendedAndReported() throws {
        let recording = try RecordingFile.open(RecordingGolden.file("broken.edf"))
        #expect(recording.channels.map(\.name) == ["C3-0", "C3-1", "channel 3"])
        #expect(recording.count(of: 0) == 48)
        let sound = try RecordingFile.open(RecordingGolden.file("plus.edf")).signal()
        let signal = try recording.signal()
        #expect(relativeDifference(signal.row(0), sound.row(0).map { ($0 + 500) * 1.001 - 500.5 }) < 1e-12)
        #expect(signal.row(1).allSatisfy { $0 == $0.rounded() })
        #expect(recording.events.map(\.label) == ["early", "étude"])
        #expect(recording.events.map(\.onset) == [-0.25, 0.5])
        let fields = recording.repairs.map(\.field).joined(separator: "; ")
        for word in ["number of records", "end of the file", "range of", "name of channel", "annotation"] {
            #expect(fields.contains(word), "\(fields)")
        }
        #expect(recording.repairs.contains { "\($0)".contains("Latin-1") })
        #expect(recording.repairs.contains { "\($0)".contains("found “-1”, used 3, from the file's size") })
    }
}
