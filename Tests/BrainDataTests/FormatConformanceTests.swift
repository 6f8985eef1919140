import BrainData
import Foundation
import TestSupport
import Testing

/// What every format that can be written promises, over every ending and type.
@Suite struct FormatConformanceTests {
    static let endings = ImageFile.formats.filter { $0 is any WritableVolumeFormat }.flatMap(\.endings)

    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    static let oblique = Affine(
        i: [-0.9, 0.1, 0.05], j: [0.1, 0.95, -0.2], k: [0.2, 0.3, 3.1], origin: [12.5, -30.25, 7])

    func sample(frames: Int = 1, signed: Bool) -> Volume {
        let grid = Grid(size: [5, 4, 3], affine: Self.oblique)
        let values = (0..<grid.count * frames).map { Float($0 % 101) - (signed ? 50 : 0) }
        return Volume(grid: grid, frames: frames, voxels: values)
    }

    func near(_ a: Affine, _ b: Affine, _ tolerance: Double = 1e-6) -> Bool {
        zip([a.i, a.j, a.k, a.origin], [b.i, b.j, b.k, b.origin]).allSatisfy { a, b in
            (0..<3).allSatisfy { abs(a[$0] - b[$0]) <= tolerance * max(1, abs(b[$0])) }
        }
    }

    @Test(arguments: endings, StoredType.allCases) func comesBackAsItWas(ending: String, type: StoredType) throws {
        let signed = !type.rawValue.hasPrefix("u")
        for frames in [1, 3] {
            let volume = sample(frames: frames, signed: signed)
            let file = folder.file("scan\(frames)\(ending)")
            try ImageFile.write(volume, to: file, as: type, description: "a sheared series")
            let back = try ImageFile.read(file)
            #expect(back.voxels == volume.voxels)
            #expect(back.frames == frames)
            #expect(back.grid.size == volume.grid.size)
            #expect(near(back.grid.affine, volume.grid.affine))
            #expect(back.notes == [])

            let header = try ImageFile.header(of: file)
            #expect(header.type == type)
            #expect(header.description == "a sheared series")
            #expect(header.isPacked == ending.hasSuffix(".gz"))
            #expect(header.size == [5, 4, 3] + (frames > 1 ? [3] : []))
        }
    }

    @Test(arguments: endings, StoredType.allCases.filter { !$0.isFloatingPoint })
    func scalesFractionsIntoIntegers(ending: String, type: StoredType) throws {
        var volume = sample(signed: true)
        volume.voxels = volume.voxels.map { $0 / 7 }
        let file = folder.file("scan\(ending)")
        try ImageFile.write(volume, to: file, as: type)
        let back = try ImageFile.read(file)
        let step: Float = 15 / (type.bytes == 1 ? 127 : 32767)
        for (a, b) in zip(back.voxels, volume.voxels) { #expect(abs(a - b) <= step) }
        if !type.rawValue.hasPrefix("u") { #expect(zip(back.voxels, volume.voxels).allSatisfy { $1 != 0 || $0 == 0 }) }
    }

    @Test(arguments: endings, [1, 255, 256, 65535] as [UInt16])
    func keepsLabelsInTheSmallestType(ending: String, highest: UInt16) throws {
        let grid = Grid(size: [3, 2, 2], affine: Affine(spacing: [1, 2, 3]))
        let labels = LabelMap(grid: grid, voxels: (0..<12).map { $0 == 7 ? highest : UInt16($0 % 2) })
        let file = folder.file("labels\(ending)")
        try ImageFile.write(labels, to: file)
        #expect(try ImageFile.readLabels(file) == labels)
        #expect(try ImageFile.header(of: file).type == (highest > 255 ? .uint16 : .uint8))
    }

    @Test(arguments: endings) func leavesNothingBehindWhenItCannotWrite(ending: String) throws {
        let volume = sample(signed: true)
        let nowhere = folder.file("missing/scan\(ending)")
        let error = #expect(throws: ImagingError.self) { try ImageFile.write(volume, to: nowhere) }
        guard case .unwritable(_, "its folder does not exist") = error else { Issue.record("\(error as Any)"); return }
        try FileManager.default.createDirectory(at: folder.file("taken\(ending)"), withIntermediateDirectories: true)
        #expect(throws: ImagingError.self) { try ImageFile.write(volume, to: folder.file("taken\(ending)")) }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(!left.contains { $0.hasSuffix(".part") })
    }

    @Test func refusesAnEndingThatItDoesNotKnow() throws {
        let error = #expect(throws: ImagingError.self) {
            try ImageFile.write(sample(signed: false), to: folder.file("scan.xyz"))
        }
        #expect("\(try #require(error))".contains(".nii.gz"))
    }

    @Test func refusesToRoundWhatIsNoNumber() throws {
        var volume = sample(signed: false)
        volume.voxels[3] = .nan
        #expect(throws: ImagingError.self) { try ImageFile.write(volume, to: folder.file("a.nii"), as: .int16) }
        try ImageFile.write(volume, to: folder.file("a.nii"))
        let back = try ImageFile.read(folder.file("a.nii"))
        #expect(back.voxels[3].isNaN)
        #expect(back.notes == ["1 voxels are infinite or no numbers"])
    }
}
