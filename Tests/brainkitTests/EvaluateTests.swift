import BrainData
import Foundation
import TestSupport
import Testing

@Suite struct EvaluateTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func evaluate(_ prediction: String, _ truth: String, _ more: String...) throws -> Command {
        try Command(
            [
                "evaluate", "segmentation", "--prediction", folder.file(prediction).path, "--truth",
                folder.file(truth).path,
            ]
                + more)
    }

    private func write(_ labels: LabelMap, _ name: String) throws {
        let file = folder.file(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try ImageFile.write(labels, to: file)
    }

    private func scores(_ run: Command, case index: Int = 0) throws -> [String: [String: Double]] {
        let cases = try #require(run.object()["cases"] as? [[String: Any]])
        return try #require(cases[index]["regions"] as? [String: [String: Double]])
    }

    /// The tumour with its core moved by one voxel along i.
    private var moved: LabelMap {
        Samples.labels([(2, [2, 2, 1], [10, 8, 7]), (1, [4, 3, 2], [9, 7, 6]), (3, [4, 4, 3], [6, 6, 5])])
    }

    @Test func aMapAgainstItselfIsPerfect() throws {
        try write(Samples.tumour, "BraTS-GLI-00001-000-seg.nii.gz")
        try write(Samples.tumour, "mine.nii.gz")
        let run = try evaluate("mine.nii.gz", "BraTS-GLI-00001-000-seg.nii.gz", "--json")
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
        let scores = try scores(run)
        #expect(Set(scores.keys) == ["WT", "TC", "ET"])
        for region in scores.values {
            #expect(region["dice"] == 1 && region["hd95"] == 0 && region["sensitivity"] == 1)
        }
        // 8 × 6 × 6 voxels of 2 mm³.
        #expect(abs((scores["WT"]?["trueMillilitres"] ?? 0) - 0.576) < 1e-9)
    }

    @Test func scoresAreTheHandWorkedOnes() throws {
        try write(Samples.tumour, "truth.nii.gz")
        try write(moved, "mine.nii.gz")
        let run = try evaluate("mine.nii.gz", "truth.nii.gz", "--scheme", "brats2023", "--json")
        #expect(run.status == 0, "\(run.errors)")
        let scores = try scores(run)
        // The core is 5 × 4 × 4 voxels, moved by one: 64 are shared.
        #expect(abs((scores["TC"]?["dice"] ?? 0) - 2 * 64 / 160) < 1e-9)
        #expect(scores["TC"]?["hd95"] == 1 && scores["TC"]?["precision"] == 0.8)
        #expect(scores["WT"]?["dice"] == 1 && scores["ET"]?["dice"] == 1)
        let words = try evaluate("mine.nii.gz", "truth.nii.gz", "--scheme", "brats2023").output
        #expect(words.contains("Dice") && words.contains("0.8000"))
    }

    @Test func theConventionsDifferWhereARegionIsEmpty() throws {
        try write(Samples.tumour, "truth.nii.gz")
        try write(Samples.labels([(2, [2, 2, 1], [10, 8, 7]), (1, [3, 3, 2], [8, 7, 6])]), "mine.nii.gz")
        let brats = try scores(evaluate("mine.nii.gz", "truth.nii.gz", "--scheme", "brats2023", "--json"))
        #expect(brats["ET"]?["dice"] == 0 && brats["ET"]?["hd95"] == 373.1287)
        let authors = try scores(
            evaluate("mine.nii.gz", "truth.nii.gz", "--scheme", "brats2023", "--convention", "authors", "--json"))
        #expect(authors["ET"]?["dice"] == 1 && authors["ET"]?["hd95"] == 0)
        #expect(try evaluate("mine.nii.gz", "truth.nii.gz", "--convention", "mine").status == 64)
    }

    @Test func foldersAreMatchedByCase() throws {
        for n in 1...3 {
            let name = "BraTS-GLI-0000\(n)-000"
            try write(Samples.tumour, "truth/\(name)/\(name)-seg.nii.gz")
            try write(Samples.tumour, "truth/\(name)/\(name)-t2f.nii.gz")
            try write(n == 1 ? moved : Samples.tumour, "mine/\(name)_dseg.nii.gz")
        }
        let run = try evaluate("mine", "truth", "--json", "--csv", folder.file("scores.csv").path)
        #expect(run.status == 0, "\(run.errors)")
        let object = try run.object()
        let cases = try #require(object["cases"] as? [[String: Any]])
        #expect(cases.compactMap { $0["name"] as? String } == (1...3).map { "BraTS-GLI-0000\($0)-000" })
        #expect(cases.allSatisfy { $0["scheme"] as? String == "brats2023" })
        let summary = try #require(object["summary"] as? [[String: Any]])
        let core = try #require(summary.first { $0["region"] as? String == "TC" && $0["metric"] as? String == "dice" })
        #expect(abs((core["mean"] as? Double ?? 0) - 2.8 / 3) < 1e-9)
        #expect(core["median"] as? Double == 1 && core["cases"] as? Int == 3)
        let table = try String(contentsOf: folder.file("scores.csv"), encoding: .utf8).split(separator: "\n")
        #expect(table.count == 10 && table[0].hasPrefix("case,region,dice"))
        #expect(try evaluate("mine", "truth").output.contains("95 % interval"))
    }

    @Test func twoSetsOfResultsAreCompared() throws {
        for n in 1...3 {
            let name = "BraTS-GLI-0000\(n)-000"
            try write(Samples.tumour, "truth/\(name)-seg.nii.gz")
            try write(moved, "mine/\(name)_dseg.nii.gz")
            try write(Samples.tumour, "theirs/\(name)_dseg.nii.gz")
        }
        let theirs = folder.file("theirs").path
        let run = try evaluate("mine", "truth", "--against", theirs, "--json")
        #expect(run.status == 0, "\(run.errors)")
        let rows = try #require(run.object()["comparison"] as? [[String: Any]])
        let core = try #require(rows.first { $0["region"] as? String == "TC" && $0["metric"] as? String == "dice" })
        #expect(abs(try #require(core["meanDifference"] as? Double) + 0.2) < 1e-9, "0.8 here and 1 there")
        #expect(core["cases"] as? Int == 3 && core["effect"] as? Double == -1)
        #expect(core["probability"] as? Double == 0.25, "two of the eight choices of signs are as uneven")
        #expect(try evaluate("mine", "truth", "--against", theirs).output.contains("Wilcoxon p"))
        #expect(try evaluate("mine", "truth", "--json").object()["comparison"] == nil)
        #expect(try evaluate("mine", "truth", "--against", "/nowhere").status == 66)
    }

    @Test func lesionsAreScoredOneByOne() throws {
        let two = Samples.labels([(2, [1, 1, 1], [4, 4, 4]), (2, [9, 7, 5], [11, 9, 7])])
        try write(two, "truth/BraTS-MET-00001-000-seg.nii.gz")
        let found = Samples.labels([(2, [1, 1, 1], [4, 4, 4]), (2, [10, 1, 1], [11, 2, 2])])
        try write(found, "mine/BraTS-MET-00001-000_dseg.nii.gz")
        let table = folder.file("scores.csv")
        let run = try evaluate("mine", "truth", "--lesion-wise", "--json", "--csv", table.path)
        #expect(run.status == 0, "\(run.errors)")
        let whole = try #require(try scores(run)["WT"])
        // One found whole, one of 16 mm³ missed, one false.
        #expect(whole["lesionsFound"] == 1 && whole["lesionsMissed"] == 1 && whole["falseLesions"] == 1)
        #expect(abs((whole["lesionWiseDice"] ?? 0) - 1.0 / 3) < 1e-9)
        #expect(abs((whole["lesionWiseHD95"] ?? 0) - 748.0 / 3) < 1e-9)
        let cases = try #require(run.object()["cases"] as? [[String: Any]])
        #expect((cases.first?["lesionRules"] as? [String: Any])?["name"] as? String == "met")
        let header = try String(contentsOf: table, encoding: .utf8).prefix { $0 != "\n" }
        #expect(header.hasSuffix("lesionwise_dice,lesionwise_hd95_mm,lesions_found,lesions_missed,false_lesions"))
        // For gliomas a lesion of 16 mm³ is too small to count.
        let gliomas = try scores(evaluate("mine", "truth", "--lesion-rules", "gli", "--json"))
        #expect(gliomas["WT"]?["lesionsMissed"] == 0)
        #expect(try evaluate("mine", "truth", "--lesion-wise").output.contains("Lesion-wise Dice"))
        #expect(try !evaluate("mine", "truth").output.contains("Lesion-wise"))
        #expect(try evaluate("mine", "truth", "--lesion-rules", "mine").status == 64)
    }

    @Test func aPageShowsSpreadComparisonCalibrationAndTheWorst() throws {
        for n in 1...3 {
            let name = "BraTS-GLI-0000\(n)-000"
            try write(Samples.tumour, "cases/\(name)/\(name)-seg.nii.gz")
            try ImageFile.write(Samples.scan, to: folder.file("cases/\(name)/\(name)-t2f.nii.gz"))
            try write(n == 1 ? moved : Samples.tumour, "mine/\(name)_dseg.nii.gz")
            try write(Samples.tumour, "theirs/\(name)_dseg.nii.gz")
            let sure = Volume(grid: Samples.grid, voxels: Samples.tumour.voxels.map { $0 == 0 ? 0.25 : 0.75 })
            try ImageFile.write(sure, to: folder.file("mine/\(name)_label-WT_probseg.nii.gz"))
        }
        let page = folder.file("page.html"), cases = folder.file("cases").path
        let run = try evaluate(
            "mine", "cases", "--against", folder.file("theirs").path, "--images", cases, "--probabilities",
            folder.file("mine").path, "--report", page.path, "--lesion-wise", "--json")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.contains("has no BraTS-GLI-00001-000_label-TC_probseg.nii.gz"))
        let html = try String(contentsOf: page, encoding: .utf8)
        for words in [
            "Mean Dice WT", "Dice of each case", "Over all cases", "Paired comparison", "Calibration", "Worst cases",
            "BraTS-GLI-00001-000, FLAIR", "Case by case", "Lesion-wise Dice TC", "perfect",
        ] {
            #expect(html.contains(words), "\(words)")
        }
        #expect(!html.contains("http://") || html.contains("http://www.w3.org/2000/svg"))
        let calibration = try #require(run.object()["calibration"] as? [[String: Any]])
        #expect(calibration.count == 1 && calibration[0]["region"] as? String == "WT")
        // Off by a quarter everywhere, the moved core or not.
        #expect(abs((calibration[0]["expectedCalibrationError"] as? Double ?? 0) - 0.25) < 1e-6)
        #expect(abs((calibration[0]["brier"] as? Double ?? 0) - 0.0625) < 1e-6)
        #expect((calibration[0]["bins"] as? [Any])?.count == 15 && calibration[0]["cases"] as? Int == 3)
        let plain = folder.file("plain.html")
        #expect(try evaluate("mine", "cases", "--report", plain.path).status == 0)
        #expect(try String(contentsOf: plain, encoding: .utf8).contains("data:image/png"), "the truth alone")
        #expect(try evaluate("mine", "cases", "--images", cases).status == 64)
        #expect(try evaluate("mine", "cases", "--report", folder.file("no/page.html").path).status == 73)
        #expect(try evaluate("mine", "cases", "--probabilities", cases).status == 66)
        #expect(try evaluate("mine", "cases", "--probabilities", "/nowhere").status == 66)
    }

    @Test func aCaseThatCannotBeScoredDoesNotEndTheRest() throws {
        for n in 1...2 {
            try write(Samples.tumour, "truth/BraTS20_00\(n)_seg.nii")
            try write(Samples.labels([(2, [2, 2, 1], [4, 4, 4])]), "mine/BraTS20_00\(n).nii.gz")
        }
        try write(Samples.tumour, "truth/BraTS20_008_seg.nii")
        try write(Samples.tumour, "mine/BraTS20_009.nii.gz")
        let run = try evaluate("mine", "truth", "--scheme", "brats2023")
        #expect(run.status == 2)
        for word in [
            "BraTS20_008 has a truth and no result", "BraTS20_009 has a result and no truth", "2 cases were left out",
        ] {
            #expect(run.errors.contains(word))
        }
        #expect(run.output.contains("BraTS20_001") && run.output.contains("BraTS20_002"))
        // Under the scheme of their names the truths hold a label that is unknown.
        let odd = try evaluate("mine", "truth", "--scheme", "brats2021")
        #expect(odd.status == 2 && odd.errors.contains("knows only"))
    }

    @Test func whatCannotBeComparedIsRefusedInOneSentence() throws {
        try write(Samples.tumour, "truth.nii.gz")
        let other = Grid(size: [12, 10, 8], affine: Affine(spacing: [1, 1, 1]))
        try write(Samples.labels([(2, [2, 2, 1], [4, 4, 4])], grid: other), "elsewhere.nii.gz")
        try write(Samples.labels([(9, [2, 2, 1], [4, 4, 4])]), "nine.nii.gz")
        try write(Samples.tumour, "full/truth.nii.gz")
        try write(Samples.tumour, "others/unlike.nii.gz")
        let wrong: [(Command, Int32, String)] = [
            (try evaluate("elsewhere.nii.gz", "truth.nii.gz", "--scheme", "brats2023"), 65, "grid"),
            (try evaluate("nine.nii.gz", "truth.nii.gz", "--scheme", "brats2023"), 65, "9"),
            (try evaluate("truth.nii.gz", "truth.nii.gz"), 65, "--scheme"),
            (try evaluate("absent.nii.gz", "truth.nii.gz"), 66, "absent.nii.gz"),
            (try evaluate("full", "truth.nii.gz"), 64, "two folders"),
            (try evaluate("full", "others"), 66, "counterpart"),
            (try evaluate("truth.nii.gz", "truth.nii.gz", "--csv", folder.file("no/such.csv").path), 73, "no/such.csv"),
        ]
        for (run, status, word) in wrong {
            #expect(
                run.status == status && run.isOneSentence && run.errors.contains(word), "\(run.status) \(run.errors)")
        }
        #expect(try evaluate("truth.nii.gz", "truth.nii.gz", "--scheme", "mine").status == 64)
    }
}
