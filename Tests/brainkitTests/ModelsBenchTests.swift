import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct ModelsTests {
    private let folder: TemporaryFolder
    private let weights = Command.golden.appendingPathComponent("eoformer-small.safetensors")

    init() throws {
        folder = try TemporaryFolder()
        let model = folder.file("tiny")
        try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: weights, to: model.appendingPathComponent("model.safetensors"))
        let card: [String: Any] = [
            "name": "tiny", "use": "tumour", "network": "eoformer", "task": "a test",
            "configuration": ["channels": [4, 4, 4, 6], "headWidth": 2, "blocks": [1, 1, 1, 1]],
            "input": ["contrasts": ["flair", "t1", "t1ce", "t2"], "spacing": 1], "scheme": "brats2021",
            "window": ["patch": 64, "overlap": 0.5, "blending": "gaussian"], "experimental": true,
            "trainingData": "none", "training": "none", "limits": ["everything"], "citation": "none",
            "licence": "Apache-2.0",
            "evaluation": [
                [
                    "data": "nothing", "subjects": 1,
                    "results": [
                        ["region": "WT", "metric": "dice", "mean": 0.5, "low": 0.25, "high": 0.75]
                    ],
                ]
            ],
        ]
        try JSONSerialization.data(withJSONObject: card).write(to: model.appendingPathComponent("card.json"))
    }

    private func models(_ arguments: String...) throws -> Command {
        try Command(["models"] + arguments, environment: ["BRAINKIT_MODELS": folder.url.path])
    }

    @Test func theListHasShippedModelsAndNetworks() throws {
        for run in [try models(), try models("list")] {
            #expect(run.status == 0)
            for word in ["tiny", "experimental", "eoformer"] { #expect(run.output.contains(word)) }
        }
        let object = try models("list", "--json").object()
        #expect((object["models"] as? [[String: Any]])?.first?["name"] as? String == "tiny")
        #expect((object["networks"] as? [[String: Any]])?.first?["parameters"] as? Int == 6_401_783)
    }

    @Test func aCardAndACatalogEntryAreShown() throws {
        let card = try models("info", "tiny")
        for word in ["experimental", "WT dice 0.500 (95 % 0.250 to 0.750)", "everything"] {
            #expect(card.output.contains(word))
        }
        #expect(try models("info", "tiny", "--json").object()["experimental"] as? Bool == true)
        #expect(try models("info", folder.file("tiny").path).status == 0)
        #expect(try models("info", "eoformer").output.contains("6401783"))
        #expect(try models("info", "eoformer", "--json").object()["licence"] as? String == "Apache-2.0")
        let unknown = try models("info", "unet")
        #expect(unknown.status == 66 && unknown.isOneSentence && unknown.errors.contains("tiny"))
    }

    @Test func weightsThatFitAndWeightsThatDoNot() throws {
        let fits = try models("check", weights.path, "--model", "tiny")
        #expect(fits.status == 0 && fits.output.contains("201 tensors"), "\(fits.errors)")
        #expect(try models("check", weights.path, "--model", "tiny", "--json").object()["fits"] as? Bool == true)
        let other = try models("check", weights.path, "--model", "eoformer")
        #expect(other.status == 65 && other.output.isEmpty)
        #expect(other.errors.contains("missing: encoder.stages.0.1.") && other.errors.contains("of another shape"))
        #expect(other.errors.contains("should be [32, 4, 3, 3, 3], found [4, 4, 3, 3, 3]"))

        try Safetensors.write(
            [(name: "stranger", tensor: Tensor(repeating: 1, shape: [1]))], to: folder.file("s.safetensors"))
        let stranger = try models("check", folder.file("s.safetensors").path, "--model", "tiny", "--json")
        #expect(stranger.status == 65)
        #expect(try stranger.object()["unused"] as? [String] == ["stranger"])
        #expect((try stranger.object()["missing"] as? [String])?.count == 201)
        #expect(try models("check", "absent.pth", "--model", "tiny").status == 66)
    }

    @Test func aShippedModelRunsUnderItsName() throws {
        try NumPyArray(Tensor(repeating: 0.5, shape: [1, 4, 16, 16, 16])).write(to: folder.file("x.npy"))
        let run = try Command(
            [
                "forward", "--model", "tiny", "--input", folder.file("x.npy").path, "-o", folder.file("y.npy").path,
                "--threads", "1",
            ], environment: ["BRAINKIT_MODELS": folder.url.path])
        #expect(run.status == 0, "\(run.errors)")
        #expect(try NumPyArray(folder.file("y.npy")).entry.shape == [1, 3, 16, 16, 16])
    }

    @Test func theBenchmarkPrintsItsFigures() throws {
        let run = try Command(
            [
                "bench", "patch", "--model", "tiny", "--size", "16", "--repeats", "3", "--threads", "1", "--json",
            ], environment: ["BRAINKIT_MODELS": folder.url.path])
        #expect(run.status == 0, "\(run.errors)")
        let object = try run.object()
        let median = try #require(object["median_seconds"] as? Double)
        #expect(median > 0 && (object["seconds"] as? [Double])?.sorted()[1] == median)
        #expect(object["gflop_per_second"] == nil, "the catalog counts the published size alone")
        #expect(object["precision"] as? String == "float32" && object["threads"] as? Int == 1)
        let words = try Command("bench", "patch", "--size", "16", "--repeats", "1", "--threads", "1").output
        #expect(words.contains("median") && words.contains("GFLOP/s"))
        #expect(try Command("bench", "patch", "--size", "0").status == 64)
    }

    @Test func aTrainingStepIsTimed() throws {
        let run = try Command(
            ["bench", "step", "--size", "16", "--repeats", "1", "--threads", "1", "--json"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(try #require(run.object()["median_seconds"] as? Double) > 0)
        #expect(try Command("bench", "step", "--size", "24").status == 64)
        #expect(try Command("bench", "step", "--precision", "bfloat16").status == 64)
    }

    @Test func warpingIsTimedBesideLibtorchs() throws {
        let run = try Command(
            ["bench", "warp", "--size", "20x18x16", "--repeats", "2", "--threads", "1", "--json"])
        #expect(run.status == 0, "\(run.errors)")
        for part in ["forward", "training"] {
            let figures = try #require(run.object()[part] as? [String: Double])
            let own = try #require(figures["median_seconds"]), other = try #require(figures["grid_sample_median_seconds"])
            let ratio = try #require(figures["ratio"])
            #expect(own > 0 && abs(ratio * own - other) < 1e-9 * other)
        }
        #expect(try Command("bench", "warp", "--size", "20x18").status == 64)
    }

    @Test func aCaseIsTimedFromStartToEnd() throws {
        let scans = try ToyPatients(in: folder).cases.appendingPathComponent(ToyPatients.names[0])
        func bench(_ input: String) throws -> Command {
            try Command(
                ["bench", "case", "-i", input, "--model", "tiny", "--repeats", "1", "--threads", "1", "--json"],
                environment: ["BRAINKIT_MODELS": folder.url.path])
        }
        let run = try bench(scans.path)
        #expect(run.status == 0, "\(run.errors)")
        let object = try run.object()
        let parts = try #require(object["part_seconds"] as? [String: Double])
        let median = try #require(object["median_seconds"] as? Double)
        #expect(Set(parts.keys) == ["reading", "preparing", "network", "writing"])
        #expect(parts.values.reduce(0, +) < median, "the parts are within the whole")
        #expect(try #require(object["peak_bytes"] as? Int) > 10_000_000)
        let absent = try bench(folder.file("absent").path)
        #expect(absent.status == 66 && absent.isOneSentence, "\(absent.errors)")
    }
}
