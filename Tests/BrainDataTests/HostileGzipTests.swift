import BrainData
import Foundation
import TestSupport
import Testing

/// Packed files that lie, end early, go on for ever or are no packed files.
@Suite struct HostileGzipTests {
    let folder: TemporaryFolder
    let sound: NIfTIBytes
    let values = (0..<24).map(Float.init)

    init() throws {
        folder = try TemporaryFolder()
        sound = try NIfTIBytes(in: folder)
    }

    func packed() throws -> Data {
        let file = folder.file("sound.nii.gz")
        try ImageFile.write(try ImageFile.read(folder.file("sound.nii")), to: file, as: .int16)
        return try Data(contentsOf: file)
    }

    @Test func readsSeveralMembers() throws {
        let parts = [sound.data.prefix(100), sound.data.dropFirst(100).prefix(260), sound.data.dropFirst(360)]
        let file = try folder.write(parts.map { gzipStored(Data($0)) }.reduce(Data(), +), to: "members.nii.gz")
        let volume = try ImageFile.read(file)
        #expect(volume.voxels == values)
        #expect(volume.notes == [])
    }

    @Test(arguments: ["scan.nii", "scan.hdr", "scan"]) func knowsGzipByItsBytes(name: String) throws {
        let volume = try ImageFile.read(try folder.write(try packed(), to: name))
        #expect(volume.voxels == values)
    }

    @Test func readsAPlainFileNamedGz() throws {
        let volume = try ImageFile.read(try folder.write(sound.data, to: "plain.nii.gz"))
        #expect(volume.voxels == values)
        #expect(volume.notes == ["the file is named .gz and is not packed; it was read as it is"])
        expectFault(.malformed, "348", reading: try folder.write(Data("no image at all".utf8), to: "text.nii.gz"))
    }

    @Test func ignoresGarbageBehindTheStream() throws {
        for garbage in [Data("garbage".utf8), Data(count: 512), Data([0x1F, 0x8B, 8, 0, 1])] {
            let volume = try ImageFile.read(try folder.write(try packed() + garbage, to: "garbage.nii.gz"))
            #expect(volume.voxels == values)
            #expect(volume.notes.count == 1 && volume.notes[0].hasPrefix("\(garbage.count) bytes behind the gzip"))
        }
    }

    @Test func saysThatAGzipIsTruncated() throws {
        let whole = try packed()
        for count in stride(from: 11, to: whole.count, by: 3) {
            expectFault(.malformed, "gzip", reading: try folder.write(whole.prefix(count), to: "short.nii.gz"))
        }
        let stored = gzipStored(sound.data)
        for count in [40, stored.count / 2, stored.count - 9, stored.count - 8, stored.count - 1] {
            expectFault(.malformed, "a truncated gzip", reading: try folder.write(stored.prefix(count), to: "s.nii.gz"))
        }
    }

    @Test func saysThatALargeGzipIsTruncated() throws {
        var state: UInt64 = 1
        let noise = (0..<200_000).map { _ -> Float in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 56)
        }
        let file = folder.file("large.nii.gz")
        let grid = Grid(size: [100, 50, 40], affine: Affine(spacing: [1, 1, 1]))
        try ImageFile.write(Volume(grid: grid, voxels: noise), to: file, as: .uint8)
        let whole = try Data(contentsOf: file)
        let short = try folder.write(whole.dropLast(1000), to: "short.nii.gz")
        #expect(try ImageFile.header(of: short).grid == grid)
        expectFault(.malformed, "a truncated gzip of \(whole.count - 1000) bytes", reading: short)
    }

    @Test func refusesDamagedData() throws {
        var bytes = try packed()
        bytes[bytes.count - 6] ^= 0xFF  // inside the checksum
        expectFault(.malformed, "checksum", reading: try folder.write(bytes, to: "damaged.nii.gz"))
        var stored = gzipStored(sound.data)
        stored[11] ^= 0xFF  // the block's length no longer fits its complement
        expectFault(.malformed, "damaged data", reading: try folder.write(stored, to: "damaged.nii.gz"))
    }

    @Test func stopsAtTheSizeThatTheHeaderDeclares() throws {
        let bomb = folder.file("bomb.nii.gz")
        // 1 GiB of zeros in deflate: one literal byte and then the longest match at distance one, 2 bits each.
        try bombOfZeros(header: sound.data, matches: 4_161_790).write(to: bomb)
        let size = try FileManager.default.attributesOfItem(atPath: bomb.path)[.size] as? Int
        #expect((size ?? 0) < 1_100_000)
        let start = ContinuousClock.now
        let before = residentMegabytes()
        let volume = try ImageFile.read(bomb)
        #expect(volume.voxels == values)
        #expect(volume.notes == ["the packed data goes on behind the voxels; the rest was ignored"])
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(residentMegabytes() - before < 200)
    }

    @Test func refusesASizeThatTheFileCannotHold() throws {
        var bytes = sound
        bytes.put(axes: [2000, 2000, 2000])
        let file = try folder.write(gzipStored(bytes.data), to: "lying.nii.gz")
        expectFault(.truncated, reading: file)
        expectFault(.tooLarge, reading: file, limit: 1_000_000_000)
        bytes.put(axes: [40, 30, 2])
        let small = try folder.write(gzipStored(bytes.data), to: "lying.nii.gz")
        #expect(throws: ImagingError.truncated(path: small.path, expected: 352 + 4800, found: 400)) {
            try ImageFile.read(small)
        }
    }

    /// The bytes in a stored block, then a zero and so many matches of 258 zeros in fixed Huffman codes, never ended.
    private func bombOfZeros(header: Data, matches: Int) -> Data {
        var packed = Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0])
        let length = UInt16(header.count)
        for word in [length, ~length] { packed.append(contentsOf: [UInt8(word & 255), UInt8(word >> 8)]) }
        packed.append(header)
        packed.append(dynamicZeros(matches))
        return packed
    }

    /// A dynamic block whose codes are a single bit for the match of 258 and a single bit for distance one.
    private func dynamicZeros(_ matches: Int) -> Data {
        var bits: [UInt8] = []
        func put(_ value: Int, _ count: Int) { for n in 0..<count { bits.append(UInt8(value >> n & 1)) } }
        put(1, 1)
        put(2, 2)
        put(29, 5)  // 286 literal and length codes
        put(0, 5)  // one distance code
        put(14, 4)  // 18 code-length codes, in the order 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1
        for code in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1] {
            put([18: 1, 1: 2, 2: 2][code] ?? 0, 3)
        }
        // Code lengths: 18 → 0, 1 → 10, 2 → 11. Symbols: literal 0 (2 bits), end of block (2 bits), 285 (1 bit);
        // distance 0.
        func word(_ code: [UInt8]) { bits += code }
        func zeros(_ count: Int) { word([0]); put(count - 11, 7) }
        word([1, 1])
        zeros(138)
        zeros(117)
        word([1, 1])
        zeros(28)
        word([1, 0])
        word([1, 0])
        word([1, 0])  // literal 0 is 10; the end of the block would be 11
        var bytes = Data()
        bits += [UInt8](repeating: 0, count: (8 - bits.count % 8) % 8)  // each match is 0 and 0
        for start in stride(from: 0, to: bits.count, by: 8) {
            bytes.append((0..<8).reduce(UInt8(0)) { $0 | bits[start + $1] << UInt8($1) })
        }
        return bytes + Data(count: matches / 4)
    }

    private func residentMegabytes() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (status.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096 / 1_000_000
    }
}
