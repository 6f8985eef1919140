import BrainModels
import Foundation
import NeuralNet
import Testing

/// What every network of the catalog owes its users.
@Suite struct CatalogTests {
    init() { Engine.setThreads(1) }

    /// Sizes that are drawn quickly, for networks of many parameters.
    private static let small = [
        "transmorph": "{\"embedding\": 8, \"heads\": [2, 2, 2, 2]}",
        "transmorph-diff": "{\"network\": {\"embedding\": 8, \"heads\": [2, 2, 2, 2]}}",
        "transmorph-bspline": "{\"network\": {\"embedding\": 8, \"heads\": [2, 2, 2, 2]}}",
        "swin-voxelmorph": "{\"embedding\": 8, \"heads\": [2, 2, 2, 2]}",
        "vision-transformer": "{\"width\": 12, \"heads\": 3}",
        "volume-transformer": "{\"width\": 12, \"heads\": 3, \"hidden\": 24}",
        "swin-classifier": "{\"embedding\": 4, \"heads\": [1, 2, 2, 2]}",
        "swin-volume": "{\"sides\": [96, 112, 96], \"embedding\": 4, \"heads\": [1, 2, 2, 2]}",
        "relation": "{\"channels\": [2, 2, 4, 4, 4], \"width\": 8}",
        "triamese": "{\"width\": 8, \"heads\": 2, \"depth\": 1}",
        "global-local": "{\"channels\": [2, 2, 4, 8]}",
        "brain-network-transformer": "{\"regions\": 24, \"hidden\": 32, \"clusters\": 6}",
    ]

    @Test(arguments: Catalog.entries.map(\.name))
    func everyNetworkIsWhole(name: String) throws {
        let entry = try Catalog.entry(named: name)
        #expect(name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
        #expect(!entry.task.isEmpty)
        #expect(entry.citation.contains("doi:") || entry.citation.contains("arXiv:"))
        #expect(!entry.licence.isEmpty)
        #expect(entry.gigaflopsPerMegavoxel > 0 && entry.bytesPerVoxel > 0)
        for ending in ["", "-io"] {
            #expect(FileManager.default.fileExists(atPath: Golden.file(entry.golden + ending).path))
        }

        let weights = Weights.outline()
        _ = try entry.build(weights, nil)
        #expect(weights.tensors.reduce(0) { $0 + $1.tensor.count } == entry.parameters)
        #expect(Set(weights.tensors.map(\.name)).count == weights.tensors.count)
    }

    @Test(arguments: Catalog.entries.map(\.name))
    func theSameSeedDrawsTheSameNetwork(name: String) throws {
        let entry = try Catalog.entry(named: name)
        let drawn = try (0..<2).map { _ in
            let weights = Weights(seed: 1)
            _ = try entry.build(weights, Self.small[name].map { Data($0.utf8) })
            return try weights.tensors.first { $0.tensor.count > 100 && !$0.name.hasSuffix("mask") }?.tensor.floats()
        }
        #expect(drawn[0] == drawn[1] && drawn[0] != nil)
    }

    @Test(arguments: Catalog.entries.map(\.name))
    func itsFormsAreBuilt(name: String) throws {
        let entry = try Catalog.entry(named: name)
        for form in entry.forms { _ = try entry.build(Weights.outline(), Data("{\"form\": \"\(form)\"}".utf8)) }
    }

    @Test func sizesOfTheConfigurationReachTheNetwork() throws {
        let weights = Weights(seed: 1)
        let json = Data("{\"channels\": [4, 4, 4, 6], \"blocks\": [1, 1, 1, 1], \"headWidth\": 2, \"outputs\": 5}".utf8)
        let network = try #require(Catalog.entry(named: "eoformer").build(weights, json) as? EoFormer)
        #expect(network.configuration.outputs == 5)
        #expect(network.configuration.inputs == 4)
        #expect(weights.tensors.last { $0.name == "out.conv.conv.weight" }?.tensor.shape == [5, 2, 1, 1, 1])
    }

    @Test(arguments: [
        ("[1]", "no JSON object"), ("{", "no JSON object"), ("", "no JSON object"), ("{\"chanels\": [1]}", "chanels"),
        ("{\"channels\": \"many\"}", "channels"), ("{\"form\": \"square\"}", "form"),
        ("{\"headWidth\": 0}", "above zero"),
        ("{\"headWidth\": 99999999999999999999}", "does not parse"),
        ("{\"channels\": [2, 2, 2, 1000000]}", "above zero"),
    ])
    func aConfigurationThatIsNoneIsExplained(json: String, why: String) throws {
        let entry = try Catalog.entry(named: "eoformer")
        #expect { try entry.build(Weights(seed: 1), Data(json.utf8)) } throws: { error in
            guard case NetworkError.configuration(let sentence) = error else { return false }
            return sentence.contains(why)
        }
    }

    @Test func anUnknownNameListsTheKnown() {
        #expect { try Catalog.entry(named: "unet") } throws: {
            "\($0)".contains("unet") && "\($0)".contains("eoformer")
        }
    }
}
