import BrainData
import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

@Suite struct ModelCardTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    static func card(_ name: String) throws -> Data {
        try JSONSerialization.data(
            withJSONObject: [
                "name": name, "use": "tumour", "network": "eoformer",
                "configuration": ["channels": [4, 4, 4, 6], "headWidth": 2],
                "task": "tumour", "input": ["contrasts": ["flair", "t1"], "spacing": 1], "scheme": "brats2021",
                "window": ["patch": 64, "overlap": 0.5, "blending": "gaussian"], "experimental": true,
                "trainingData": "none", "training": "none",
                "evaluation": [
                    [
                        "data": "six cases", "subjects": 6,
                        "results": [
                            ["region": "WT", "metric": "dice", "mean": 0.5, "low": 0.4, "high": 0.6]
                        ],
                    ]
                ], "limits": ["everything"], "citation": "none", "licence": "Apache-2.0",
            ] as [String: Any])
    }

    private func ship(_ name: String, in place: String) throws {
        let url = folder.file(place)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try Self.card(name).write(to: url.appendingPathComponent("card.json"))
    }

    @Test func aCardIsReadFromItsFolder() throws {
        try ship("first", in: "a")
        let model = try ShippedModel(folder: folder.file("a"))
        #expect(model.card.name == "first")
        let sizes = try model.card.configuration(as: EoFormer.Configuration.self)
        #expect(sizes.channels == [4, 4, 4, 6])
        #expect(sizes.blocks == [2, 2, 2, 2], "what is left out is as published")
        #expect(try model.card.input(as: TumourInput.Contract.self).contrasts == [.flair, .t1])
        #expect(model.card.window?.patch == 64)
        #expect(model.card.evaluation.first?.results.first?.high == 0.6)
        #expect(model.weights.lastPathComponent == "model.safetensors")
        let again = try JSONDecoder().decode(ModelCard.self, from: JSONEncoder().encode(model.card))
        #expect(again.configuration == model.card.configuration && again.window == model.card.window)
    }

    @Test func settingsKeepWhatTheyHold() throws {
        let text = #"{"a":[1,2.5,true,null],"b":{"c":"x"}}"#
        let settings = try JSONDecoder().decode(CardSettings.self, from: Data(text.utf8))
        #expect(
            settings
                == .table([
                    "a": .list([.number(1), .number(2.5), .truth(true), .nothing]), "b": .table(["c": .text("x")]),
                ]))
        #expect(String(decoding: try settings.json(), as: UTF8.self) == text)
        #expect(throws: NetworkError.configuration("it has no contrasts")) {
            try settings.read(as: TumourInput.Contract.self)
        }
    }

    @Test func aCardOfAnotherUseSaysWhatItIsFor() throws {
        var card = try JSONDecoder().decode(ModelCard.self, from: Self.card("aligner"))
        (card.use, card.window, card.scheme) = (.registration, nil, nil)
        card.input = .table(["spacing": .number(2), "side": .number(96)])
        _ = try folder.write(JSONEncoder().encode(card), to: "card.json")
        let model = try ShippedModel(folder: folder.url)
        #expect(try model.card(for: .registration).window == nil)
        #expect(throws: NetworkError.configuration("aligner is for brainkit register")) { try model.card(for: .tumour) }
    }

    @Test func theFirstRootWinsAndNamesAreSorted() throws {
        try ship("b", in: "one/b")
        try ship("a", in: "one/a")
        try ship("other", in: "two/a")
        try FileManager.default.createDirectory(at: folder.file("one/no-model"), withIntermediateDirectories: true)
        let models = ShippedModel.all(in: [folder.file("one"), folder.file("two"), folder.file("absent")])
        #expect(models.map(\.card.name) == ["a", "b"])
    }

    @Test func noCardAndABrokenCardAreErrors() throws {
        #expect(throws: NetworkError.missingFile(folder.file("card.json").path)) {
            try ShippedModel(folder: folder.url)
        }
        _ = try folder.write(Data("{\"name\": 3}".utf8), to: "card.json")
        #expect { try ShippedModel(folder: folder.url) } throws: { error in
            if case NetworkError.malformed = error { true } else { false }
        }
    }
}
