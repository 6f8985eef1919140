import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct NRRDFormatTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    func write(_ header: String, _ data: Data = Data(0..<12), to name: String = "a.nrrd") throws -> URL {
        try folder.write(Data((header + "\n\n").utf8) + data, to: name)
    }

    static let plain = """
        NRRD0004
        # a comment
        type: unsigned char
        dimension: 3
        sizes: 3 2 2
        key:=value: with a colon
        """
    static let placed =
        plain + """

            encoding: raw
            space directions: (-2,0,0) (0,-3,0) (0,0.5,4)
            space origin: (10,20,30)
            """

    @Test(
        arguments: [
            ("left-posterior-superior", [-1, -1, 1]), ("LPS", [-1, -1, 1]), ("RAS", [1, 1, 1]),
            ("right-anterior-superior", [1, 1, 1]), ("left-anterior-superior", [-1, 1, 1]), ("LAS", [-1, 1, 1]),
        ] as [(String, SIMD3<Double>)]) func turnsEverySpaceToRightAnteriorSuperior(space: String, signs: SIMD3<Double>)
        throws
    {
        let volume = try ImageFile.read(try write(Self.placed + "\nspace: \(space)"))
        let affine = volume.grid.affine
        #expect(affine.i == signs * [-2, 0, 0] && affine.j == signs * [0, -3, 0] && affine.k == signs * [0, 0.5, 4])
        #expect(affine.origin == signs * [10, 20, 30])
        #expect(volume.voxels == (0..<12).map(Float.init))
        #expect(volume.notes == [])
    }

    @Test func saysWhenTheSpaceHasNoName() throws {
        let volume = try ImageFile.read(try write(Self.placed + "\nspace dimension: 3"))
        #expect(volume.grid.affine.origin == [-10, -20, 30])
        #expect(volume.notes == ["the space has no name; left, posterior and superior were assumed, as ITK does"])
        let spaced = try ImageFile.read(try write(Self.plain + "\nencoding: raw\nspacings: 1 -2 NaN"))
        #expect(spaced.grid.affine.spacing == [1, 2, 1])
        #expect(spaced.notes.count == 3)
    }

    @Test(arguments: [1, 2, 3, 4, 5]) func readsEveryVersion(version: Int) throws {
        let header = Self.placed.replacing("NRRD0004", with: "NRRD000\(version)") + "\nspace: RAS"
        #expect(try ImageFile.read(try write(header)).voxels.count == 12)
    }

    @Test func readsGzipTextAndWindowsLines() throws {
        let values = (0..<12).map(Float.init)
        let (data, text) = (Data(0..<12), Data("0 1,2\n3 4 5 6 7\t8 9 10 1.1e1\n".utf8))
        let base = Self.plain + "\nspace: RAS\nencoding: "
        #expect(try ImageFile.read(try write(base + "gzip", gzipStored(data))).voxels == values)
        #expect(
            try ImageFile.read(try write(base + "gz\nbyte skip: 3", gzipStored(Data(count: 3) + data))).voxels == values
        )
        #expect(try ImageFile.read(try write(base + "text", text)).voxels == values)
        #expect(try ImageFile.read(try write(base + "ascii", text)).voxels == values)
        #expect(
            try ImageFile.read(try write(base + "raw\nline skip: 2\nbyte skip: 1", Data("a\nb\nc".utf8) + data)).voxels
                == values)
        #expect(try ImageFile.read(try write(base + "raw\nbyte skip: -1", Data(count: 99) + data)).voxels == values)
        let windows = (base + "raw\n\n").replacing("\n", with: "\r\n")
        #expect(try ImageFile.read(try folder.write(Data(windows.utf8) + data, to: "w.nrrd")).voxels == values)
    }

    @Test(arguments: [
        ("short", "little", 2), ("unsigned short", "big", 2), ("int", "big", 4), ("uint", "little", 4),
        ("float", "big", 4),
        ("double", "little", 8), ("double", "big", 8), ("int64_t", "big", 8), ("signed char", "little", 1),
    ]) func readsTypesInBothOrders(type: String, order: String, width: Int) throws {
        var data = Data()
        for n in 0..<12 {
            var bytes =
                switch type {
                case "float": withUnsafeBytes(of: Float(n).bitPattern.littleEndian) { Array($0) }
                case "double": withUnsafeBytes(of: Double(n).bitPattern.littleEndian) { Array($0) }
                default: Array(withUnsafeBytes(of: UInt64(n).littleEndian) { Array($0) }.prefix(width))
                }
            if order == "big" { bytes.reverse() }
            data.append(contentsOf: bytes)
        }
        let header = Self.placed.replacing("unsigned char", with: type) + "\nspace: RAS\nendian: \(order)"
        #expect(try ImageFile.read(try write(header, data)).voxels == (0..<12).map(Float.init))
    }

    @Test(arguments: [0, 1, 2, 3]) func movesTheListAxisBehindTheOthers(place: Int) throws {
        let size = [2, 3, 4]
        var (sizes, directions) = (size, ["(1,0,0)", "(0,1,0)", "(0,0,1)"])
        sizes.insert(5, at: place)
        directions.insert("none", at: place)
        // Each voxel holds 100 × frame + its number in the grid.
        var data = Data()
        for n in 0..<120 {
            var (rest, index) = (n, [Int]())
            for length in sizes {
                index.append(rest % length)
                rest /= length
            }
            let frame = index.remove(at: place)
            data.append(UInt8(40 * frame + index[0] + 2 * (index[1] + 3 * index[2])))
        }
        let header = """
            NRRD0005
            type: uchar
            dimension: 4
            space: RAS
            sizes: \(sizes.map(String.init).joined(separator: " "))
            space directions: \(directions.joined(separator: " "))
            encoding: raw
            """
        let volume = try ImageFile.read(try write(header, data))
        #expect(volume.frames == 5 && volume.grid.size == [2, 3, 4])
        for frame in 0..<5 {
            #expect(volume.frame(frame).voxels == (0..<24).map { Float(40 * frame + $0) })
        }
    }

    @Test func findsFramesByTheirKind() throws {
        let header = Self.plain.replacing("dimension: 3", with: "dimension: 4").replacing("3 2 2", with: "2 3 2 1")
        let volume = try ImageFile.read(try write(header + "\nencoding: raw\nkinds: vector domain domain domain"))
        #expect(volume.frames == 2 && volume.grid.size == [3, 2, 1])
        #expect(volume.frame(0).voxels == [0, 2, 4, 6, 8, 10])
        let last = try ImageFile.read(try write(header + "\nencoding: raw"))
        #expect(last.frames == 1 && last.grid.size == [2, 3, 2])
    }

    @Test func readsAPlaneAndOtherUnits() throws {
        let header = """
            NRRD0004
            type: uchar
            dimension: 2
            space dimension: 2
            sizes: 4 3
            space directions: (0.5,0) (0,0.25)
            space units: "cm" "cm"
            encoding: raw
            """
        let volume = try ImageFile.read(try write(header))
        #expect(volume.grid.size == [4, 3, 1])
        #expect(volume.grid.affine.i == [-5, 0, 0] && volume.grid.affine.j == [0, -2.5, 0])
        #expect(volume.grid.affine.k == [0, 0, 1])
    }

    @Test(arguments: [("data.raw", Data(0..<12)), ("data.raw.gz", gzipStored(Data(0..<12)))])
    func readsADetachedFile(name: String, data: Data) throws {
        _ = try folder.write(data, to: name)
        let encoding = name.hasSuffix("gz") ? "gzip" : "raw"
        let header = Self.plain + "\nspace: RAS\nencoding: \(encoding)\ndata file: ./\(name)"
        let volume = try ImageFile.read(try folder.write(Data(header.utf8), to: "a.nhdr"))
        #expect(volume.voxels == (0..<12).map(Float.init))
    }
}
