import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct ParcellationTests {
    private let folder: TemporaryFolder
    private let grid = Grid(size: [4, 3, 2], affine: Affine(spacing: [2, 2, 2]))
    init() throws { folder = try TemporaryFolder() }

    /// Frame t holds t everywhere, and 100 more in the first plane.
    private func scan(frames: Int) -> Volume {
        let voxels = (0..<frames).flatMap { frame in
            (0..<grid.count).map { Float(frame) + ($0 < 12 ? 100 : 0) }
        }
        return Volume(grid: grid, frames: frames, voxels: voxels)
    }

    private var atlas: LabelMap {
        // Half the voxels' size: 7 in the first plane of the scan, 300 in the second, 9 beyond it.
        let fine = Grid(
            size: [8, 6, 8], affine: Affine(i: [1, 0, 0], j: [0, 1, 0], k: [0, 0, 1], origin: [-0.5, -0.5, -0.5]))
        return LabelMap(grid: fine, voxels: (0..<fine.count).map { [7, 7, 300, 300, 9, 9, 9, 9][$0 / 48] })
    }

    @Test(arguments: ["bold.nii", "bold.nii.gz", "bold.img"]) func meansOfRegions(name: String) throws {
        try ImageFile.write(scan(frames: 5), to: folder.file(name))
        let parcellation = Parcellation(atlas, names: [7: "front", 300: "back"])
        #expect(parcellation.numbers == [7, 9, 300] && parcellation.names == ["front", "9", "back"])
        let (series, outside) = try parcellation.series(of: FrameReader(folder.file(name)))
        #expect(series.regions == ["front", "back"] && outside == ["9"] && series.frames == 5)
        #expect(series.series(0) == [100, 101, 102, 103, 104] && series.series(1) == [0, 1, 2, 3, 4])
    }

    @Test func aSeriesThatEndsEarly() throws {
        let file = folder.file("bold.nii")
        try ImageFile.write(scan(frames: 5), to: file)
        let whole = try Data(contentsOf: file)
        try whole.prefix(whole.count - 30).write(to: file)
        let reader = try FrameReader(file)
        for _ in 0..<4 { #expect(try reader.frame() != nil) }
        #expect(throws: ImagingError.self) { try reader.frame() }
        try ImageFile.write(scan(frames: 1), to: file)
        #expect(throws: ImagingError.self) { try Parcellation(atlas).series(of: FrameReader(file)) }
    }

    @Test(arguments: [
        "num,name,abb\n1,Left,L\n2,\"Right, rear\",R\n", "index\tname\n1\tLeft\n2\tRight, rear\n",
    ]) func namesOfTables(text: String) throws {
        let file = folder.file("names.csv")
        try Data(text.utf8).write(to: file)
        #expect(try Parcellation.names(file) == [1: "Left", 2: "Right, rear"])
    }

    @Test func namesOfLines() throws {
        let file = folder.file("names.txt")
        try Data("1 Precentral_L 2001\n2 Precentral_R 2002\n".utf8).write(to: file)
        #expect(try Parcellation.names(file) == [1: "Precentral_L", 2: "Precentral_R"])
        try Data("nothing of the kind\n".utf8).write(to: file)
        #expect(throws: SignalError.self) { try Parcellation.names(file) }
    }

    @Test func confoundsByStrategy() throws {
        let file = folder.file("confounds.tsv")
        try Data(
            """
            trans_x\ttrans_x_derivative1\trot_z_power2\tcsf\tglobal_signal\ta_comp_cor_00\tnote
            1\tn/a\t3\t4\t5\t6\tx
            7\t8\t9\t10\t11\t12\ty
            """.utf8
        ).write(to: file)
        let table = try ConfoundTable(file)
        #expect(try table.picking(.motion6).values == [1, 7])
        #expect(try table.picking(.motion24) == Matrix(rows: 2, columns: 3, values: [1, 0, 3, 7, 8, 9]))
        #expect(try table.picking(.motion24Tissue).columns == 4 && table.picking(.global36).columns == 5)
        #expect(try table.picking(.compcor).values == [1, 6, 7, 12] && table.picking(nil).columns == 6)
    }
}

@Suite struct TextTableTests {
    @Test func quotesAndSeparators() {
        let table = TextTable(Data("ID;Word\n1;\"a;b\"\n2;\"say \"\"no\"\"\"\r\n3;n/a\n".utf8))
        #expect(table.titles == ["ID", "Word"] && table.count == 3)
        #expect(table[0, "word"] == "a;b" && table[1, "Word"] == "say \"no\"" && table[2, "word"] == nil)
        #expect(table[0, "absent"] == nil && TextTable(Data()).count == 0)
    }
}
