import BrainData
import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct RegisterTests {
    private let folder: TemporaryFolder

    /// A tiny network with weights drawn from a seed, and two stripped brains: one smaller, shifted, of other contrast
    /// and turned to other axes.
    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(at: folder.file("model"), withIntermediateDirectories: true)
        let json = """
            {"network": {"embedding": 6, "depths": [1, 1, 1, 1], "heads": [1, 1, 2, 2], "window": [2, 2, 2],
             "headChannels": 4}}
            """
        let weights = Weights(seed: 5)
        _ = try TransMorphDiff(
            weights, JSONDecoder().decode(TransMorphDiff.Configuration.self, from: Data(json.utf8)))
        try Safetensors.write(weights.tensors, to: folder.file("model/model.safetensors"))
        let card = """
            {"name": "toy", "use": "registration", "network": "transmorph-diff", "task": "tests", "experimental": true,
             "configuration": \(json), "trainingData": "none", "training": "none", "input": {"spacing": 4, "side": 32},
             "evaluation": [], "limits": ["knows nothing"], "citation": "none", "licence": "Apache-2.0"}
            """
        _ = try folder.write(Data(card.utf8), to: "model/card.json")
        let fixed = Self.brain(size: [30, 34, 28], spacing: 3) { $0 }
        let moving = Self.brain(size: [32, 36, 30], spacing: 2.7) { $0 * 1.1 + [4, -3, 2] }
        try ImageFile.write(fixed, to: file("fixed.nii.gz"))
        try ImageFile.write(moving.reoriented(to: try Orientation("LPS")), to: file("moving.nii.gz"))
        let labels = LabelMap(grid: moving.grid, voxels: moving.voxels.map { $0 == 0 ? 0 : $0 > 500 ? 2 : 1 })
        try ImageFile.write(labels.reoriented(to: try Orientation("LPS")), to: file("labels.nii.gz"))
        try ImageFile.write(
            LabelMap(grid: fixed.grid, voxels: fixed.voxels.map { $0 == 0 ? 0 : $0 > 500 ? 2 : 1 }),
            to: file("truth.nii.gz"))
    }

    private static func brain(
        size: SIMD3<Int>, spacing: Double, _ place: (SIMD3<Double>) -> SIMD3<Double>
    ) -> Volume {
        let corner = -SIMD3<Double>(size &- 1) * spacing / 2
        let grid = Grid(size: size, affine: Affine(spacing: SIMD3(repeating: spacing), origin: corner))
        return Volume(
            grid: grid,
            voxels: (0..<grid.count).map { n in
                let p = place(grid.affine(SIMD3<Double>(grid.voxel(at: n)))), outer = p / [30, 36, 26]
                guard (outer * outer).sum() < 1 else { return 0 }
                let away = p - [8, -8, 4]
                return Float(400 + 500 * exp(-(away * away).sum() / 150) + 80 * sin(p.x / 4 + p.y / 7))
            })
    }

    private func file(_ name: String) -> URL { folder.file(name) }

    private func register(_ arguments: String...) throws -> Command {
        try Command(["register", "--threads", "1", "--device", "cpu"] + arguments)
    }

    @Test func writesAllThatIsAskedFor() throws {
        let run = try register(
            "--model", file("model").path, "--fixed", file("fixed.nii.gz").path, "--moving", file("moving.nii.gz").path,
            "-o", file("w.nii.gz").path, "--warp", file("f.nii.gz").path, "--inverse", file("i.nii.gz").path,
            "--affine",
            file("a.txt").path, "--labels", file("labels.nii.gz").path, "--warped-labels", file("l.nii.gz").path,
            "--jacobian", file("j.nii.gz").path, "--report", file("p.html").path, "--refine", "3", "--json")
        #expect(run.status == 0, "\(run.errors)")
        let fixed = try ImageFile.read(file("fixed.nii.gz")), warped = try ImageFile.read(file("w.nii.gz"))
        #expect(warped.grid.matches(fixed.grid))
        let record = try run.object()
        let dice = try #require(record["brainDice"] as? [String: Double])
        #expect(try #require(dice["after"]) > 0.9)
        #expect(try #require(dice["after"]) >= #require(dice["before"]))
        #expect(record["foldedShareOfGrid"] as? Double == 0 && record["model"] as? String == "toy")
        let beside = try JSONSerialization.jsonObject(with: Data(contentsOf: file("w.json"))) as? [String: Any]
        #expect(beside?["weightsSHA256"] as? String == record["weightsSHA256"] as? String)
        #expect(try ImageFile.read(file("j.nii.gz")).voxels.allSatisfy { $0 > 0 })
        #expect(try TransformFile.read(file("a.txt")).inverse != nil)
        let page = try String(contentsOf: file("p.html"), encoding: .utf8)
        #expect(page.contains("Chequers") && page.contains("Folds") && page.contains("experimental"))

        // The field alone does what the command did, and its inverse leads back.
        let again = try Command([
            "warp", "-i", file("moving.nii.gz").path, "--warp", file("f.nii.gz").path, "-o", file("again.nii.gz").path,
        ])
        #expect(again.status == 0, "\(again.errors)")
        let repeated = try ImageFile.read(file("again.nii.gz"))
        #expect(zip(repeated.voxels, warped.voxels).allSatisfy { abs($0 - $1) < 0.5 })
        let there = try FieldFile.read(file("f.nii.gz")), back = try FieldFile.read(file("i.nii.gz"))
        let round = Warp(field: back)(Warp(field: there)([6, -4, 3])) - [6, -4, 3]
        #expect((round * round).sum().squareRoot() < 0.5)

        let scores = try Command([
            "evaluate", "registration", "--warped-labels", file("l.nii.gz").path, "--truth", file("truth.nii.gz").path,
            "--field", file("f.nii.gz").path, "--json",
        ]).object()
        #expect(try #require(scores["meanDice"] as? Double) > 0.85)
        #expect((scores["field"] as? [String: Double])?["foldedShare"] == 0)
    }

    @Test func pointsAndLabelsGoAlong() throws {
        try TransformFile.write(
            Affine(i: [1, 0, 0], j: [0, 1, 0], k: [0, 0, 1], origin: [3, 0, -6]), to: file("shift.txt"))
        _ = try folder.write(Data("name,x,y,z\na,1,2,3\n".utf8), to: "p.csv")
        func points(_ flags: String...) throws -> String {
            let run = try Command(
                ["warp", "-i", file("p.csv").path, "--affine", file("shift.txt").path, "-o", file("q.csv").path] + flags
            )
            #expect(run.status == 0, "\(run.errors)")
            return try String(contentsOf: file("q.csv"), encoding: .utf8)
        }
        // To the right is against x in LPS.
        #expect(try points() == "name,x,y,z\na,-2.000000,2.000000,-3.000000\n")
        #expect(try points("--ras") == "name,x,y,z\na,4.000000,2.000000,-3.000000\n")
        #expect(try points("--ras", "--inverse-affine") == "name,x,y,z\na,-2.000000,2.000000,9.000000\n")

        let run = try Command([
            "warp", "-i", file("truth.nii.gz").path, "--affine", file("shift.txt").path, "--reference",
            file("truth.nii.gz").path, "--interpolation", "nearest", "-o", file("shifted.nii.gz").path,
        ])
        #expect(run.status == 0, "\(run.errors)")
        let (old, new) = (
            try ImageFile.readLabels(file("truth.nii.gz")), try ImageFile.readLabels(file("shifted.nii.gz"))
        )
        #expect(new[10, 12, 14] == old[11, 12, 12] && new[15, 20, 10] == old[16, 20, 8] && new.labels == [0, 1, 2])
    }

    @Test func aFolderGoesOntoOneScanAndOneBadFileStopsNothing() throws {
        for name in ["scans", "labels"] {
            try FileManager.default.createDirectory(at: file(name), withIntermediateDirectories: true)
        }
        try FileManager.default.copyItem(at: file("moving.nii.gz"), to: file("scans/one.nii.gz"))
        try FileManager.default.copyItem(at: file("labels.nii.gz"), to: file("labels/one.nii.gz"))
        let arguments = [
            "register", "--threads", "1", "--model", "none", "--refine", "0", "--fixed", file("fixed.nii.gz").path,
            "--moving", file("scans").path, "-o", file("out").path, "--labels", file("labels").path,
            "--warped-labels", file("carried").path, "--affine", file("maps").path, "--report", file("pages").path,
        ]
        let run = try Command(arguments)
        #expect(run.status == 0, "\(run.errors)")
        for name in [
            "out/one_registered.nii.gz", "out/one_registered.json", "carried/one_labels.nii.gz", "maps/one_affine.txt",
            "pages/one.html",
        ] { #expect(FileManager.default.fileExists(atPath: file(name).path), "\(name)") }
        #expect(try ImageFile.readLabels(file("carried/one_labels.nii.gz")).labels == [0, 1, 2])

        _ = try folder.write(Data("no image".utf8), to: "scans/two.nii.gz")
        let second = try Command(arguments)
        #expect(second.status == 2 && second.errors.contains("1 of 2 scans failed"), "\(second.errors)")
        #expect(second.output.contains("one_registered.nii.gz"))
    }

    @Test func badScansAreOneSentence() throws {
        let grid = Grid(size: [20, 20, 1], affine: Affine(spacing: [3, 3, 3]))
        try ImageFile.write(Volume(grid: grid, voxels: [Float](repeating: 2, count: 400)), to: file("flat.nii"))
        let cube = Grid(size: [12, 12, 12], affine: Affine(spacing: [3, 3, 3]))
        try ImageFile.write(Volume(grid: cube, voxels: [Float](repeating: 0, count: 1728)), to: file("empty.nii"))
        try ImageFile.write(
            Volume(grid: cube, frames: 2, voxels: [Float](repeating: 1, count: 3456)), to: file("series.nii"))
        for (name, word) in [("flat.nii", "3-D"), ("empty.nii", "anything"), ("series.nii", "series of 2")] {
            let run = try register(
                "--model", "none", "--fixed", file("fixed.nii.gz").path, "--moving", file(name).path, "-o",
                file("o.nii.gz").path)
            #expect(run.status == 65 && run.isOneSentence && run.errors.contains(word), "\(run.errors)")
        }
        let missing = try register(
            "--model", "none", "--fixed", file("fixed.nii.gz").path, "--moving", file("absent.nii").path, "-o",
            file("o.nii.gz").path)
        #expect(missing.status == 66 && missing.isOneSentence)
        #expect(!FileManager.default.fileExists(atPath: file("o.nii.gz").path))
    }

    @Test func badMapsAreOneSentence() throws {
        try TransformFile.write(
            Affine(i: [1, 0, 0], j: [1, 0, 0], k: [0, 0, 1], origin: .zero), to: file("flat.txt"))
        let other = Grid(size: [6, 6, 6], affine: Affine(spacing: [5, 5, 5]))
        try FieldFile.write(.identity(on: other), to: file("field.nii.gz"))
        let scan = file("fixed.nii.gz").path
        let singular = try Command([
            "warp", "-i", scan, "--reference", scan, "--affine", file("flat.txt").path, "-o", file("o.nii.gz").path,
        ])
        #expect(singular.status == 65 && singular.isOneSentence && singular.errors.contains("singular"))
        let elsewhere = [
            "warp", "-i", scan, "--reference", scan, "--warp", file("field.nii.gz").path, "-o", file("o.nii.gz").path,
        ]
        let refused = try Command(elsewhere)
        #expect(refused.status == 65 && refused.isOneSentence && refused.errors.contains("another grid"))
        #expect(try Command(elsewhere + ["--resample-field"]).status == 0)
        let scored = try Command([
            "evaluate", "registration", "--warped-labels", file("truth.nii.gz").path, "--truth",
            file("truth.nii.gz").path, "--field", file("field.nii.gz").path,
        ])
        #expect(scored.status == 65 && scored.isOneSentence)
        #expect(try Command(["warp", "-i", scan, "-o", file("o.nii.gz").path]).status == 64)
    }
}
