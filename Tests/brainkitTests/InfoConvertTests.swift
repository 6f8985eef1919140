import BrainData
import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct InfoTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func info(_ arguments: String...) throws -> Command { try Command(["info"] + arguments) }

    @Test func anImage() throws {
        let file = folder.file("scan.nii.gz")
        try ImageFile.write(Samples.scan, to: file)
        let run = try info(file.path)
        #expect(run.status == 0 && run.errors.isEmpty)
        for word in ["NIfTI", "12 × 10 × 8", "1 × 1 × 2 mm", "LPS", "float32"] { #expect(run.output.contains(word)) }
        let object = try info(file.path, "--json").object()
        #expect(object["kind"] as? String == "image")
        #expect(object["size"] as? [Int] == [12, 10, 8])
        #expect(object["spacing"] as? [Double] == [1, 1, 2])
        #expect(object["orientation"] as? String == "LPS")
        #expect((object["affine"] as? [[Double]])?.first == [-1, 0, 0, 6])
    }

    @Test func aCheckpointUnderAnyName() throws {
        let weights = [
            ("b.weight", try Tensor(repeating: 1, shape: [2, 3])), ("a.bias", try Tensor(repeating: 1, shape: [4])),
        ]
        let named = weights.map { (name: $0.0, tensor: $0.1) }
        for name in ["net.safetensors", "net.dat"] {
            try Safetensors.write(named, metadata: ["made": "here"], to: folder.file(name))
            let run = try info(folder.file(name).path)
            #expect(run.status == 0, "\(run.errors)")
            for word in ["safetensors", "a.bias", "b.weight", "2 × 3", "made: here"] {
                #expect(run.output.contains(word))
            }
            let object = try info(folder.file(name).path, "--json").object()
            #expect(object["parameters"] as? Int == 10)
            #expect(
                (object["tensors"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["a.bias", "b.weight"])
        }
    }

    @Test func anArray() throws {
        try NumPyArray(Tensor(repeating: 1, shape: [2, 3, 4])).write(to: folder.file("x.npy"))
        #expect(try info(folder.file("x.npy").path).output.contains("2 × 3 × 4"))
        #expect(try info(folder.file("x.npy").path, "--json").object()["type"] as? String == "float32")
    }

    @Test func whatCannotBeLookedIntoIsRefusedInOneSentence() throws {
        for (path, status) in [("-", Int32(64)), (folder.file("absent").path, 66), (folder.url.path, 65)] {
            let run = try info(path)
            #expect(run.status == status && run.isOneSentence && run.output.isEmpty, "\(path): \(run.errors)")
        }
        for (name, bytes) in [
            ("a.nii", "hello"), ("a.npy", "hello"), ("a.safetensors", ""), ("a.pth", "hello"), ("a", ""),
        ] {
            let run = try info(try folder.write(Data(bytes.utf8), to: name).path)
            #expect(run.status == 65 && run.isOneSentence, "\(name): \(run.errors)")
        }
        #expect(try Command("info").status == 64)
        #expect(try Command("inform").status == 64)
    }
}

@Suite struct ConvertTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func convert(_ from: String, _ to: String, _ more: String...) throws -> Command {
        try Command(["convert", folder.file(from).path, folder.file(to).path] + more)
    }

    @Test func aScanGoesRoundUnchanged() throws {
        try ImageFile.write(Samples.scan, to: folder.file("a.nii"))
        let run = try convert("a.nii", "b.nii.gz")
        #expect(run.status == 0 && run.output.isEmpty, "\(run.errors)")
        let back = try ImageFile.read(folder.file("b.nii.gz"))
        #expect(back.voxels == Samples.scan.voxels)
        #expect(back.grid.matches(Samples.grid, tolerance: 1e-5))
    }

    @Test func labelsStayWholeNumbers() throws {
        try ImageFile.write(Samples.tumour, to: folder.file("a.nii.gz"))
        #expect(try convert("a.nii.gz", "b.nii").status == 0)
        let header = try ImageFile.header(of: folder.file("b.nii"))
        #expect(header.type == .uint8 && header.slope == 1 && header.intercept == 0)
        #expect(try ImageFile.readLabels(folder.file("b.nii")).voxels == Samples.tumour.voxels)
    }

    @Test func theTypeCanBeChosen() throws {
        try ImageFile.write(Samples.tumour, to: folder.file("a.nii"))
        #expect(try convert("a.nii", "b.nii", "--type", "int16").status == 0)
        #expect(try ImageFile.header(of: folder.file("b.nii")).type == .int16)
        #expect(try convert("a.nii", "b.nii", "--type", "complex").status == 64)
    }

    @Test func aCheckpointBecomesSafetensors() throws {
        let golden = Command.root.appendingPathComponent("Tests/NeuralNetTests/Golden")
        let names = try FileManager.default.contentsOfDirectory(atPath: golden.path).sorted()
        let pickled = try #require(
            names.first { name in
                name.hasSuffix(".pt") && (try? PyTorchCheckpoint(golden.appendingPathComponent(name))) != nil
            })
        let source = golden.appendingPathComponent(pickled)
        let run = try Command("convert", source.path, folder.file("net.safetensors").path)
        #expect(run.status == 0, "\(run.errors)")
        let old = try PyTorchCheckpoint(source), new = try Safetensors(folder.file("net.safetensors"))
        #expect(old.entries == new.entries && !new.entries.isEmpty)
    }

    @Test func mistakesHaveTheirCodesAndLeaveNothing() throws {
        try ImageFile.write(Samples.scan, to: folder.file("a.nii"))
        _ = try folder.write(Data("no image".utf8), to: "bad.nii")
        _ = try folder.write(Data(try Data(contentsOf: folder.file("a.nii")).dropLast(100)), to: "short.nii")
        let big = Grid(size: [128, 128, 64], affine: Samples.grid.affine)
        try ImageFile.write(
            LabelMap(grid: big, voxels: [UInt16](repeating: 1, count: big.count)), to: folder.file("big.nii.gz"))
        let wrong: [(from: String, to: String, more: [String], status: Int32)] = [
            ("absent.nii", "b.nii", [], 66), ("bad.nii", "b.nii", [], 65), ("short.nii", "b.nii", [], 65),
            ("a.nii", "b.xyz", [], 73), ("a.nii", "no/such/b.nii", [], 73), ("a.nii", "b.safetensors", [], 65),
            ("a.nii", "b.safetensors", ["--type", "int8"], 64), ("big.nii.gz", "b.nii", ["--max-memory", "1"], 75),
        ]
        for (from, to, more, status) in wrong {
            let run = try Command(["convert", folder.file(from).path, folder.file(to).path] + more)
            #expect(run.status == status && run.isOneSentence, "\(from) to \(to): \(run.status) \(run.errors)")
        }
        #expect(try convert("a.nii", "b.nii", "--max-memory", "0").status == 64)
        #expect(try Samples.strangers(in: folder, besides: ["a.nii", "bad.nii", "short.nii", "big.nii.gz"]).isEmpty)
    }
}

