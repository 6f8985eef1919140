import BrainData
import Foundation
import TestSupport
import Testing

/// Pictures against the pixels that another program sees in them, and against damage.
@Suite struct PictureTests {
    struct Golden: Decodable {
        struct Case: Decodable {
            let name, bytes: String
            let channels, bits: Int
            let alpha: Bool
            let values: [UInt16]
            var data: Data { Data(base64Encoded: bytes) ?? Data() }
        }
        let width, height: Int
        let cases: [Case]
        let inks: String
    }

    let golden: Golden
    let folder: TemporaryFolder

    init() throws {
        let file = Bundle.module.bundleURL.appendingPathComponent("Golden/pictures.json")
        golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
        folder = try TemporaryFolder()
    }

    private func named(_ name: String) throws -> Golden.Case {
        try #require(golden.cases.first { $0.name == name }, "no golden picture is called \(name)")
    }

    @Test func everyKindGivesItsPixels() throws {
        #expect(golden.cases.count == 13)
        for known in golden.cases {
            let file = folder.file(known.name)
            try known.data.write(to: file)
            let header = try PictureFile.header(of: file)
            #expect((header.width, header.height) == (golden.width, golden.height), "\(known.name)")
            #expect(header.format == (known.name.hasSuffix("jpg") ? .jpeg : .png))
            let picture = try PictureFile.read(file)
            #expect(picture.channels == known.channels && picture.bits == known.bits, "\(known.name)")
            #expect(header.channels == known.channels && header.bits == known.bits, "\(known.name)")
            // Versions of libjpeg may round the way back from luminance and colour differently by one.
            let tolerance = known.name == "progressive.jpg" ? 3 : header.format == .jpeg ? 1 : 0
            let furthest = zip(picture.values, known.values).map { abs(Int($0) - Int($1)) }.max()
            #expect(try #require(furthest) <= tolerance, "\(known.name)")
            #expect(picture.values.count == known.values.count)
            #expect(picture.notes.isEmpty != known.alpha, "\(known.name): \(picture.notes)")
        }
    }

    @Test func brightnessRunsFromBlackToWhite() throws {
        let picture = Picture(width: 2, height: 1, channels: 3, values: [255, 255, 255, 255, 0, 0])
        #expect(abs(picture.brightness[0] - 1) < 1e-6 && abs(picture.brightness[1] - 0.299) < 1e-6)
        let deep = Picture(width: 3, height: 1, channels: 1, bits: 16, values: [0, 65535, 32768])
        #expect(deep.brightness[0] == 0 && abs(deep.brightness[1] - 1) < 1e-6 && deep.white == 65535)
        #expect(abs(deep.brightness[2] - 0.5) < 1e-4)
        let slice = try PictureFile.decode(named("grey16.png").data, path: "grey16.png").slice
        #expect(slice.grid.size == SIMD3(golden.width, golden.height, 1) && slice.frames == 1)
        let known = try Float(named("grey16.png").values[golden.width + 3]) / 65535
        #expect(abs(slice[3, 1, 0] - known) < 1e-6)
    }

    @Test(.enabled(if: SharedData.holds("diagnosis/oasis")))
    func readsRealSlices() throws {
        let file = SharedData.file("diagnosis/oasis/axial/control/OAS1_0010_MR1_a.jpg")
        let picture = try PictureFile.read(file)
        #expect(picture.width == 176 && picture.height == 208 && picture.channels == 1 && picture.notes.isEmpty)
        let mean = picture.brightness.reduce(0, +) / Float(176 * 208)
        #expect(mean > 0.05 && mean < 0.6)
    }

    // MARK: - Damage

