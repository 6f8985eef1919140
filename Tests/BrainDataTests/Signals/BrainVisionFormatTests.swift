import BrainData
import Foundation
import TestSupport
import Testing

/// Headers, markers and samples in every form that BrainVision knows.
@Suite struct BrainVisionFormatTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    func header(_ common: [String: String] = [:], binary: String = "BinaryFormat=INT_16", channels: [String]) -> String
    {
        var fields = [
            "DataFile": "a.eeg", "MarkerFile": "a.vmrk", "DataFormat": "BINARY", "DataOrientation": "MULTIPLEXED",
            "NumberOfChannels": "\(channels.count)", "SamplingInterval": "10000",
        ]
        fields.merge(common) { _, new in new }
        let lines = fields.filter { !$0.value.isEmpty }.map { "\($0.key)=\($0.value)" }.sorted()
        return
            "BrainVision Data Exchange Header File Version 1.0\r\n[Common Infos]\r\n\(lines.joined(separator: "\r\n"))\r\n"
            + "[Binary Infos]\r\n\(binary)\r\n[Channel Infos]\r\n"
            + channels.enumerated().map { "Ch\($0 + 1)=\($1)\r\n" }.joined()
    }

    func open(_ header: String, _ samples: Data, markers: String = "") throws -> Recording {
        _ = try folder.write(samples, to: "a.eeg")
        let start = "BrainVision Data Exchange Marker File Version 1.0\n[Marker Infos]\n"
        _ = try folder.write(Data((start + markers).utf8), to: "a.vmrk")
        return try RecordingFile.open(folder.write(Data(header.utf8), to: "a.vhdr"))
    }

    func bytes<Number: BitwiseCopyable>(_ numbers: [Number]) -> Data { numbers.withUnsafeBytes { Data($0) } }

    @Test func everyNumberTypeInBothOrders() throws {
        let cases: [(String, Data, [Double])] = [
            ("INT_16", bytes([Int16(-1), 2, 3, -4]), [-1, 2, 3, -4]),
            ("UINT_16", bytes([UInt16(65535), 2, 3, 4]), [65535, 2, 3, 4]),
            ("INT_32", bytes([Int32(-70000), 2, 3, 4]), [-70000, 2, 3, 4]),
            ("IEEE_FLOAT_32", bytes([Float(0.5), 2, 3, 4]), [0.5, 2, 3, 4]),
            ("IEEE_FLOAT_64", bytes([0.1, 2, 3, 4]), [0.1, 2, 3, 4]),
        ]
        for (name, data, values) in cases {
            let binary = "BinaryFormat=\(name)"
            let mixed = try open(header(binary: binary, channels: ["A,,,", "B,,2,"]), data).signal()
            #expect(mixed.values == [values[0], values[2], 2 * values[1], 2 * values[3]])
            let apart = try open(header(["DataOrientation": "VECTORIZED"], binary: binary, channels: ["A", "B"]), data)
                .signal()
            #expect(apart.values == values && apart.rate == 100)
        }
        #expect(throws: SignalError.self) {
            try open(header(binary: "BinaryFormat=INT_12", channels: ["A"]), Data(count: 4))
        }
    }

    @Test func whatTheChannelsSay() throws {
        let recording = try open(
            header(channels: ["Fp1,Cz,0.5,µV", "A\\1B,,x,mV", "EOG,,1,uV", "GSR,,1,µS"]), Data(count: 16))
        #expect(recording.channels.map(\.name) == ["Fp1", "A,B", "EOG", "GSR"])
        #expect(recording.channels.map(\.unit) == ["µV", "mV", "µV", "µS"])
        #expect(recording.channels.map(\.kind) == [.eeg, .eeg, .eog, .other])
        #expect(recording.channels[0].reference == "Cz" && recording.channels[1].voltsPerUnit == 1e-3)
        #expect(recording.repairs.map(\.field) == ["resolution of A,B"])
    }

    @Test func markersThatAreOdd() throws {
        let recording = try open(
            header(channels: ["A"]), Data(count: 200),
            markers:
                "Mk1=New Segment,,1,1,0,20200101000000000000\nMk2=Stimulus,S1,11,5,1\nMk3=broken\nMk4=Stimulus,S2,0,1,9\n"
                + "Mk5=New Segment,,51,1,0\n")
        #expect(recording.events.map(\.label) == ["Stimulus/S2", "Stimulus/S1", "New Segment/"])
        #expect(recording.events.map(\.onset) == [-0.01, 0.1, 0.5])
        #expect(
            recording.events[1].channel == 0 && recording.events[1].duration == 0.05
                && recording.events[0].channel == nil)
        #expect(recording.start == Date(timeIntervalSince1970: 1_577_836_800))
        #expect(recording.repairs.map(\.field) == ["marker 3", "marker 4"])
    }

    @Test func wrongCountsAreMended() throws {
        let recording = try open(header(["DataPoints": "99"], channels: ["A", "B"]), Data(count: 42))
        #expect(recording.count(of: 0) == 10)
        #expect(recording.repairs.map(\.field) == ["end of the samples", "number of samples"])
        let silent = try open(header(["MarkerFile": ""], channels: ["A"]), Data(count: 2))
        #expect(silent.events.isEmpty && silent.repairs.isEmpty)
    }

    @Test(arguments: [
        ["SamplingInterval": "0"], ["SamplingInterval": "-5"], ["SamplingInterval": ""], ["NumberOfChannels": "0"],
        ["NumberOfChannels": "x"], ["NumberOfChannels": ""], ["DataFormat": "ODD"], ["DataType": "FREQUENCYDOMAIN"],
        ["DataFile": "absent.eeg", "MarkerFile": "../a.vmrk"],
    ]) func whatCannotBeIsRefused(changes: [String: String]) throws {
        #expect(throws: SignalError.self) { try open(header(changes, channels: ["A"]), Data(count: 8)) }
    }

    @Test func textThatIsLatin() throws {
        _ = try folder.write(Data(count: 4), to: "a.eeg")
        _ = try folder.write(Data(), to: "b.vmrk")
        let text = header(["MarkerFile": ""], channels: ["A,,1,µV"])
        let bytes = try #require(text.data(using: .isoLatin1))
        let recording = try RecordingFile.open(folder.write(bytes, to: "a.vhdr"))
        #expect(recording.channels[0].unit == "µV" && recording.repairs.map(\.field) == ["text"])
    }

    @Test func samplesAsText() throws {
        func open(_ ascii: String, _ samples: String, _ orientation: String = "MULTIPLEXED") throws -> [Double] {
            let text =
                header(
                    ["DataFormat": "ASCII", "DataOrientation": orientation], channels: ["A", "B,,2"])
                + "[ASCII Infos]\r\n\(ascii)\r\n"
            return try self.open(text, Data(samples.utf8)).signal().values
        }
        #expect(try open("DecimalSymbol=.\r\nSkipLines=1", "A B\n1.5 2\n-3 4e1\n") == [1.5, -3, 4, 80])
        #expect(try open("DecimalSymbol=,\r\nSkipLines=0", "1,5 2\n-3 4\n") == [1.5, -3, 4, 8])
        #expect(try open("SkipColumns=1", "A 1 2 3\nB 4 5 6\n", "VECTORIZED") == [1, 2, 3, 8, 10, 12])
        for samples in ["1 2\n3\n", "1 x\n", "1 2 3\n"] {
            #expect(throws: SignalError.self) { try open("SkipLines=0", samples) }
        }
    }
}
