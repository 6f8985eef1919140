import BrainData
import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct FMRITests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func path(_ name: String) -> String { folder.file(name).path }

    /// 60 frames of 6 × 4 × 2 voxels; the two planes follow sines of their own.
    private func writeScan() throws {
        let grid = Grid(size: [6, 4, 2], affine: Affine(spacing: [3, 3, 3]))
        var voxels: [Float] = []
        for frame in 0..<60 {
            for voxel in 0..<48 {
                let wave = sin(Double(frame) * (voxel < 24 ? 0.3 : 0.5))
                voxels.append(Float(100 + wave + 0.1 * Double(voxel * frame % 7)))
            }
        }
        try ImageFile.write(Volume(grid: grid, frames: 60, voxels: voxels), to: folder.file("bold.nii.gz"))
        let labels = LabelMap(grid: grid, voxels: (0..<48).map { $0 < 24 ? 3 : 8 })
        try ImageFile.write(labels, to: folder.file("atlas.nii.gz"))
        try Data("index,name\n3,Lower\n8,Upper\n".utf8).write(to: folder.file("names.csv"))
    }

    @Test func fromAScanToConnectivity() throws {
        try writeScan()
        let taken = try Command(
            "fmri", "extract", "-i", path("bold.nii.gz"), "--atlas", path("atlas.nii.gz"), "--names", path("names.csv"),
            "--band", "0.01:0.2", "--tr", "2", "-o", path("series.tsv"), "--json")
        #expect(taken.status == 0, "\(taken.errors)")
        let object = try taken.object()
        #expect(
            object["frames"] as? Int == 60 && object["regions"] as? Int == 2 && object["repetition"] as? Double == 2)
        let lines = try String(contentsOf: folder.file("series.tsv"), encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 61 && lines[0] == "Lower\tUpper")
        let connected = try Command("fmri", "connect", "-i", path("series.tsv"), "-o", path("matrix.npy"))
        #expect(connected.status == 0, "\(connected.errors)")
        let array = try NumPyArray(folder.file("matrix.npy"))
        let values = array.bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
        #expect(array.entry.shape == [2, 2] && values[0] == 1 && values[3] == 1 && values[1] == values[2])
        #expect(abs(values[1]) < 0.5)
    }

    @Test func whatDoesNotFitIsOneSentence() throws {
        try writeScan()
        try Data("a,b\n1,2\n3,4\n".utf8).write(to: folder.file("short.csv"))
        try Data("subject,diagnosis\n1,x\n2,y\n".utf8).write(to: folder.file("people.csv"))
        let scan = ["fmri", "extract", "-i", path("bold.nii.gz"), "-o", path("out.tsv"), "--atlas"]
        let wrong: [([String], Int32)] = [
            (scan + [path("atlas.nii.gz"), "--band", "0.2:0.1"], 64),
            (scan + [path("bold.nii.gz")], 65), (scan + [path("absent.nii")], 66),
            (scan + [path("atlas.nii.gz"), "--confounds", path("short.csv")], 65),
            (
                [
                    "fmri", "extract", "-i", path("atlas.nii.gz"), "-o", path("out.tsv"), "--atlas",
                    path("atlas.nii.gz"),
                ], 65
            ),
            (["fmri", "connect", "-i", path("names.csv"), "-o", path("m.npy")], 65),
            (["fmri", "connect", "-i", path("short.csv"), "-o", path("m.npy"), "--kind", "tangent"], 64),
            (
                [
                    "fmri", "benchmark", "--data", folder.url.path, "--phenotypes", path("short.csv"), "--model",
                    "linear-svm",
                ], 65
            ),
            (["fmri", "benchmark", "--data", folder.url.path, "--phenotypes", path("people.csv"), "--model", "x"], 64),
        ]
        for (arguments, status) in wrong {
            let run = try Command(arguments)
            #expect(
                run.status == status && (status == 64 || run.isOneSentence), "\(arguments): \(run.status) \(run.errors)"
            )
        }
        #expect(!FileManager.default.fileExists(atPath: path("out.tsv")))
    }

    @Test func linearClassifiersOnThePhenotypesOfAFolder() throws {
        let data = folder.file("data")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        var random = SplitMix(seed: 1, name: "matrices"), people = "subject,site,diagnosis\n", values: [Double] = []
        for n in 0..<40 {
            people += "\(n),\(n % 4 < 2 ? "A" : "B"),\(n % 2 == 0 ? "ASD" : "HC")\n"
            for column in 0..<15 { values.append(0.2 * random.normal() + (column < 5 && n % 2 == 0 ? 0.5 : 0)) }
        }
        try NumPyArray(values, shape: [40, 15], single: true).write(to: data.appendingPathComponent("upper.npy"))
        try Data(people.utf8).write(to: folder.file("people.csv"))
        let run = try Command(
            "fmri", "benchmark", "--data", data.path, "--phenotypes", path("people.csv"), "--model", "linear-svm",
            "--folds", "4", "--json")
        #expect(run.status == 0, "\(run.errors)")
        let rows = try #require(try run.object()["rows"] as? [[String: Any]])
        #expect(
            rows.compactMap { $0["model"] as? String } == ["linear-svm", "logistic-regression", "most frequent class"])
        for row in rows.prefix(2) { #expect((row["accuracy"] as? Double ?? 0) > 0.85) }
        #expect((rows[2]["accuracy"] as? Double ?? 1) <= 0.5)
    }
}