    @Test func everyTruncationIsRefused() throws {
        for name in ["grey.jpg", "progressive.jpg", "grey8.png", "interlaced16.png", "palette.png"] {
            let whole = try named(name).data
            for count in 0..<whole.count - (name.hasSuffix("jpg") ? 2 : 0) {
                #expect(throws: ImagingError.self, "\(name) of \(count) bytes") {
                    try PictureFile.decode(whole.prefix(count), path: name)
                }
            }
        }
    }

    @Test func filesThatAreNoPicturesAreNamed() throws {
        for (content, what) in [
            (Data(), "empty"), (Data(count: 4096), "no picture"), (Data("GIF89a".utf8), "no picture"),
            (Data([0xFF, 0xD8, 0xFF]), "whole JPEG"), (Data([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10]), "whole PNG"),
        ] {
            let file = folder.file("odd.png")
            try content.write(to: file)
            #expect {
                try PictureFile.read(file)
            } throws: {
                "\($0)".contains(what)
            }
        }
        #expect(throws: ImagingError.missing(path: "/nowhere/a.png")) {
            try PictureFile.header(of: URL(fileURLWithPath: "/nowhere/a.png"))
        }
        #expect {
            try PictureFile.decode(Data(base64Encoded: golden.inks) ?? Data(), path: "inks.jpg")
        } throws: {
            if case ImagingError.unsupported(_, let what) = $0 { what.contains("4 inks") } else { false }
        }
    }

    /// A head may claim any size; it costs nothing until the limit has been asked.
    @Test func hugeClaimsAreRefusedBeforeMemoryIsTaken() throws {
        var png = try named("grey8.png").data
        png.replaceSubrange(16..<24, with: [0x00, 0x0F, 0x42, 0x40, 0x00, 0x0F, 0x42, 0x40])  // 1,000,000 a side
        png.replaceSubrange(29..<33, with: Self.checksum(png[12..<29]))
        var jpeg = try named("grey.jpg").data
        let frame = try #require(jpeg.range(of: Data([0xFF, 0xC0]))).lowerBound
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0x00, 0xFF, 0x00])
        for (bytes, name) in [(png, "huge.png"), (jpeg, "huge.jpg")] {
            #expect {
                try PictureFile.decode(bytes, path: name)
            } throws: {
                if case ImagingError.tooLarge(name, let bytes, PictureFile.usualLimit) = $0 {
                    bytes > PictureFile.usualLimit
                } else {
                    false
                }
            }
        }
        // Within the limit, the file is still too short for what it claims.
        #expect(throws: ImagingError.self) { try PictureFile.decode(jpeg, path: "huge.jpg", limit: 250_000_000) }
        png.replaceSubrange(16..<24, with: [0x00, 0x98, 0x96, 0x80, 0, 0, 0, 1])  // 10,000,000 in a row
        png.replaceSubrange(29..<33, with: Self.checksum(png[12..<29]))
        #expect(throws: ImagingError.self) { try PictureFile.decode(png, path: "wide.png") }
        #expect(throws: ImagingError.self) { try PictureFile.decode(named("grey8.png").data, path: "", limit: 100) }
    }

    @Test(arguments: ["grey.jpg", "colour.jpg", "progressive.jpg", "grey8.png", "interlaced16.png", "palette.png"])
    func damageNeverCrashes(name: String) throws {
        let sound = try named(name).data
        var dice = FormatFuzzTests.Dice(state: name.utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) })
        var (read, refused) = (0, 0)
        for _ in 0..<400 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...6, using: &dice) {
                bytes[Int.random(in: 2..<bytes.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
            }
            // Chunks whose checksum fits again reach further into the library.
            if name.hasSuffix("png"), Bool.random(using: &dice) { Self.mendChecksums(&bytes) }
            do {
                let picture = try PictureFile.decode(bytes, path: name, limit: 3_000_000)
                #expect(picture.values.count * 3 <= 3_000_000)
                read += 1
            } catch {
                #expect(!"\(error)".isEmpty)
                refused += 1
            }
        }
        #expect(read + refused == 400 && refused > 50)
    }

    private static func mendChecksums(_ png: inout Data) {
        var place = 8
        while place + 12 <= png.count {
            let count = png[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            guard count <= png.count - place - 12 else { return }
            png.replaceSubrange(place + 8 + count..<place + 12 + count, with: checksum(png[place + 4..<place + 8 + count]))
            place += 12 + count
        }
    }

    /// The CRC-32 of PNG chunks (PNG specification, annex D), most significant byte first.
    private static func checksum(_ bytes: Data) -> [UInt8] {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
        }
        crc = ~crc
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: crc >> UInt32($0)) }
    }
}
