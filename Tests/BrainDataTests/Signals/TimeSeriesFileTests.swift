import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct TimeSeriesFileTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    func read(_ header: String, _ data: String) throws -> Epochs {
        try TimeSeriesFile.read(folder.write(Data("#remark\n\(header)\n@data\n\(data)\n".utf8), to: "a.ts"), rate: 100)
    }

    @Test func trialsWithChannelsAndLabels() throws {
        let epochs = try read("@classLabel true left right", "1,2,3:4,5,6:left\n-1,?,1e1:0,0,0.5:right")
        #expect(epochs.trials == 2 && epochs.channels.count == 2 && epochs.count == 3 && epochs.rate == 100)
        #expect(epochs.labels == ["left", "right"] && epochs.classes == ["left", "right"])
        #expect(epochs.signal(0).values == [1, 2, 3, 4, 5, 6])
        #expect(epochs.values[7].isNaN && epochs.values[8] == 10)
        #expect(epochs.picking([1]).labels == ["right"])
        #expect(try read("@classLabel false", "1,2:3,4").labels == [""])
    }

    @Test(arguments: [
        ("@classLabel true", "1,2:3,4:a\n1,2:a"), ("@classLabel true", "1,2:3,4:a\n1,2,3:3,4,5:a"),
        ("@classLabel true", "1,x:a"), ("@timestamps true", "1,2"), ("@classLabel true", "left"),
    ]) func whatCannotBeReadIsRefused(header: String, data: String) throws {
        #expect(throws: SignalError.self) { try read(header, data) }
    }
}
