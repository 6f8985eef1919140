import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct SynthesiseTests {
    private func maps() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try ImageFile.write(ToyHead.labels, to: folder.file("toy.nii.gz"))
        return folder
    }

    @Test func writesCasesThatTheOtherCommandsRead() throws {
        let maps = try maps(), out = try TemporaryFolder()
        let run = try Command("synthesise", "--label-maps", maps.url.path, "-o", out.url.path, "--seed", "4")
        #expect(run.status == 0)
        let cases = try TumourDataset.cases(in: out.url)
        let one = try #require(cases.first)
        #expect(cases.count == 1 && one.name == "BraTS2021_synthetic-00000")
        #expect(one.contrasts == Contrast.allCases && one.scheme == .brats2021)
        #expect(run.output == out.file(one.name).path + "\n")
        let labels = try ImageFile.readLabels(try #require(one.labels))
        #expect(labels.grid.size == [240, 240, 155] && labels.grid.orientation.description == "LPS")
        #expect(Set(labels.labels).isSubset(of: [0, 1, 2, 4]) && labels.labels.count > 1)
    }

    @Test func wholeHeadsArePicturedAndDescribed() throws {
        let maps = try maps(), out = try TemporaryFolder()
        let page = out.file("cases.html")
        let run = try Command(
            "synthesise", "--label-maps", maps.file("toy.nii.gz").path, "-o", out.file("cases").path, "--cases", "2",
            "--first", "6", "--whole-head", "--random-contrast", "--preview", page.path, "--json")
        #expect(run.status == 0)
        let records = try #require(run.object()["cases"] as? [[String: Any]])
        #expect(records.map { $0["name"] as? String } == ["BraTS2021_synthetic-00006", "BraTS2021_synthetic-00007"])
        let drawn = try #require(records.first?["drawn"] as? [String: Any])
        #expect(drawn["wholeHead"] as? Bool == true && drawn["map"] as? String == "toy.nii.gz")
        let html = try String(contentsOf: page, encoding: .utf8)
        #expect(html.contains("synthetic-00006") && html.components(separatedBy: "data:image/png").count == 3)
        let folder = out.file("cases/BraTS2021_synthetic-00007")
        let brain = try ImageFile.readLabels(folder.appendingPathComponent("BraTS2021_synthetic-00007_brain.nii.gz"))
        let t2 = try ImageFile.read(folder.appendingPathComponent("BraTS2021_synthetic-00007_t2.nii.gz"))
        #expect(brain.grid.matches(t2.grid) && brain.labels == [0, 1])
        // The same number comes out again, bit for bit.
        let again = try Command(
            "synthesise", "--label-maps", maps.url.path, "-o", out.file("again").path, "--first", "7", "--whole-head",
            "--random-contrast")
        #expect(again.status == 0)
        let other = out.file("again/BraTS2021_synthetic-00007/BraTS2021_synthetic-00007_t2.nii.gz")
        #expect(try ImageFile.read(other).voxels == t2.voxels)
    }

    @Test func saysInOneSentenceWhatIsWrong() throws {
        let empty = try TemporaryFolder(), bad = try TemporaryFolder(), out = try TemporaryFolder()
        func run(_ maps: String) throws -> Command {
            try Command("synthesise", "--label-maps", maps, "-o", out.file("cases").path)
        }
        let none = try run(empty.url.path)
        #expect(none.status == 66 && none.isOneSentence && none.errors.contains("found none"))
        #expect(try run("/nowhere/maps").status == 66)
        let bony = LabelMap(grid: ToyHead.grid, voxels: ToyHead.labels.voxels.map { $0 > 500 ? $0 : 0 })
        try ImageFile.write(bony, to: bad.file("bony.nii"))
        let brainless = try run(bad.file("bony.nii").path)
        #expect(brainless.status == 65 && brainless.isOneSentence && brainless.errors.contains("bony.nii"))
        let series = Volume(grid: Samples.grid, frames: 2, voxels: [Float](repeating: 2, count: 2 * Samples.grid.count))
        try ImageFile.write(series, to: bad.file("series.nii"))
        let fourth = try run(bad.file("series.nii").path)
        #expect(fourth.status == 65 && fourth.isOneSentence)
        let strange = LabelMap(grid: ToyHead.grid, voxels: ToyHead.labels.voxels.map { $0 == 515 ? 950 : $0 })
        try ImageFile.write(strange, to: bad.file("strange.nii"))
        let unknown = try run(bad.file("strange.nii").path)
        #expect(unknown.status == 65 && unknown.isOneSentence && unknown.errors.contains("950"))
        #expect(!FileManager.default.fileExists(atPath: out.file("cases").path))
        #expect(try Command("synthesise", "--label-maps", bad.url.path, "-o", "x", "--cases", "0").status == 64)
    }
}
