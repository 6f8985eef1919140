import BrainData
import Foundation
import TestSupport
import Testing

/// Broken and lying NIfTI files are refused with a sentence or mended with a note.
@Suite struct NIfTIHostileTests {
    let folder: TemporaryFolder
    var sound: NIfTIBytes

    init() throws {
        folder = try TemporaryFolder()
        sound = try NIfTIBytes(in: folder)
    }

    func changed(_ change: (inout NIfTIBytes) -> Void) throws -> URL {
        var bytes = sound
        change(&bytes)
        return try folder.write(bytes.data, to: "changed.nii")
    }

    @Test func theUnchangedFileIsSound() throws {
        let volume = try ImageFile.read(try changed { _ in })
        #expect(volume.voxels == (0..<24).map(Float.init))
        #expect(volume.notes == [])
    }

    @Test(arguments: [0, 1, 3, 4, 100, 347, 348, 351, 352, 399]) func refusesATruncatedFile(count: Int) throws {
        let file = try folder.write(sound.data.prefix(count), to: "short.nii")
        expectFault(count < 4 ? .malformed : .truncated, reading: file)
    }

    @Test func namesTheBytesThatAreMissing() throws {
        let file = try folder.write(sound.data.dropLast(7), to: "short.nii")
        #expect(throws: ImagingError.truncated(path: file.path, expected: 400, found: 393)) { try ImageFile.read(file) }
    }

    @Test func refusesHugeAxesBeforeTakingMemory() throws {
        let huge = try changed { $0.put(axes: [32767, 32767, 32767]) }
        expectFault(.truncated, reading: huge)
        expectFault(.tooLarge, "MB", reading: huge, limit: 1 << 32)
        expectFault(.malformed, reading: try changed { $0.put(axes: .init(repeating: 32767, count: 7)) })
    }

    @Test(arguments: [-1, 0] as [Int16]) func refusesAxesBelowOne(length: Int16) throws {
        expectFault(.malformed, "[4, \(length), 2]", reading: try changed { $0.put(axes: [4, length, 2]) })
    }

    @Test(arguments: [0, 8, 9, -1, 768] as [Int16]) func refusesACountOfAxesThatCannotBe(count: Int16) throws {
        expectFault(.malformed, "1 to 7 axes", reading: try changed { $0.put(count, at: 40) })
    }

    @Test func refusesTypesByName() throws {
        for (datatype, word) in [(32, "complex64"), (128, "RGB24"), (1536, "float128"), (2304, "RGBA32"), (1, "bit")] {
            expectFault(.unsupported, word, reading: try changed { $0.put(Int16(datatype), at: 70) })
        }
        for datatype in [0, 3, -4, 9999] as [Int16] {
            expectFault(.malformed, "\(datatype)", reading: try changed { $0.put(datatype, at: 70) })
        }
    }

    @Test(arguments: [.nan, -1, 1e30, .infinity, 351, 352.5, 4] as [Float])
    func refusesAPlaceOfVoxelsThatCannotBe(offset: Float) throws {
        expectFault(.malformed, "vox_offset", reading: try changed { $0.put(offset, at: 108) })
    }

    @Test func takesVoxelsBehindExtensions() throws {
        var bytes = sound
        bytes.put(Float(384), at: 108)
        bytes.data.insert(contentsOf: Data(repeating: 0xAB, count: 32), at: 352)
        let volume = try ImageFile.read(try folder.write(bytes.data, to: "extended.nii"))
        #expect(volume.voxels == (0..<24).map(Float.init))
        expectFault(.truncated, reading: try changed { $0.put(Float(384), at: 108) })
    }

    @Test func mendsANegativeSpacing() throws {
        let file = try changed { bytes in
            bytes.put(Float(-1.5), at: 84)
            bytes.put(Int16(0), at: 254)
        }
        let volume = try ImageFile.read(file)
        #expect(volume.notes == ["the spacing along j is negative (-1.5); its magnitude was taken"])
        #expect(abs(volume.grid.affine.spacing.y - 1.5) < 1e-6)
    }

    @Test(arguments: [0, .nan, .infinity] as [Float]) func mendsASpacingThatCannotBe(spacing: Float) throws {
        let file = try changed { bytes in
            bytes.put(spacing, at: 80)
            bytes.put(Int16(0), at: 252)
            bytes.put(Int16(0), at: 254)
        }
        let volume = try ImageFile.read(file)
        #expect(volume.grid.affine == Affine(spacing: [1, 1.5, 2]))
        #expect(volume.notes.contains { $0.hasPrefix("the spacing along i") })
        #expect(volume.notes.contains { $0.hasPrefix("no transform") })
    }

    @Test(arguments: [.nan, .infinity, -.infinity] as [Float]) func ignoresAScalingThatCannotBe(number: Float) throws {
        let slope = try ImageFile.read(try changed { $0.put(number, at: 112) })
        #expect(slope.voxels == (0..<24).map(Float.init))
        #expect(slope.notes.count == 1 && slope.notes[0].contains("slope"))
        let intercept = try ImageFile.read(try changed { $0.put(number, at: 116) })
        #expect(intercept.voxels == (0..<24).map(Float.init))
        #expect(intercept.notes.count == 1 && intercept.notes[0].contains("intercept"))
    }

    @Test func aSlopeOfZeroMeansNoScaling() throws {
        let file = try changed { bytes in
            bytes.put(Float(0), at: 112)
            bytes.put(Float(5), at: 116)
        }
        #expect(try ImageFile.read(file).voxels == (0..<24).map(Float.init))
    }

