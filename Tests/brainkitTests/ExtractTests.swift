import BrainData
import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct ExtractTests {
    private let folder: TemporaryFolder

    /// A tiny network with weights drawn from a seed, and two scans: a stripped one and a noisy block.
    init() throws {
        folder = try TemporaryFolder()
        for name in ["model", "scans"] {
            try FileManager.default.createDirectory(at: folder.file(name), withIntermediateDirectories: true)
        }
        var configuration = EoFormer.Configuration()
        (configuration.inputs, configuration.outputs) = (1, 1)
        (configuration.channels, configuration.headWidth) = ([4, 4, 8, 8], 4)
        let weights = Weights(seed: 3)
        _ = try EoFormer(weights, configuration)
        try Safetensors.write(weights.tensors, to: folder.file("model/model.safetensors"))
        let card = """
            {"name": "toy", "use": "brain", "network": "eoformer", "task": "tests", "scheme": "brats2021", "experimental": true,
             "configuration": {"inputs": 1, "outputs": 1, "channels": [4, 4, 8, 8], "headWidth": 4}, "trainingData": "none",
             "training": "none", "input": {"contrasts": ["t1"], "spacing": 2}, "evaluation": [],
             "window": {"patch": 32, "overlap": 0.5, "blending": "gaussian"}, "limits": ["knows nothing"],
             "citation": "none", "licence": "Apache-2.0"}
            """
        _ = try folder.write(Data(card.utf8), to: "model/card.json")
        try ImageFile.write(Self.stripped, to: folder.file("scans/stripped.nii.gz"))
        let noise = (0..<Self.grid.count).map { Float(($0 &* 7919) % 1013) }
        try ImageFile.write(Volume(grid: Self.grid, voxels: noise), to: folder.file("scans/noise.nii"))
    }

    private static let grid = Grid(size: [40, 44, 36], affine: Affine(spacing: [1, 1, 1.5]))
    private static var stripped: Volume {
        let voxels = (0..<grid.count).map { n in
            let place = SIMD3<Double>(grid.voxel(at: n)) - [20, 22, 18]
            return (place * place).sum() < 12 * 12 ? Float(100 + n % 7) : 0
        }
        return Volume(grid: grid, voxels: voxels)
    }

    private func extract(_ arguments: String...) throws -> Command {
        // The surface is slow in debug builds.
        let method = arguments.contains("--method") ? [] : ["--method", "network"]
        return try Command(
            ["extract", "--model", folder.file("model").path, "--threads", "1", "--device", "cpu"] + method + arguments)
    }

    @Test func writesTheBrainItsMaskAndAPage() throws {
        let (out, mask, page) = (folder.file("b.nii.gz"), folder.file("m.nii.gz"), folder.file("p.html"))
        let run = try extract(
            "-i", folder.file("scans/noise.nii").path, "-o", out.path, "--mask", mask.path, "--report", page.path,
            "--json")
        #expect(run.status == 0)
        let records = try #require(try run.object()["scans"] as? [[String: Any]])
        #expect(records.count == 1 && records[0]["method"] as? String == "network")
        let (brain, inside) = (try ImageFile.read(out), try ImageFile.readLabels(mask))
        #expect(brain.grid.matches(Self.grid) && inside.grid.matches(Self.grid))
        let scan = try ImageFile.read(folder.file("scans/noise.nii"))
        #expect(zip(zip(brain.voxels, scan.voxels), inside.voxels).allSatisfy { $0.0 == ($1 == 1 ? $0.1 : 0) })
        #expect(try String(contentsOf: page, encoding: .utf8).contains("noise.nii"))
        // It is no brain's size, and the command says so.
        #expect(run.errors.contains("ml is usual"))
    }

    @Test func doesAFolderAndNamesWhatFails() throws {
        _ = try folder.write(Data("no image".utf8), to: "scans/broken.nii")
        let run = try extract("-i", folder.file("scans").path, "-o", folder.file("brains").path)
        #expect(run.status == 2)
        #expect(run.errors.contains("broken.nii: ") && run.errors.contains("1 of 3 scans failed"))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("brains").path).sorted()
        #expect(
            files == [
                "noise_brain.nii.gz", "noise_brain_mask.nii.gz", "stripped_brain.nii.gz", "stripped_brain_mask.nii.gz",
            ])
        #expect(try ImageFile.read(folder.file("brains/stripped_brain.nii.gz")).voxels == Self.stripped.voxels)
    }

    @Test func doesWithoutANetwork() throws {
        let run = try extract(
            "-i", folder.file("scans/stripped.nii.gz").path, "-o", folder.file("b.nii").path, "--method", "surface", "--json",
            "--model", "/nowhere")
        #expect(run.status == 0)
        let records = try #require(try run.object()["scans"] as? [[String: Any]])
        #expect(records[0]["method"] as? String == "surface")
        #expect(try ImageFile.read(folder.file("b.nii")).voxels == Self.stripped.voxels)
    }

    @Test func refusesWhatItCannotUse() throws {
        let missing = try extract("-i", folder.file("none.nii").path, "-o", folder.file("b.nii").path)
        #expect(missing.status == 66 && missing.isOneSentence)
        let nowhere = try extract("-i", folder.file("scans/noise.nii").path, "-o", folder.file("no/b.nii").path)
        #expect(nowhere.status == 73 && nowhere.isOneSentence)
        let mask = try extract(
            "-i", folder.file("scans").path, "-o", folder.file("brains").path, "--mask", folder.file("m.nii").path)
        #expect(mask.status == 64 && mask.errors.contains("--mask is for one scan"))
        let series = Volume(grid: Self.grid, frames: 2, voxels: Self.stripped.voxels + Self.stripped.voxels)
        try ImageFile.write(series, to: folder.file("series.nii"))
        let several = try extract("-i", folder.file("series.nii").path, "-o", folder.file("b.nii").path)
        #expect(several.status == 65 && several.errors.contains("a series of 2"))
        let swapped = try Command(
            "segment", "--model", folder.file("model").path, "--t1", folder.file("scans/noise.nii").path, "-o",
            folder.file("s.nii.gz").path)
        #expect(swapped.status == 65 && swapped.errors.contains("toy is for brainkit extract"))
    }
}