@Suite struct RecordingCommandTests {
    private let folder: TemporaryFolder
    private let recordings = Command.root.appendingPathComponent("Tests/BrainDataTests/Golden/recordings")
    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: ["plain.mat", "packed.mat"]) func variablesOfMATLAB(name: String) throws {
        let object = try Command("info", path(name), "--json").object()
        let variables = try #require(object["variables"] as? [[String: Any]])
        let small = try #require(variables.first { $0["name"] as? String == "small" })
        #expect(small["type"] as? String == "int16" && small["shape"] as? [Int] == [1, 2, 3])
        let place = folder.file("double.npy")
        let run = try Command("convert", path(name), place.path, "--variable", "double")
        #expect(run.status == 0, "\(run.errors)")
        let array = try NumPyArray(place)
        // The file has 0.5, 3, 1, … down the columns.
        let values = array.bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
        #expect(array.entry.shape == [2, 3] && values == [0.5, 1, 2, 3, -4.25, 1e300])
        for (flags, status) in [(["--variable", "absent"], 64), ([], 64), (["--variable", "complex"], 65)] {
            let failed = try Command(["convert", path(name), place.path] + flags)
            #expect(Int(failed.status) == status && failed.errors.split(separator: "\n").count == 1)
        }
    }

    private func path(_ name: String) -> String { recordings.appendingPathComponent(name).path }

    @Test func aRecordingIsDescribed() throws {
        let run = try Command("info", path("plus.edf"))
        #expect(run.status == 0 && run.errors.isEmpty)
        for word in [
            "EDF+C", "3: 2 eeg, 1 eog", "C3 Cz EOG", "16 Hz", "3 s (48 samples)", "3: T1 × 1", "2021-03-05T14:30:10Z",
        ] {
            #expect(run.output.contains(word), "\(word) in \(run.output)")
        }
        let object = try Command("info", path("broken.edf"), "--json").object()
        #expect(object["kind"] as? String == "recording" && object["samples"] as? Int == 48)
        let fields = (object["repairs"] as? [[String: Any]])?.compactMap { $0["field"] as? String } ?? []
        #expect(fields.contains("number of records"))
        #expect(try Command("info", path("broken.edf")).output.contains("used 3, from the file's size"))
    }

    @Test(arguments: ["a.edf", "a.vhdr"]) func aRecordingIsConverted(name: String) throws {
        let run = try Command("convert", path("old.gdf"), folder.file(name).path)
        #expect(run.status == 0 && run.output.isEmpty, "\(run.errors)")
        let object = try Command("info", folder.file(name).path, "--json").object()
        #expect((object["channels"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["C3", "Cz", "EOG"])
        #expect(object["seconds"] as? Double == 3 && (object["repairs"] as? [Any])?.isEmpty == true)
        #expect((object["events"] as? [Any])?.count == 3)
    }

    @Test func samplesBecomeAnArray() throws {
        let run = try Command("convert", path("status.bdf"), folder.file("a.npy").path)
        #expect(run.status == 0 && run.errors.contains("Status"), "\(run.errors)")
        let array = try NumPyArray(folder.file("a.npy"))
        #expect(array.entry == TensorEntry(type: .float64, shape: [1, 48]))
        #expect(try Command("convert", path("plus.edf"), folder.file("b.npy").path, "--type", "float32").status == 0)
        #expect(try NumPyArray(folder.file("b.npy")).entry.type == .float32)
        #expect(try Command("convert", path("plus.edf"), folder.file("b.npy").path, "--type", "uint8").status == 64)
        #expect(try Command("convert", path("plus.edf"), folder.file("b.edf").path, "--type", "int16").status == 64)
    }

    @Test func failuresAreOneSentence() throws {
        for (from, to, status) in [("plus.edf", "a.bdf", Int32(73)), ("plus.edf", "a.gdf", 73)] {
            let run = try Command("convert", path(from), folder.file(to).path)
            #expect(run.status == status && run.isOneSentence, "\(run.errors)")
        }
        let short = try folder.write(
            Data(contentsOf: recordings.appendingPathComponent("plus.edf")).prefix(300), to: "s.edf")
        let run = try Command("info", short.path)
        #expect(run.status == 65 && run.isOneSentence)
    }

    @Test func readingIsTimed() throws {
        let object = try Command("bench", "recording", path("plus.edf"), "--repeats", "2", "--json").object()
        #expect(object["samples"] as? Int == 144 && (object["median_seconds"] as? Double ?? -1) > 0)
    }
}
