import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct NRRDHostileTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// A sound header with one line replaced or added.
    func file(_ changes: [String: String?], data: Data = Data(0..<12)) throws -> URL {
        var fields: [String: String] = [
            "type": "uchar", "dimension": "3", "sizes": "3 2 2", "space": "RAS", "encoding": "raw",
            "space directions": "(1,0,0) (0,1,0) (0,0,1)", "space origin": "(0,0,0)",
        ]
        for (field, value) in changes { fields[field] = value }
        let lines = fields.map { "\($0.key): \($0.value)" }.sorted()
        let header = (["NRRD0004"] + lines + ["", ""]).joined(separator: "\n")
        return try folder.write(Data(header.utf8) + data, to: "a.nrrd")
    }

    @Test func theUnchangedHeaderIsSound() throws {
        #expect(try ImageFile.read(try file([:])).voxels == (0..<12).map(Float.init))
    }

    @Test(arguments: [
        "0 2 2", "-3 2 2", "3 2", "3 2 2 2", "3 x 2", "", "9999999999 9999999999 9999999999",
        "99999999999999999999999 1 1", "3.0 2 2",
    ]) func refusesSizesThatCannotBe(sizes: String) throws {
        expectFault(.malformed, "axes", reading: try file(["sizes": sizes]))
    }

    @Test func refusesSizesBeyondTheFile() throws {
        expectFault(.truncated, reading: try file(["sizes": "30000 30000 30000"]))
        expectFault(.tooLarge, reading: try file(["sizes": "3000 3000 300"]), limit: 1 << 30)
        for encoding in ["gzip", "text"] {
            expectFault(
                .truncated,
                reading: try file(["sizes": "30000 30000 30000", "encoding": encoding], data: gzipStored(Data(0..<12))))
        }
    }

    @Test(arguments: ["type", "dimension", "sizes", "encoding"]) func namesTheFieldThatIsMissing(field: String) throws {
        expectFault(.malformed, "“\(field)”", reading: try file([field: nil]))
    }

    @Test func refusesWhatItCannotRead() throws {
        expectFault(.unsupported, "block", reading: try file(["type": "block"]))
        expectFault(.unsupported, "bzip2", reading: try file(["encoding": "bzip2"]))
        expectFault(.unsupported, "hex", reading: try file(["encoding": "hex"]))
        expectFault(.malformed, reading: try file(["byte skip": "-2"]))
        expectFault(.malformed, reading: try file(["byte skip": "-1", "encoding": "gzip"]))
        expectFault(.malformed, reading: try file(["line skip": "many"]))
        expectFault(.truncated, reading: try file(["line skip": "99999999"]))
        expectFault(.truncated, reading: try file(["byte skip": "9223372036854775807"]))
        expectFault(.malformed, "gzip", reading: try file(["encoding": "gzip"]))
        expectFault(
            .malformed, "numbers", reading: try file(["encoding": "text"], data: Data("1 2 3 four five six seven".utf8))
        )
        expectFault(
            .malformed, "numbers",
            reading: try file(["encoding": "text"], data: Data("1 2 3 4              ".utf8 + [10, 10, 10])))
        let newer = try folder.write(Data("NRRD0009\ntype: uchar\n\n".utf8), to: "n.nrrd")
        expectFault(.unsupported, "NRRD0009", reading: newer)
    }

    @Test(arguments: ["(1,0,0) (0,1,0)", "(1,0,0) (0,1,0) (0,0", "1 2 3", "(a,b,c) (1,0,0) (0,1,0)", "(1) (1) (1)"])
    func refusesDirectionsThatAreNone(directions: String) throws {
        expectFault(.malformed, "space direction", reading: try file(["space directions": directions]))
    }

    @Test(arguments: ["(1,0,0) (1,0,0) (0,0,1)", "(nan,0,0) (0,1,0) (0,0,1)", "(inf,0,0) (0,1,0) (0,0,1)"])
    func fallsBackToTheSpacing(directions: String) throws {
        let volume = try ImageFile.read(try file(["space directions": directions, "spacings": "1 2 3"]))
        #expect(volume.grid.affine == Affine(spacing: [1, 2, 3]))
        #expect(volume.notes.count == 1 && volume.notes[0].contains("singular"))
    }

    @Test(arguments: ["../outside.raw", "/etc/hostname", "sub/inside.raw", "..", ".", "..\\outside.raw", "./../a.raw"])
    func neverLeavesTheFolder(name: String) throws {
        let inner = folder.file("inner")
        try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
        _ = try folder.write(Data(0..<12), to: "outside.raw")
        let header = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 3 2 2\nencoding: raw\ndata file: \(name)\n"
        let place = inner.appendingPathComponent("a.nhdr")
        try Data(header.utf8).write(to: place)
        expectFault(.unsupported, "own folder", reading: place)
    }

    @Test(arguments: ["LIST", "slice%03d.raw 1 10 1"]) func refusesSeveralDataFiles(name: String) throws {
        expectFault(.unsupported, "several", reading: try file(["data file": name]))
    }

    @Test func saysWhenTheHeaderDoesNotEnd() throws {
        let endless = Data("NRRD0004\n".utf8) + Data(String(repeating: "# more\n", count: 20_000).utf8)
        expectFault(.malformed, "empty line", reading: try folder.write(endless, to: "a.nrrd"))
        expectFault(.malformed, reading: try folder.write(Data("NRRD0004\nnonsense\n\n".utf8), to: "a.nrrd"))
        expectFault(.missing, reading: try file(["data file": "gone.raw"]))
    }
}
