import BrainData
import Foundation
import TestSupport
import Testing

/// Random damage to sound files gives an image or an ``ImagingError``, never a crash and never much memory.
@Suite struct FormatFuzzTests {
    /// The same numbers in every run (SplitMix64; Steele et al., OOPSLA 2014).
    struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    static let nrrd = """
        NRRD0005
        type: short
        dimension: 4
        space: left-posterior-superior
        sizes: 3 2 2 2
        space directions: (1,0,0) (0,1,0) (0,0,2) none
        kinds: domain domain domain list
        endian: little
        encoding: raw
        space origin: (1.5,-2,3e1)


        """
    static let meta = """
        ObjectType = Image
        NDims = 3
        DimSize = 3 2 2
        TransformMatrix = 1 0 0 0 1 0 0 0 1
        Offset = 1 2 3
        ElementSpacing = 1 1 2
        ElementNumberOfChannels = 2
        HeaderSize = 0
        ElementType = MET_SHORT
        ElementDataFile = LOCAL

        """

    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    func sound(_ kind: String) throws -> Data {
        let voxels = Data((0..<48).map { UInt8($0) })
        switch kind {
        case "nii": return try NIfTIBytes(in: folder).data
        case "nii.gz": return gzipStored(try NIfTIBytes(in: folder).data)
        case "packed.nii.gz":
            let file = folder.file("sound.nii.gz")
            _ = try NIfTIBytes(in: folder)
            try ImageFile.write(try ImageFile.read(folder.file("sound.nii")), to: file, as: .int16)
            return try Data(contentsOf: file)
        case "second.nii":
            let grid = Grid(size: [40_000, 1, 1], affine: Affine(spacing: [1, 1, 1]))
            try ImageFile.write(
                Volume(grid: grid, voxels: [Float](repeating: 3, count: 40_000)), to: folder.file(kind), as: .uint8)
            return try Data(contentsOf: folder.file(kind))
        case "nrrd": return Data(Self.nrrd.utf8) + voxels
        default: return Data(Self.meta.utf8) + voxels
        }
    }

    /// Writes without waiting for the disk, which thousands of files would.
    func replace(_ file: URL, _ bytes: Data) throws {
        let handle = try #require(fopen(file.path, "w"))
        defer { fclose(handle) }
        #expect(bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, handle) } == bytes.count)
    }

    @Test(arguments: ["nii", "nii.gz", "packed.nii.gz", "second.nii", "nrrd", "mha"])
    func damageNeverCrashes(kind: String) throws {
        let sound = try sound(kind)
        let file = folder.file("fuzz.\(kind)")
        try sound.write(to: file)
        let values = try ImageFile.read(file).voxels.count
        var dice = Dice(state: kind.utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) })
        var (read, refused) = (0, 0)
        for _ in 0..<600 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...6, using: &dice) {
                let place = Int.random(in: 0..<min(bytes.count, 600), using: &dice)
                bytes[place] = UInt8.random(in: 0...255, using: &dice)
            }
            if Int.random(in: 0..<4, using: &dice) == 0 {
                bytes = bytes.prefix(Int.random(in: 0...bytes.count, using: &dice))
            }
            try replace(file, bytes)
            do {
                let volume = try ImageFile.read(file, limit: 1_000_000)
                #expect(volume.voxels.count * 4 <= 1_000_000)
                _ = try? ImageFile.readLabels(file, limit: 1_000_000)
                read += 1
            } catch {
                #expect(!"\(error)".isEmpty)
                refused += 1
            }
        }
        #expect(read + refused == 600 && refused > 0 && values > 0)
    }
}
