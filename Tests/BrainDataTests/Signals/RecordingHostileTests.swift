import BrainData
import Foundation
import TestSupport
import Testing

/// Recordings that lie about themselves, one lie at a time, and thousands of random ones.
@Suite struct RecordingHostileTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// A golden file with bytes replaced.
    func changed(_ name: String, _ changes: [(at: Int, text: String)], prefix: Int? = nil) throws -> URL {
        var bytes = try Data(contentsOf: RecordingGolden.file(name))
        for change in changes {
            bytes.replaceSubrange(change.at..<change.at + change.text.utf8.count, with: change.text.utf8)
        }
        return try folder.write(prefix.map { bytes.prefix($0) } ?? bytes, to: name)
    }

    @Test(arguments: [
        ("9999", "ends early"), ("-1  ", ""), ("1e99", ""), ("    ", ""), ("0   ", ""),
    ]) func aNumberOfSignalsThatCannotBe(text: String, words: String) throws {
        let file = try changed("plus.edf", [(252, text)])
        if words.isEmpty {
            #expect(try RecordingFile.open(file).repairs.contains { $0.field == "number of signals" })
        } else {
            let error = #expect(throws: SignalError.self) { try RecordingFile.open(file) }
            #expect("\(try #require(error))".contains(words))
        }
    }

    @Test func samplesPerRecordThatCannotBe() throws {
        let place = 256 + 4 * 216
        for text in ["-5      ", "many    ", "1e300   "] {
            #expect(throws: SignalError.self) { try RecordingFile.open(changed("plus.edf", [(place, text)])) }
        }
        let empty = try RecordingFile.open(changed("plus.edf", [(place, "99999999")]))
        #expect(empty.count(of: 0) == 0 && empty.duration == 0)
        #expect(empty.repairs.contains { $0.field == "number of records" && $0.used.hasPrefix("0") })
    }

    @Test func truncatedHeadersAreErrorsAndTruncatedDataIsShorter() throws {
        for count in [0, 1, 255, 256, 300, 1279] {
            #expect(throws: SignalError.self) { try RecordingFile.open(changed("plus.edf", [], prefix: count)) }
        }
        let short = try RecordingFile.open(changed("plus.edf", [], prefix: 1280 + 2 * 216 + 10))
        #expect(short.count(of: 0) == 32)
        #expect(short.repairs.map(\.field) == ["end of the file", "number of records"])
        for count in [3, 200, 255, 1023] {
            #expect(throws: SignalError.self) { try RecordingFile.open(changed("old.gdf", [], prefix: count)) }
        }
        #expect(try RecordingFile.open(changed("old.gdf", [], prefix: 1024 + 100)).count(of: 0) == 16)
    }

    @Test func aTableOfEventsThatGoesPastTheEnd() throws {
        var bytes = try Data(contentsOf: RecordingGolden.file("old.gdf"))
        let table = 1024 + 3 * 3 * 16 * 2
        bytes.replaceSubrange(table + 4..<table + 8, with: [0xFF, 0xFF, 0xFF, 0xFF])
        let recording = try RecordingFile.open(folder.write(bytes, to: "a.gdf"))
        #expect(recording.events.count == 3)
        #expect(recording.repairs.map(\.field) == ["number of events"])
    }

    @Test func namesThatLeadOutOfTheFolderAreRefused() throws {
        let header = try String(contentsOf: RecordingGolden.file("vector.vhdr"), encoding: .utf8)
        for name in ["../secret.eeg", "/etc/passwd", "a/b.eeg"] {
            let text = header.replacing("DataFile=vector.eeg", with: "DataFile=\(name)")
            let error = #expect(throws: SignalError.self) {
                try RecordingFile.open(folder.write(Data(text.utf8), to: "a.vhdr"))
            }
            #expect("\(try #require(error))".contains("folder"))
        }
    }

    @Test func aRenamedRecordingFindsItsFiles() throws {
        for ending in ["eeg", "vmrk", "vhdr"] {
            _ = try folder.write(Data(contentsOf: RecordingGolden.file("vector.\(ending)")), to: "renamed.\(ending)")
        }
        let recording = try RecordingFile.open(folder.file("renamed.vhdr"))
        #expect(recording.repairs.count == 1 && recording.repairs[0].count == 2)
        #expect(recording.count(of: 0) == 48 && recording.events.count == 2)
    }

    @Test func aBillionChannelsTakeNoMemory() throws {
        let header = try String(contentsOf: RecordingGolden.file("vector.vhdr"), encoding: .utf8)
        let text = header.replacing("NumberOfChannels=3", with: "NumberOfChannels=1000000000")
        #expect(throws: SignalError.self) { try RecordingFile.open(folder.write(Data(text.utf8), to: "vector.vhdr")) }
    }

    @Test func otherFilesAreNamed() throws {
        let hdf5 = Data([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) + Data(count: 600)
        let error = #expect(throws: SignalError.self) { try RecordingFile.open(folder.write(hdf5, to: "a.set")) }
        #expect("\(try #require(error))".contains("-v7"))
        #expect(throws: SignalError.self) { try RecordingFile.open(folder.write(Data("hello".utf8), to: "a.txt")) }
        #expect(throws: SignalError.self) { try RecordingFile.open(folder.file("absent.edf")) }
        #expect(throws: SignalError.self) { try RecordingFile.open(folder.url) }
    }
}
