import BrainData
import Evaluation
import Foundation
import TestSupport
import Testing

/// The commands on slices, run as a user runs them.
@Suite struct DiagnoseTests {
    private let folder: TemporaryFolder

    /// Pictures with a bright bar on a grey disc, upright or lying.
    init() throws {
        folder = try TemporaryFolder()
        for n in 0..<24 {
            let label = n % 2 == 0 ? "upright" : "lying", place = 20 + n
            let pixels = (0..<64 * 64).map { pixel -> UInt8 in
                let (row, column) = (pixel / 64, pixel % 64)
                let isHead = (row - 32) * (row - 32) + (column - 32) * (column - 32) < 900
                return isHead ? (abs((n % 2 == 0 ? column : row) - place) < 4 ? 250 : 90) : 0
            }
            let file = folder.file("slices/\(label)/\(n).png")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try PNG.grey(pixels, width: 64, height: 64).write(to: file)
        }
        try Data("{\"channels\": [4, 8, 8, 16], \"width\": 16, \"depth\": 1, \"heads\": 2}".utf8).write(
            to: folder.file("small.json"))
    }

    private var slices: String { folder.file("slices").path }

    private func learning(_ words: String...) -> [String] {
        ["diagnose"] + words + [
            "--data", slices, "--config", folder.file("small.json").path, "--side", "32", "--epochs", "12", "--batch",
            "8",
            "--rate", "0.005", "--threads", "1",
        ]
    }

    @Test func aTrainedModelTellsAndShowsWhy() throws {
        let model = folder.file("bars").path
        #expect(try Command(learning("train", "-o", model)).status == 0)
        #expect(FileManager.default.fileExists(atPath: model + "/model.safetensors"))
        let table = folder.file("results.csv"), maps = folder.file("maps")
        try Data("no picture".utf8).write(to: folder.file("slices/lying/bad.png"))
        let run = try Command(
            "diagnose", "-i", slices, "-o", table.path, "--model", model, "--maps", maps.path, "--threads", "1")
        #expect(run.status == 2 && run.errors.contains("bad.png") && run.errors.contains("not a diagnosis"))
        let lines = try String(contentsOf: table, encoding: .utf8).split(whereSeparator: \.isNewline)
        #expect(lines.count == 25 && lines[0] == "file,class,p_lying,p_upright")
        let right = lines.dropFirst().count { line in
            let cells = line.split(separator: ",")
            return cells[0].hasPrefix(cells[1] + "/")
        }
        #expect(right > 18, "\(right) of 24")
        #expect(try FileManager.default.contentsOfDirectory(atPath: maps.path).count == 24)
        let page = folder.file("page.html")
        for why in ["grad-cam", "rollout"] {
            let shown = try Command(
                "diagnose", "-i", slices + "/lying/1.png", "-o", table.path, "--model", model, "--threads", "1",
                "--why",
                why, "--report", page.path)
            #expect(shown.status == 0)
            let text = try String(contentsOf: page, encoding: .utf8)
            #expect(text.contains(why == "rollout" ? "attention rollout" : "Grad-CAM") && text.contains("lying"))
            #expect(text.contains("Research use, not a diagnosis") && text.contains("data:image/png"))
        }
        let one = try Command(
            "diagnose", "-i", slices + "/lying/1.png", "-o", table.path, "--model", model, "--json", "--threads", "1")
        let items = try #require(one.object()["items"] as? [[String: Any]])
        #expect(items.count == 1 && items[0]["class"] is String)
        let age = try Command("age", "-i", slices, "-o", table.path, "--model", model)
        #expect(age.status == 64 && age.errors.contains("tells no ages"))
    }

