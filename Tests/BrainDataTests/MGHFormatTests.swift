import BrainData
import Foundation
import TestSupport
import Testing

/// The bytes of a small MGH file whose fields a test may change: 3 × 2 × 2 int16, voxels 0…11, coronal slices.
struct MGHBytes {
    var data = Data(count: 284)

    init() {
        for (at, value) in [(0, 1), (4, 3), (8, 2), (12, 2), (16, 1), (20, 4)] { put(Int32(value), at: at) }
        put(Int16(1), at: 28)
        let numbers: [Float] = [1, 1.5, 2, -1, 0, 0, 0, 0, -1, 0, 1, 0, 10, 20, 30]
        for (n, number) in numbers.enumerated() { put(number.bitPattern, at: 30 + 4 * n) }
        for value in Int16(0)..<12 { withUnsafeBytes(of: value.bigEndian) { data.append(contentsOf: $0) } }
        data.append(Data([0x44, 0x7A, 0, 0, 0, 0, 0, 0]))  // the footer: a repetition time
    }

    mutating func put<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        withUnsafeBytes(of: number.bigEndian) { data.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }
}

@Suite struct MGHFormatTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func read(_ bytes: Data, _ name: String = "scan.mgh") throws -> Volume {
        try ImageFile.read(folder.write(bytes, to: name))
    }

    @Test func readsVoxelsAndTheirPlaces() throws {
        let volume = try read(MGHBytes().data)
        #expect(volume.grid.size == [3, 2, 2])
        #expect(volume.voxels == (0..<12).map(Float.init))
        #expect(volume.notes.isEmpty, "a footer is no surplus")
        // The centre belongs to voxel (1.5, 1, 1).
        #expect(volume.grid.affine(SIMD3<Double>(1.5, 1, 1)) == SIMD3<Double>(10, 20, 30))
        #expect(volume.grid.affine.i == [-1, 0, 0])
        #expect(volume.grid.affine.j == [0, 0, -1.5])
        #expect(volume.grid.affine.k == [0, 2, 0])
    }

    @Test func readsWhatIsPackedUnderAnyName() throws {
        for name in ["scan.mgz", "scan.mgh.gz", "scan"] {
            let volume = try read(gzipStored(MGHBytes().data), name)
            #expect(volume.voxels == (0..<12).map(Float.init) && volume.notes.isEmpty)
        }
    }

    @Test func assumesFreeSurfersDirectionsWhereNoneAreGiven() throws {
        var bytes = MGHBytes()
        bytes.put(Int16(0), at: 28)
        let volume = try read(bytes.data)
        #expect(volume.notes.count == 1 && volume.notes[0].contains("does not say"))
        #expect(
            volume.grid.affine.j == [0, 0, -1] && volume.grid.affine(SIMD3<Double>(1.5, 1, 1)) == SIMD3<Double>.zero)
        var singular = MGHBytes()
        for n in 0..<3 { singular.put(Float(0).bitPattern, at: 42 + 4 * n) }
        #expect(try read(singular.data).notes.first?.contains("singular") ?? false)
    }

    @Test func damagedHeadersAreRefused() throws {
        for (value, offset) in [(Int32(7), 20), (-1, 4), (.max, 4)] {
            var bytes = MGHBytes()
            bytes.put(value, at: offset)
            if value == .max { for at in [8, 12, 16] { bytes.put(value, at: at) } }
            #expect(throws: ImagingError.self) { try read(bytes.data) }
        }
        #expect(throws: ImagingError.self) { try read(MGHBytes().data.prefix(290)) }
        #expect(throws: ImagingError.self) { try read(MGHBytes().data.prefix(100)) }
    }

    /// Figures of nibabel 5.
    @Test(.enabled(if: SharedData.holds("registration/freesurfer"))) func readsFreeSurfersOwn() throws {
        let labels = try ImageFile.readLabels(SharedData.file("registration/freesurfer/aparc.a2009s+aseg.mgz"))
        #expect(labels.grid.size == [256, 256, 256])
        #expect(labels[120, 100, 130] == 43 && labels[100, 120, 90] == 41)
        #expect(labels.voxels.reduce(0) { $0 + Int($1) } == 5_212_784_590)
        let origin = labels.grid.affine.origin - [121.7669677734375, -118.4840087890625, 127.56124114990234]
        #expect((origin * origin).sum() < 1e-8)
        let norm = try ImageFile.read(SharedData.file("registration/freesurfer/norm.mgz"))
        #expect(norm[120, 100, 130] == 19 && norm[100, 120, 90] == 97)
    }
}
