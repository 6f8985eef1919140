import BrainData
import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct SegmentTests {
    private let folder: TemporaryFolder
    private let cases: URL

    /// The toy patients and a tiny network with weights drawn from a seed.
    init() throws {
        folder = try TemporaryFolder()
        cases = try ToyPatients(in: folder).cases
        try FileManager.default.createDirectory(at: folder.file("model"), withIntermediateDirectories: true)
        var configuration = EoFormer.Configuration()
        (configuration.channels, configuration.headWidth) = ([4, 4, 8, 8], 4)
        let weights = Weights(seed: 3)
        _ = try EoFormer(weights, configuration)
        try Safetensors.write(weights.tensors, to: folder.file("model/model.safetensors"))
        let card = """
            {"name": "toy", "use": "tumour", "network": "eoformer", "task": "tests", "scheme": "brats2021", "experimental": true,
             "configuration": {"channels": [4, 4, 8, 8], "headWidth": 4}, "trainingData": "none", "training": "none",
             "input": {"contrasts": ["flair", "t1", "t1ce", "t2"], "spacing": 1}, "evaluation": [],
             "window": {"patch": 16, "overlap": 0.5, "blending": "gaussian"}, "limits": ["knows nothing"],
             "citation": "none", "licence": "Apache-2.0"}
            """
        _ = try folder.write(Data(card.utf8), to: "model/card.json")
    }

    private func segment(_ arguments: String...) throws -> Command {
        try Command(["segment", "--model", folder.file("model").path, "--threads", "1", "--device", "cpu"] + arguments)
    }

    private func image(_ patient: Int, _ contrast: String) -> String {
        let name = ToyPatients.names[patient]
        return cases.appendingPathComponent("\(name)/\(name)_\(contrast).nii.gz").path
    }

    private var files: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()) ?? []
    }

    @Test func uncertaintyMapsLieBesideTheLabelMap() throws {
        let run = try segment(
            "--flair", image(0, "flair"), "-o", folder.file("out_dseg.nii.gz").path, "--uncertainty")
        #expect(run.status == 0, "\(run.errors)")
        for region in ["WT", "TC", "ET"] {
            let map = try ImageFile.read(folder.file("out_label-\(region)_uncertainty.nii.gz"))
            #expect(map.grid.matches(ToyPatients.grid))
            #expect(map.voxels.allSatisfy { (0...1).contains($0) } && map.voxels.contains { $0 > 0 })
        }
        let sidecar = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: folder.file("out_dseg.json"))) as? [String: Any])
        #expect(sidecar["mirrored"] as? Bool == true, "it implies mirror images")
        #expect((sidecar["uncertainty"] as? String)?.contains("entropy in bits") == true)
    }

    @Test func leavesALabelMapASidecarAndAReport() throws {
        let out = folder.file("out.nii.gz")
        let run = try segment(
            "--t1ce", image(0, "t1ce"), "--flair", image(0, "flair"), "-o", out.path, "--report",
            folder.file("out.html").path, "--probabilities", "--truth", image(0, "seg"))
        #expect(run.status == 0)
        #expect(run.output == out.path + "\n")
        let labels = try ImageFile.readLabels(out)
        #expect(labels.grid.matches(ToyPatients.grid))
        #expect(Set(labels.labels).isSubset(of: [0, 1, 2, 4]))
        let sidecar = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: folder.file("out.json"))) as? [String: Any])
        #expect(sidecar["weightsSHA256"] as? String == (try sha256(of: folder.file("model/model.safetensors"))))
        #expect((sidecar["sources"] as? [String: String])?["T1ce"] == "BraTS2021_00000_t1ce.nii.gz")
        let whole = try ImageFile.read(folder.file("out_label-WT_probseg.nii.gz"))
        #expect(whole.voxels.allSatisfy { (0...1).contains($0) })
        let page = try String(contentsOf: folder.file("out.html"), encoding: .utf8)
        #expect(page.contains("Dice WT") && page.contains("knows nothing") && page.contains("not a diagnosis"))
    }

    @Test func doesAFolderInPartsAndResumes() throws {
        let out = folder.file("results")
        #expect(try segment("-i", cases.path, "-o", out.path, "--parts", "2", "--part", "0").status == 0)
        let first = try FileManager.default.contentsOfDirectory(atPath: out.path).filter {
            $0.hasSuffix("_dseg.nii.gz")
        }
        #expect(first.sorted() == ["BraTS2021_00000_dseg.nii.gz", "BraTS2021_00002_dseg.nii.gz"])
        let rest = try segment("-i", cases.path, "-o", out.path, "--resume")
        #expect(rest.output.split(separator: "\n").count == 1)
        #expect(rest.output.contains("BraTS2021_00001_dseg.nii.gz"))
    }

    @Test func followsLinksToCases() throws {
        let linked = folder.file("linked")
        try FileManager.default.createDirectory(at: linked, withIntermediateDirectories: true)
        let name = ToyPatients.names[1]
        try FileManager.default.createSymbolicLink(
            at: linked.appendingPathComponent(name), withDestinationURL: cases.appendingPathComponent(name))
        let out = folder.file("results").path
        #expect(try segment("-i", linked.path, "-o", out).output.contains(name))
        #expect(try Command("evaluate", "segmentation", "--prediction", out, "--truth", linked.path).status == 0)
    }

    @Test func oneBadCaseDoesNotStopTheOthers() throws {
        try Data("not an image".utf8).write(to: URL(fileURLWithPath: image(1, "t2")))
        let run = try segment("-i", cases.path, "-o", folder.file("results").path)
        #expect(run.status == 2)
        #expect(run.output.split(separator: "\n").count == 2)
        #expect(run.errors.contains("BraTS2021_00001"))
    }

    @Test func contrastsOnAnotherGridAreResampledOrRefused() throws {
        var shifted = ToyPatients.image(0, 1)
        shifted.grid.affine.origin.x += 1
        try ImageFile.write(shifted, to: folder.file("near.nii.gz"))
        shifted.grid.affine.origin.x += 500
        try ImageFile.write(shifted, to: folder.file("far.nii.gz"))
        let near = try segment(
            "--flair", image(0, "flair"), "--t1", folder.file("near.nii.gz").path, "-o", folder.file("a.nii.gz").path)
        #expect(near.status == 0)
        #expect(near.errors.contains("another grid"))
        let far = try segment(
            "--flair", image(0, "flair"), "--t1", folder.file("far.nii.gz").path, "-o", folder.file("b.nii.gz").path)
        #expect(far.status == 65)
        #expect(far.errors.contains("do not overlap"))
        #expect(!files.contains("b.nii.gz"))
    }

    @Test func everyFailureIsOneSentenceWithItsCode() throws {
        let t1 = image(0, "t1"), out = folder.file("o.nii.gz").path
        let truncated = folder.file("short.nii").path
        try Data(Data(contentsOf: URL(fileURLWithPath: t1)).prefix(200)).write(to: URL(fileURLWithPath: truncated))
        let other = Command.golden.appendingPathComponent("eoformer-layers.safetensors").path
        let runs: [(arguments: [String], code: Int32, says: String)] = [
            (["--t1", "/nowhere/t1.nii.gz", "-o", out], 66, "/nowhere/t1.nii.gz"),
            (["--t1", truncated, "-o", out], 65, truncated),
            (["--t1", t1, "-o", out, "--weights", other], 65, "encoder.downsample_layers.0"),
            (["--t1", t1, "-o", "/nowhere/o.nii.gz"], 73, "/nowhere"),
            (["--t1", t1, "-o", out, "--max-memory", "1"], 75, "--max-memory"),
            (["--t1", t1, "-o", out, "--device", "tpu"], 69, "tpu"),
            (["-i", folder.file("empty").path, "-o", out], 66, "empty"),
        ]
        for run in runs {
            let made = try Command(["segment", "--model", folder.file("model").path, "--threads", "1"] + run.arguments)
            #expect(made.status == run.code, "\(run.arguments): \(made.errors)")
            #expect(made.isOneSentence, "\(made.errors)")
            #expect(made.errors.contains(run.says), "\(made.errors)")
        }
        #expect(!files.contains { $0.hasPrefix("o.") || $0.hasPrefix(".") })
    }

    @Test func wrongUsageIsSixtyFour() throws {
        #expect(try segment("-o", "o.nii.gz").status == 64)
        #expect(try segment("--t1", "a.nii", "-o", "o.nii.gz", "--scheme", "brats1999").status == 64)
        #expect(try segment("--t1", "a.nii", "-o", "o.nii.gz", "--patch", "50").status == 64)
        #expect(try segment("--t1", "a.nii", "-o", "o.nii.gz", "--overlap", "1").status == 64)
        #expect(try segment("--t1", "a.nii", "-i", "b", "-o", "o.nii.gz").status == 64)
    }

    @Test func anUnknownTruthLabelIsRefused() throws {
        var odd = LabelMap(grid: ToyPatients.grid, voxels: .init(repeating: 0, count: ToyPatients.grid.count))
        odd[3, 3, 3] = 9
        try ImageFile.write(odd, to: folder.file("odd.nii.gz"))
        let run = try segment(
            "--t1", image(0, "t1"), "-o", folder.file("o.nii.gz").path, "--report", folder.file("r.html").path,
            "--truth",
            folder.file("odd.nii.gz").path)
        #expect(run.status == 65)
        #expect(run.errors.contains("[9]"))
    }
}