    @Test func aBenchmarkHasItsBaselines() throws {
        let run = try Command(
            learning("benchmark", "--folds", "2", "--json", "--report", folder.file("page.html").path))
        #expect(run.status == 0)
        let rows = try #require(run.object()["rows"] as? [[String: Any]])
        #expect(
            rows.map { $0["model"] as? String ?? "" } == [
                "trans-resnet", "most frequent class, mean age", "line through thumbnails",
            ])
        #expect(try #require((rows[1]["classes"] as? [String: Any])?["accuracy"] as? Double) <= 0.5)
        let page = try String(contentsOf: folder.file("page.html"), encoding: .utf8)
        #expect(page.contains("Reliability") && page.contains("line through thumbnails") && page.contains("<svg"))
    }

    @Test func convolutionsAloneHaveNoAttentionToFollow() throws {
        let sizes = folder.file("resnet.json"), model = folder.file("plain").path
        try Data("{\"channels\": [4, 8, 8, 16]}".utf8).write(to: sizes)
        let trained = try Command(
            "diagnose", "train", "--data", slices, "--network", "resnet", "--config", sizes.path, "--side", "32",
            "--epochs",
            "3", "--batch", "8", "--validation", "0.2", "--ensemble", "2", "--threads", "1", "-o", model)
        #expect(trained.status == 0)
        func told(_ why: String) throws -> Command {
            try Command(
                "diagnose", "-i", slices, "-o", folder.file("x.csv").path, "--model", model, "--why", why, "--maps",
                folder.file("maps").path, "--threads", "1")
        }
        #expect(try told("grad-cam").status == 0)
        let refused = try told("rollout")
        #expect(refused.status == 64 && refused.errors.contains("rollout"))
    }

    /// A bright ball in air, the size of a head or of its slices; brighter for the old.
    private func ball(_ size: SIMD3<Int>, age: Int) -> [UInt8] {
        (0..<size.x * size.y * size.z).map { n in
            let at = SIMD3(n % size.x, n / size.x % size.y, n / size.x / size.y)
            let from = SIMD3<Double>(at) / SIMD3<Double>(size) - 0.5
            let radius = size.z == 1 ? from.x * from.x + from.y * from.y : (from * from).sum()
            return radius > 0.16 ? 0 : radius < 0.02 ? UInt8(40 + 2 * age) : UInt8(100 + (at.x * 7 + at.y * 3) % 20)
        }
    }

    private func writePeople() throws -> String {
        var table = "ID,Age\n"
        for n in 0..<16 {
            let label = n % 2 == 0 ? "control" : "dementia"
            table += "S\(n),\(30 + 3 * n)\n"
            for plane in SliceCollection.planes {
                let file = folder.file("people/\(plane)/\(label)/S\(n)_x.png")
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try PNG.grey(ball([40, 40, 1], age: 30 + 3 * n), width: 40, height: 40).write(to: file)
            }
        }
        try Data(table.utf8).write(to: folder.file("people/subjects.csv"))
        return folder.file("people").path
    }

    @Test func agesHaveAnIntervalAndScansAreCutForThem() throws {
        let model = folder.file("age").path, people = try writePeople()
        let sizes = ["--side", "32", "--epochs", "3", "--batch", "8", "--threads", "1"]
        let trained = try Command(
            [
                "diagnose", "train", "--data", people, "--learn", "age", "--config", folder.file("small.json").path,
                "--calibration-folds", "2", "-o", model,
            ] + sizes)
        #expect(trained.status == 0 && trained.errors.contains("trained"))
        let scan = folder.file("scans/one.nii.gz"), size = SIMD3(48, 60, 40)
        try FileManager.default.createDirectory(
            at: scan.deletingLastPathComponent(), withIntermediateDirectories: true)
        let grid = Grid(size: size, affine: Affine(spacing: [3, 3, 4]))
        try ImageFile.write(Volume(grid: grid, voxels: ball(size, age: 50).map(Float.init)), to: scan)
        let page = folder.file("age.html")
        let told = try Command(
            "age", "-i", scan.path, "-o", folder.file("age.csv").path, "--model", model, "--json", "--threads", "1",
            "--report", page.path, "--why", "grad-cam")
        let item = try #require((told.object()["items"] as? [[String: Any]])?.first)
        let (age, low, high) = (item["age"] as? Double, item["low"] as? Double, item["high"] as? Double)
        #expect(try #require(low) < #require(high) && age != nil)
        #expect(try String(contentsOf: page, encoding: .utf8).contains("nine of ten lie between"))
        let all = try Command(
            "age", "-i", folder.file("scans").path, "-o", folder.file("all.csv").path, "--model", model, "--no-extract",
            "--threads", "1")
        #expect(all.status == 0)
        let adapted = try Command(
            [
                "diagnose", "train", "--data", people, "--from", model, "--adapt", "lora", "--rank", "2", "--epochs",
                "2",
                "--batch", "8", "--threads", "1", "-o", folder.file("dementia").path,
            ])
        #expect(adapted.status == 0 && adapted.errors.contains(" of ") && adapted.errors.contains("parameters"))
        let card = try String(contentsOf: folder.file("dementia/card.json"), encoding: .utf8)
        #expect(card.contains("from age, --adapt lora") && card.contains("\"isExtracted\" : true"))
        let both = try Command(
            ["diagnose", "train", "--data", people, "--from", model, "--network", "resnet", "-o", model] + sizes)
        #expect(both.status == 64)
    }

    @Test func mistakesAreOneSentence() throws {
        let table = folder.file("x.csv").path
        let missing = try Command("diagnose", "-i", "nowhere", "-o", table, "--model", "nothing-of-this-name")
        #expect(missing.status == 66 && missing.isOneSentence)
        let strange = try Command(learning("benchmark", "--learn", "weather"))
        #expect(strange.status == 64)
        let ages = try Command(learning("benchmark", "--learn", "age"))
        #expect(ages.status == 65 && ages.isOneSentence)
    }
}
