import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct CausalFilterTests {
    @Test(arguments: [1, 3, 50, 200]) func piecesGiveTheWhole(piece: Int) throws {
        let rows = (0..<3).map { n in
            (0..<200).map { t -> Double in sin(Double(t * (n + 2)) * 0.1) + Double(t % 7) }
        }
        let whole = try CausalFilter.band(4...20, rate: 100).whole(Signal(rows: rows, rate: 100))
        var (filter, parts) = (try CausalFilter.band(4...20, rate: 100), [[Double]](repeating: [], count: 3))
        for start in stride(from: 0, to: 200, by: piece) {
            let next = filter.next(rows.map { Array($0[start..<min(start + piece, 200)]) })
            for n in 0..<3 { parts[n] += next[n] }
        }
        for n in 0..<3 { #expect(parts[n] == whole.row(n)) }
    }

    @Test func theFutureChangesNothing() throws {
        var late = [Double](repeating: 1, count: 100)
        let filter = try CausalFilter.band(4...20, rate: 100)
        let before = filter.whole(Signal(rows: [late], rate: 100)).row(0)
        for n in 60..<100 { late[n] = 99 }
        let after = filter.whole(Signal(rows: [late], rate: 100)).row(0)
        #expect(before[..<60] == after[..<60] && before[60] != after[60])
        #expect(throws: SignalError.self) { try CausalFilter.band(4...60, rate: 100) }
    }
}

@Suite struct TrialCollectionTests {
    private static let cutting = TrialCollection.Cutting(labels: ["T1": "left", "T2": "right"], window: 0...2)

    @Test func subjectsAndSessionsComeFromNames() throws {
        let folder = try TemporaryFolder()
        let recording = ToyTrials.recording(ToyTrials.make(trials: 6))
        for name in [
            "sub-02/ses-b/eeg/sub-02_ses-b_task-x_eeg.edf", "sub-01/eeg/sub-01_task-x_run-3_eeg.edf", "p/S007R04.edf",
            "anna/monday.edf",
        ] {
            let file = folder.url.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            _ = try RecordingFile.write(recording, to: file)
        }
        let read = try TrialCollection.open(folder.url, Self.cutting)
        #expect(read.sessions.map { "\($0.subject) \($0.name)" } == ["01 3", "02 b", "S007 R04", "anna monday"])
        #expect(read.sessions.allSatisfy { $0.epochs.labels == ["left", "right", "left", "right", "left", "right"] })
        #expect(read.subjects == ["01", "02", "S007", "anna"] && read["02"].count == 1)
        let one = try TrialCollection.open(folder.url.appendingPathComponent("p/S007R04.edf"), Self.cutting)
        #expect(one.sessions.count == 1)
    }

    @Test func foldersWithoutTrialsAreExplained() throws {
        let folder = try TemporaryFolder()
        #expect(throws: SignalError.self) { try TrialCollection.open(folder.url, Self.cutting) }
        let file = folder.url.appendingPathComponent("a.edf")
        _ = try RecordingFile.write(ToyTrials.recording(ToyTrials.make(trials: 2)), to: file)
        let other = TrialCollection.Cutting(labels: ["769": "left"], window: 0...2)
        #expect { try TrialCollection.open(folder.url, other) } throws: { "\($0)".contains("769") }
        #expect(throws: SignalError.self) {
            try TrialCollection.open(folder.url.appendingPathComponent("none"), Self.cutting)
        }
    }

    @Test(.enabled(if: SharedData.holds("eeg/bci-iv-2b"))) func theCompetitionsSessions() throws {
        let read = try TrialCollection.open(SharedData.file("eeg/bci-iv-2b"), Self.cutting)
        #expect(read.subjects == ["01", "04"])
        #expect(read["04"].map(\.name) == ["01T", "02T", "03T", "04E", "05E"])
        #expect(read.sessions.allSatisfy { $0.epochs.trials == 120 })
    }

    @Test(.enabled(if: SharedData.holds("eeg/physionet-motor"))) func runsOfPhysioNet() throws {
        let cutting = TrialCollection.Cutting(labels: ["T1": "left", "T2": "right"], window: 0...4)
        let read = try TrialCollection.open(SharedData.file("eeg/physionet-motor"), cutting)
        #expect(read.sessions.map(\.name) == ["R04", "R08"] && read.subjects == ["S001"])
        #expect(read.sessions.allSatisfy { $0.epochs.channels.count == 64 && $0.epochs.classes == ["left", "right"] })
    }
}
