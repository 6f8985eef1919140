import ArgumentParser
import BrainData
import BrainModels
import Foundation
import NeuralNet

/// What networks there are, what the shipped ones can do, and whether a checkpoint fits.
struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the networks, show their cards, check weights.",
        discussion: """
            EXAMPLE
              brainkit models
            """,
        subcommands: [List.self, About.self, Check.self], defaultSubcommand: List.self)
}

extension Models {
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List shipped models and the networks of the catalog.",
            discussion: """
                A model marked experimental has no honest evaluation on real data that it never saw.

                EXAMPLE
                  brainkit models list --json
                """)

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let shipped = ModelStore.models.map(\.card)
            if json {
                return try Console.result(Listing(models: shipped, networks: Catalog.entries.map(NetworkSummary.init)))
            }
            var rows = [["shipped models"]]
            rows +=
                shipped.isEmpty
                ? [["  none found"]]
                : shipped.map { card in
                    ["  " + card.name, card.task, card.experimental ? "experimental" : ""]
                }
            rows += [[""], ["networks, for weights of your own"]]
            rows += Catalog.entries.map { ["  " + $0.name, $0.task, "\($0.parameters) parameters"] }
            Console.result(AlignedText.lines(rows))
        }

        private struct Listing: Encodable {
            let models: [ModelCard]
            let networks: [NetworkSummary]
        }
    }

    struct About: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "info",
            abstract: "Show a shipped model's card or what the catalog says of a network.",
            discussion: """
                EXAMPLE
                  brainkit models info eoformer
                """)

        @Argument(help: "A shipped model, the folder of one, or a network of the catalog.")
        var name: String
        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            if let entry = Catalog.entries.first(where: { $0.name == name }) {
                let summary = NetworkSummary(entry)
                return json ? try Console.result(summary) : Console.result(AlignedText.lines(summary.rows))
            }
            let card = try ModelStore.model(named: name).card
            return json ? try Console.result(card) : Console.result(AlignedText.lines(try Self.rows(card)))
        }

        private static func rows(_ card: ModelCard) throws -> [[String]] {
            var rows = [
                ["name", card.name], ["network", card.network], ["task", card.task],
            ]
            if let input = try? card.input(as: TumourInput.Contract.self) {
                rows.append(["contrasts", input.contrasts.map(\.displayName).joined(separator: ", ")])
                rows.append(["spacing", "\(input.spacing) mm"])
            } else if case .table(let input) = card.input {
                rows += try input.sorted { $0.key < $1.key }.map {
                    [$0.key, String(decoding: try $0.value.json(), as: UTF8.self)]
                }
            }
            if let window = card.window { rows.append(["window", "\(window.patch)³, overlap \(window.overlap)"]) }
            if let scheme = card.scheme { rows.append(["labels", scheme]) }
            rows += [["training data", card.trainingData], ["training", card.training]]
            if card.experimental { rows.insert(["status", "experimental"], at: 1) }
            for evaluation in card.evaluation {
                rows.append(["evaluation", "\(evaluation.data), \(evaluation.subjects) subjects"])
                for result in evaluation.results {
                    let figures = String(format: "%.3f (95 %% %.3f to %.3f)", result.mean, result.low, result.high)
                    rows.append(["", "\(result.region) \(result.metric) \(figures)"])
                }
            }
            return rows + card.limits.map { ["limit", $0] } + [
                ["citation", card.citation], ["licence", card.licence],
            ]
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that a checkpoint is exactly the weights of a network.",
            discussion: """
                Names every tensor that is missing, left over or of another shape, and then ends with 65.

                EXAMPLE
                  brainkit models check eoformer.pth --model eoformer
                """)

        @Argument(help: "A .safetensors, .pth or .pt file.")
        var file: String
        @Option(help: "A network of the catalog, or a shipped model.")
        var model: String
        @Option(help: ArgumentHelp("JSON with the sizes that differ from the published ones.", valueName: "file.json"))
        var config: String?
        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let choice = try NetworkChoice(named: model, configuration: config)
            let checkpoint = try TensorFiles.open(URL(fileURLWithPath: file))
            let drawn = Weights.outline()
            _ = try choice.entry.build(drawn, choice.configuration)
            let verdict = Verdict(
                checkpoint.entries, drawn.tensors.map { ($0.name, $0.tensor.shape) }, accepted: drawn.accepted)
            if json { try Console.result(verdict) } else { verdict.lines.forEach(Console.note) }
            guard verdict.fits else {
                throw Failure(.badData, "\(file) does not fit \(model): \(verdict.sentence)")
            }
            // The numbers are read as well: a damaged file shows here.
            _ = try choice.network(Weights(checkpoint))
            if !json { Console.result("\(file) fits \(model): \(checkpoint.entries.count) tensors") }
        }
    }
}

/// What a checkpoint has and what a network wants.
private struct Verdict: Encodable {
    let fits: Bool
    let missing, unused, wrongShape: [String]

    init(_ found: [String: TensorEntry], _ wanted: [(name: String, shape: [Int])], accepted: Set<String>) {
        let names = Set(wanted.map(\.name)).union(accepted)
        missing = wanted.map(\.name).filter { found[$0] == nil }
        unused = found.keys.filter { !names.contains($0) }.sorted()
        wrongShape = wanted.compactMap { name, shape in
            found[name].flatMap { $0.shape == shape ? nil : "\(name) should be \(shape), found \($0.shape)" }
        }
        fits = missing.isEmpty && unused.isEmpty && wrongShape.isEmpty
    }

    var lines: [String] {
        missing.map { "missing: \($0)" } + unused.map { "unused: \($0)" } + wrongShape.map { "shape: \($0)" }
    }

    var sentence: String {
        [(missing.count, "missing"), (unused.count, "unused"), (wrongShape.count, "of another shape")]
            .filter { $0.0 > 0 }.map { "\($0.0) tensors \($0.1)" }.joined(separator: ", ")
    }
}

/// What the catalog says of a network.
private struct NetworkSummary: Encodable {
    let name, task, citation, licence: String
    let parameters: Int
    let forms: [String]

    init(_ entry: Catalog.Entry) {
        (name, task, citation, licence) = (entry.name, entry.task, entry.citation, entry.licence)
        (parameters, forms) = (entry.parameters, entry.forms)
    }

    var rows: [[String]] {
        let rows = [
            ["name", name], ["task", task], ["parameters", "\(parameters)"], ["citation", citation],
            ["licence", licence],
        ]
        return forms.isEmpty ? rows : rows + [["forms", forms.joined(separator: ", ")]]
    }
}
