import BrainData
import Foundation
import TestSupport
import Testing

/// Recordings as amplifiers and other programs wrote them. Every sample is held against MNE by
/// `Benchmarks/recordings/compare`.
@Suite struct RecordingRealDataTests {
    @Test(.enabled(if: SharedData.holds("eeg/physionet-motor"))) func aMotorImageryRun() throws {
        let recording = try RecordingFile.open(SharedData.file("eeg/physionet-motor/S001R04.edf"))
        #expect(recording.format == "EDF+C" && recording.channels.count == 64 && recording.repairs == [])
        #expect(recording.channels[0].name == "Fc5." && recording.channels[0].rate == 160)
        #expect(recording.events.count == 30 && Set(recording.events.map(\.label)) == ["T0", "T1", "T2"])
        #expect(recording.duration == 125)
        #expect(try recording.samples(0, 0..<3) == [-5, -12, -77])
    }

    @Test(.enabled(if: SharedData.holds("eeg/eeglab"))) func anEEGLABSet() throws {
        let recording = try RecordingFile.open(SharedData.file("eeg/eeglab/eeglab_data.set"))
        #expect(recording.channels.count == 32 && recording.channels[0].rate == 128)
        #expect(recording.events.count == 154 && recording.channels.allSatisfy { $0.position != nil })
    }

    @Test(.enabled(if: SharedData.holds("eeg/formats"))) func filesOfMNE() throws {
        let vision = try RecordingFile.open(SharedData.file("eeg/formats/test.vmrk"))
        #expect(vision.channels.count == 32 && vision.events.count == 13 && vision.start != nil)
        #expect(vision.channels[26].unit == "BS" && vision.channels[26].kind == .other)
        let biosemi = try RecordingFile.open(SharedData.file("eeg/formats/test.bdf"))
        #expect(biosemi.channels.count == 73 && biosemi.channels.last?.kind == .stimulus)
    }

    @Test(.enabled(if: SharedData.holds("eeg/physionet-motor"))) func aRealRecordingGoesRound() throws {
        let folder = try TemporaryFolder()
        let recording = try RecordingFile.open(SharedData.file("eeg/physionet-motor/S001R04.edf"))
        #expect(try RecordingFile.write(recording, to: folder.file("a.edf")) == [])
        let back = try RecordingFile.open(folder.file("a.edf"))
        #expect(try back.signal().values == recording.signal().values)
        #expect(back.events == recording.events && back.start == recording.start)
    }
}
