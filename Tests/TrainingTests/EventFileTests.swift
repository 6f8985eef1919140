import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct EventFileTests {
    /// RFC 3720, appendix B.4, and the check value of the CRC catalogue.
    @Test(
        arguments: [
            (Array("123456789".utf8), 0xe306_9283), ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43), ([UInt8](0..<32), 0x46dd_794e), ([], 0),
        ] as [([UInt8], UInt32)]) func checksumsAreThoseOfTheStandard(bytes: [UInt8], checksum: UInt32)
    {
        #expect(CRC32C.checksum(bytes) == checksum)
    }

    @Test func masksAsRecordFilesDo() {
        // ((0xe3069283 >> 15 | 0xe3069283 << 17) + 0xa282ead8) mod 2³²
        #expect(CRC32C.masked(Array("123456789".utf8)) == 0xc78a_b0e5)
    }

    @Test func aScalarIsTheMessageOfTheSchema() {
        let record = EventRecord.scalars([("loss", 0.5)], step: 300, at: 2)
        #expect(
            record.bytes
                == [0x09, 0, 0, 0, 0, 0, 0, 0, 0x40]  // 1: 2.0
                + [0x10, 0xac, 0x02]  // 2: 300
                + [0x2a, 13, 0x0a, 11]  // 5: a summary of 13 bytes with a value of 11
                + [0x0a, 4] + Array("loss".utf8) + [0x15, 0, 0, 0, 0x3f])  // "loss", 0.5
        #expect(EventRecord.step(of: record.bytes[...]) == 300)
        #expect(EventRecord.step(of: EventRecord.version(at: 1).bytes[...]) == 0)
        #expect(EventRecord.step(of: [0xff]) == nil)
    }

    @Test func anImageCarriesItsFileAndSize() {
        let record = EventRecord.image("case", png: Data([1, 2, 3]), width: 200, height: 5, step: 1, at: 0)
        let image: [UInt8] = [0x08, 5, 0x10, 0xc8, 1, 0x18, 3, 0x22, 3, 1, 2, 3]
        #expect(Array(record.bytes.suffix(image.count)) == image)
    }

    @Test func framesAMessage() {
        let framed = EventFile.framed([7, 8])
        #expect(Array(framed.prefix(8)) == [2, 0, 0, 0, 0, 0, 0, 0])
        #expect(framed.count == 18 && Array(framed[12..<14]) == [7, 8])
        #expect(EventFile.wholeRecords(framed, through: 0) == 0, "7, 8 is no event")
    }

    private func write(_ steps: [Int], to url: URL, through last: Int = 0) throws {
        let file = try EventFile(url, through: last)
        for step in steps { try file.add(.scalars([("loss", Double(step))], step: step, at: 1)) }
    }

    @Test func aResumedRunCutsWhatItsCheckpointHasNotSeen() throws {
        let folder = try TemporaryFolder()
        try write([1, 2, 3, 4, 5], to: folder.file("a"))
        try write([4, 5], to: folder.file("a"), through: 3)
        try write([1, 2, 3, 4, 5], to: folder.file("b"))
        let sizes = try ["a", "b"].map { try Data(contentsOf: folder.file($0)).count }
        #expect(sizes[0] == sizes[1])
    }

    @Test func aTornRecordGoesAndWholeOnesStay() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("torn")
        try write([1, 2, 3], to: url)
        let whole = try Data(contentsOf: url)
        for cut in [1, 4, 9, 20, 30] {
            try whole.dropLast(cut).write(to: url)
            _ = try EventFile(url, through: 10)
            #expect(try Data(contentsOf: url).count < whole.count)
            #expect(
                try EventFile.wholeRecords([UInt8](Data(contentsOf: url)), through: 10) == Data(contentsOf: url).count)
        }
        var damaged = whole
        damaged[whole.count - 6] ^= 1
        try damaged.write(to: url)
        _ = try EventFile(url, through: 10)
        #expect(try Data(contentsOf: url).count < whole.count)
    }

    @Test func aFileOfSomethingElseIsBegunAnew() throws {
        let folder = try TemporaryFolder()
        let url = try folder.write(Data("no events".utf8), to: "events")
        try write([1], to: url)
        let bytes = try [UInt8](Data(contentsOf: url))
        #expect(EventFile.wholeRecords(bytes, through: 1) == bytes.count)
    }
}