    @Test(arguments: [0, .nan, .infinity] as [Float]) func fallsBackToTheQform(number: Float) throws {
        let file = try changed { bytes in for n in 0..<4 { bytes.put(number, at: 280 + 4 * n) } }
        let volume = try ImageFile.read(file)
        #expect(volume.grid.affine == Affine(spacing: [1, 1.5, 2], origin: [-10, 20, 30]))
        #expect(volume.notes.count == 1 && volume.notes[0].contains("sform"))
    }

    @Test func fallsBackToTheSpacing() throws {
        let file = try changed { bytes in
            for n in 0..<12 { bytes.put(Float(0), at: 280 + 4 * n) }
            bytes.put(Float.nan, at: 256)
        }
        let volume = try ImageFile.read(file)
        #expect(volume.grid.affine == Affine(spacing: [1, 1.5, 2]))
        #expect(volume.notes.count == 3)
    }

    @Test func aRotationLongerThanOneIsBroughtBack() throws {
        let file = try changed { bytes in
            bytes.put(Int16(0), at: 254)
            bytes.put(Float(3), at: 264)  // d alone: half a turn about the superior axis
        }
        let affine = try ImageFile.read(file).grid.affine
        #expect(length(affine.i, [-1, 0, 0]) < 1e-6 && length(affine.j, [0, -1.5, 0]) < 1e-6)
    }

    private func length(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { ((a - b) * (a - b)).sum().squareRoot() }

    @Test func keepsRoundingLevelShear() throws {
        let file = try changed { $0.put(Float(1e-4), at: 284) }
        let volume = try ImageFile.read(file)
        #expect(volume.grid.affine.j.x == Double(Float(1e-4)))
        #expect(volume.notes == [])
    }

    @Test func saysWhenTheUnitIsUnknown() throws {
        let volume = try ImageFile.read(try changed { $0.put(UInt8(0), at: 123) })
        #expect(volume.notes == ["the unit of length is unknown; millimetres were assumed"])
    }

    @Test func refusesAnalyzeAndAnUnknownMagic() throws {
        expectFault(.unsupported, "Analyze 7.5", reading: try changed { $0.put(UInt32(0), at: 344) })
        expectFault(.malformed, "abc", reading: try changed { $0.put(UInt32(0x0063_6261), at: 344) })
    }

    @Test func countsVoxelsThatAreNoNumbers() throws {
        let file = try changed { bytes in
            bytes.put(Int16(16), at: 70)
            bytes.put(Int16(32), at: 72)
            bytes.data.append(Data(count: 48))
            for (n, value) in [Float.nan, .infinity, -.infinity].enumerated() { bytes.put(value, at: 352 + 4 * n) }
        }
        #expect(try ImageFile.read(file).notes == ["3 voxels are infinite or no numbers"])
        #expect(throws: ImagingError.self) { try ImageFile.readLabels(file) }
    }

    @Test func ignoresBytesBehindTheVoxels() throws {
        let volume = try ImageFile.read(try folder.write(sound.data + Data(count: 9), to: "long.nii"))
        #expect(volume.notes == ["9 bytes behind the voxels were ignored"])
    }

    @Test func saysWhereNothingCanBeRead() throws {
        expectFault(.missing, reading: folder.file("nothing.nii"))
        expectFault(.unreadable, "folder", reading: folder.url)
        expectFault(.malformed, "empty", reading: try folder.write(Data(), to: "empty.nii"))
        expectFault(.unreadable, reading: URL(fileURLWithPath: "/dev/zero"))
        expectFault(.unsupported, "NRRD", reading: try folder.write(Data("hello, world".utf8), to: "a.txt"))
        expectFault(.malformed, "348", reading: try folder.write(Data("hello, world".utf8), to: "a.nii"))
    }

    @Test func namesTheMissingHalfOfAPair() throws {
        try ImageFile.write(try ImageFile.read(folder.file("sound.nii")), to: folder.file("pair.hdr"))
        try FileManager.default.removeItem(at: folder.file("pair.img"))
        expectFault(.missing, "pair.img", reading: folder.file("pair.hdr"))
    }

    @Test func refusesLabelsThatAreNone() throws {
        let grid = Grid(size: [2, 2, 1], affine: Affine(spacing: [1, 1, 1]))
        for odd in [0.5, -1, 65536, 1e9] as [Float] {
            let file = folder.file("labels.nii")
            try ImageFile.write(Volume(grid: grid, voxels: [0, 1, odd, 2]), to: file)
            let error = #expect(throws: ImagingError.self) { try ImageFile.readLabels(file) }
            #expect("\(try #require(error))".contains("voxel (0, 1, 0)"))
        }
        let series = folder.file("series.nii")
        try ImageFile.write(Volume(grid: grid, frames: 2, voxels: [Float](repeating: 1, count: 8)), to: series)
        let error = #expect(throws: ImagingError.self) { try ImageFile.readLabels(series) }
        #expect("\(try #require(error))".contains("one frame"))
    }

    @Test func saysWhatSinglePrecisionLost() throws {
        let file = try changed { bytes in
            bytes.put(Int16(8), at: 70)
            bytes.put(Int16(32), at: 72)
            bytes.data.append(Data(count: 48))
            for n in 0..<24 { bytes.put(Int32(n), at: 352 + 4 * n) }
            bytes.put(Int32(16_777_217), at: 352)
        }
        #expect(try ImageFile.read(file).notes == ["1 of the int32 values were rounded to single precision"])
    }
}
