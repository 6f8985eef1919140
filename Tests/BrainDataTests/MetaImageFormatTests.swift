import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct MetaImageFormatTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    func file(_ changes: [String: String?] = [:], data: Data = Data(0..<12), last: String = "LOCAL") throws -> URL {
        var fields: [String: String] = [
            "DimSize": "3 2 2", "ElementType": "MET_UCHAR", "ElementSpacing": "1 2 3", "Offset": "10 20 30",
        ]
        for (field, value) in changes { fields[field] = value }
        let lines = fields.map { "\($0.key) = \($0.value)" }.sorted()
        let dimensions = changes["NDims"].flatMap { $0 } ?? "3"
        let header = (["NDims = \(dimensions)"] + lines + ["ElementDataFile = \(last)", ""]).joined(separator: "\n")
        return try folder.write(Data(header.utf8) + data, to: "a.mha")
    }

    @Test func placesVoxelsInRightAnteriorSuperior() throws {
        let volume = try ImageFile.read(try file(["TransformMatrix": "0 1 0 -1 0 0 0 0 1"]))
        #expect(volume.grid.affine.i == [0, -1, 0] && volume.grid.affine.j == [2, 0, 0])
        #expect(volume.grid.affine.k == [0, 0, 3] && volume.grid.affine.origin == [-10, -20, 30])
        #expect(volume.voxels == (0..<12).map(Float.init))
        #expect(volume.notes == [])
    }

    @Test func readsChannelsAndTypes() throws {
        let channels = try ImageFile.read(try file(["DimSize": "3 2 1", "ElementNumberOfChannels": "2"]))
        #expect(channels.frames == 2 && channels.frame(1).voxels == [1, 3, 5, 7, 9, 11])
        let big = try file(
            ["ElementType": "MET_SHORT", "BinaryDataByteOrderMSB": "True"],
            data: Data((0..<24).map { $0 % 2 == 0 ? 0 : $0 / 2 }))
        #expect(try ImageFile.read(big).voxels == (0..<12).map(Float.init))
        let text = try file(["BinaryData": "False"], data: Data("0 1 2 3 4 5 6 7 8 9 10 11".utf8))
        #expect(try ImageFile.read(text).voxels == (0..<12).map(Float.init))
        let skipped = try file(["HeaderSize": "-1"], data: Data(count: 7) + Data(0..<12))
        #expect(try ImageFile.read(skipped).voxels == (0..<12).map(Float.init))
    }

    @Test func refusesWhatCannotBe() throws {
        expectFault(.malformed, reading: try file(["DimSize": "3 2"]))
        expectFault(.malformed, reading: try file(["DimSize": "3 -2 2"]))
        expectFault(.malformed, reading: try file(["NDims": "9"]))
        expectFault(.malformed, reading: try file(["DimSize": "9999999999 9999999999 99"]))
        expectFault(.malformed, reading: try file(["ElementNumberOfChannels": "9223372036854775807"]))
        expectFault(.truncated, reading: try file(["DimSize": "3000 3000 3000"]))
        expectFault(.unsupported, "MET_STRING", reading: try file(["ElementType": "MET_STRING"]))
        expectFault(.malformed, "zlib", reading: try file(["CompressedData": "True"]))
        expectFault(.unsupported, "own folder", reading: try file(last: "../a.raw"))
        expectFault(.unsupported, "several", reading: try file(last: "LIST"))
        expectFault(.truncated, reading: try file(["HeaderSize": "999"]))
        let mended = try ImageFile.read(try file(["TransformMatrix": "0 0 0 0 0 0 0 0 0"]))
        #expect(mended.notes.count == 1 && mended.grid.affine.spacing == [1, 1, 1])
    }
}
