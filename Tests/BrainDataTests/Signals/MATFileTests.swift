import BrainData
import Foundation
import TestSupport
import Testing

/// Arrays of every kind, as SciPy writes them; see `scripts/golden/recordings.py`.
@Suite struct MATFileTests {
    @Test(arguments: ["plain.mat", "packed.mat"]) func everyKindOfVariable(name: String) throws {
        let file = try MATFile(RecordingGolden.file(name))
        let names: Set<String> = [
            "double", "small", "truth", "text", "lines", "cells", "tree", "complex", "sparse", "empty",
        ]
        #expect(Set(file.variables.keys) == names)
        let double = try #require(file.variables["double"]?.numbers)
        #expect(double.size == [2, 3] && double.kind == "double")
        #expect(double.values() == [0.5, 3, 1, -4.25, 2, 1e300])
        let small = try #require(file.variables["small"]?.numbers)
        #expect(small.size == [1, 2, 3] && small.kind == "int16" && small.values() == [-3, 0, -2, 1, -1, 2])
        #expect(file.variables["truth"]?.numbers?.kind == "logical")
        #expect(file.variables["text"]?.text == "Größe")
        guard case .text(["one", "three"])? = file.variables["lines"] else { Issue.record("no lines"); return }
        guard case .cells([1, 2], let cells)? = file.variables["cells"] else { Issue.record("no cells"); return }
        #expect(cells[0].number == 7 && cells[1].text == "x")
        let tree = try #require(file.variables["tree"]?.structure)
        #expect(tree.count == 2 && tree.fields == ["name", "inner"])
        #expect(
            tree.value("name", of: 1)?.text == "b" && tree.value("inner", of: 0)?.structure?.value("deep")?.number == 3)
        #expect(tree.value("name", of: 2) == nil && tree.value("absent") == nil)
        #expect(file.variables["complex"]?.numbers?.isComplex == true)
        guard case .other("sparse")? = file.variables["sparse"] else { Issue.record("no sparse"); return }
        #expect(file.variables["empty"]?.numbers?.count == 0)
    }

    @Test func onlyWhatIsWantedIsRead() throws {
        let file = try MATFile(RecordingGolden.file("packed.mat"), wanted: ["text"])
        #expect(Array(file.variables.keys) == ["text"])
        let error = #expect(throws: SignalError.self) { try MATFile(RecordingGolden.file("packed.mat"), limit: 100) }
        guard case .tooLarge = error else { Issue.record("\(error as Any)"); return }
    }

    @Test(.enabled(if: SharedData.holds("eeg/bci-iv-2b"))) func aSessionOfTrials() throws {
        let file = try MATFile(SharedData.file("eeg/bci-iv-2b/B0101T.mat"))
        let data = try #require(file.variables["data"]?.numbers)
        #expect(data.size == [1000, 3, 120] && data.kind == "single")
        let labels = try #require(file.variables["label"]?.numbers).values()
        #expect(labels.count == 120 && Set(labels) == [1, 2])
    }
}
