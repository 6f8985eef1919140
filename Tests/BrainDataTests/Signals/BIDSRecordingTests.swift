import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct BIDSRecordingTests {
    let folder: TemporaryFolder
    let recording: URL

    init() throws {
        folder = try TemporaryFolder()
        let eeg = folder.file("data/sub-01/ses-a/eeg")
        try FileManager.default.createDirectory(at: eeg, withIntermediateDirectories: true)
        recording = eeg.appendingPathComponent("sub-01_ses-a_task-rest_run-1_eeg.edf")
        try FileManager.default.copyItem(at: RecordingGolden.file("plus.edf"), to: recording)
        try put("{}", "dataset_description.json")
    }

    func put(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: folder.file("data/" + path))
    }

    @Test func sidecarsSpeakForTheRecording() throws {
        let run = "sub-01/ses-a/eeg/sub-01_ses-a_task-rest_run-1"
        try put(
            "name\ttype\tunits\tstatus\nC3\tEEG\tµV\tbad\nCz\tEEG\tmV\tgood\nEOG\tVEOG\tuV\tn/a\nX\tEEG\tuV\tgood\n",
            "\(run)_channels.tsv")
        try put(
            "onset\tduration\ttrial_type\tvalue\n1.5\t0.5\tgo\t7\n0.25\tn/a\tn/a\t9\nn/a\t1\tgo\t7\n",
            "\(run)_events.tsv")
        let open = try BIDSRecording.open(recording)
        #expect(open.channels.map(\.kind) == [.eeg, .eeg, .eog])
        #expect(open.channels.map(\.isBad) == [true, false, false])
        #expect(open.events == [Event(onset: 0.25, label: "9"), Event(onset: 1.5, duration: 0.5, label: "go")])
        let repairs = open.repairs.map(\.description).joined(separator: "\n")
        #expect(repairs.contains("“X”") && repairs.contains("mV in channels.tsv") && repairs.contains("line 4"))
    }

    @Test func nearerSidecarsGoBeforeFartherOnes() throws {
        try put("name\ttype\nC3\tEMG\n", "task-rest_channels.tsv")
        try put("name\ttype\nC3\tECG\n", "task-other_channels.tsv")
        try put(#"{"EEGReference": "far", "PowerLineFrequency": 50}"#, "task-rest_eeg.json")
        #expect(try BIDSRecording.open(recording).channels[0].kind == .emg)
        try put("name\ttype\nC3\tEOG\n", "sub-01/sub-01_channels.tsv")
        try put(#"{"EEGReference": "near"}"#, "sub-01/sub-01_task-rest_eeg.json")
        let open = try BIDSRecording.open(recording)
        #expect(open.channels[0].kind == .eog)
        #expect(open.channels[1].reference == "near")
    }

    @Test(arguments: [
        ("CapTrak", "m", "0.03\t0.08\t-0.005"), ("EEGLAB", "mm", "80\t-30\t-5"), ("Other", "n/a", "30\t80\t-5"),
    ]) func electrodesInAnyUnit(system: String, units: String, numbers: String) throws {
        let base = "sub-01/ses-a/eeg/sub-01_ses-a"
        try put("name\tx\ty\tz\nCz\t\(numbers)\nC3\tn/a\tn/a\tn/a\n", "\(base)_electrodes.tsv")
        try put(
            #"{"EEGCoordinateSystem": "\#(system)", "EEGCoordinateUnits": "\#(units)"}"#, "\(base)_coordsystem.json")
        let channels = try BIDSRecording.open(recording).channels
        let place = try #require(channels[1].position)
        #expect(abs(place.x - 30) < 1e-9 && abs(place.y - 80) < 1e-9 && abs(place.z + 5) < 1e-9)
        #expect(channels[0].position == nil)
    }

    @Test func recordingsAreFound() throws {
        #expect(
            try BIDSRecording.recordings(in: folder.file("data")).map(\.lastPathComponent) == [
                recording.lastPathComponent
            ])
        #expect(throws: SignalError.self) { try BIDSRecording.recordings(in: folder.file("data/sub-01/ses-b")) }
        #expect(try BIDSRecording.open(RecordingGolden.file("plus.edf")).repairs == [])
        try put("[1, 2]", "task-rest_eeg.json")
        #expect(throws: SignalError.self) { try BIDSRecording.open(recording) }
    }
}
