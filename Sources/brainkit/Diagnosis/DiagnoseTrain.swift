import ArgumentParser
import BrainModels
import Evaluation
import Foundation
import NeuralNet
import Training

struct DiagnoseTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a network on slices and store it in a folder.",
        discussion: """
            The folder holds model.safetensors in half precision and card.json, and is given to brainkit diagnose or brainkit age by \
            --model. The card's evaluation is empty: fill in what brainkit diagnose benchmark measured. Ages are told by further \
            networks of parts of the subjects first, which gives the correction and the interval that the card carries.

            EXAMPLE
              brainkit diagnose train --data train --epochs 40 -o tumour-type
              brainkit diagnose -i slice.jpg -o slice.csv --model ./tumour-type
              brainkit diagnose train --data oasis --learn masked-views -o views
              brainkit diagnose train --data oasis --from ./views --adapt lora --rank 4 -o dementia
            """)

    @OptionGroup var options: SliceTrainingOptions
    @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write the model into.", valueName: "folder"))
    var output: String
    @Option(help: "What the network starts from, and the order of its items.")
    var seed: UInt64 = 1
    @Option(
        help: ArgumentHelp(
            "Years from the told age to its bounds, in place of what calibration found.", valueName: "low:high"))
    var interval: String?

    func run() throws {
        let training = try options.training(calibrationFolds: 5), set = try options.set(options.data)
        let folder = try OutputPath.folder(output)
        let clock = ContinuousClock.now, bar = SliceTrainingBar(rounds: training.epochs)
        let trained = try SliceTrainer.train(
            options.aim, on: set, training, seed: seed, from: options.start.weights()
        ) { bar.show($0, of: "training") }
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        try Safetensors.write(
            trained.tensors.map { (name: $0.name, tensor: try $0.tensor.converted(to: .float16)) },
            to: folder.appendingPathComponent("model.safetensors"))
        let card = try card(folder.lastPathComponent, training, trained, set.count, seconds)
        try JSONEncoder.readable.encode(card).write(to: folder.appendingPathComponent("card.json"), options: .atomic)
        Console.note(Self.share(trained))
        Console.result(folder.path)
    }

    private func card(
        _ name: String, _ training: SliceTraining, _ trained: SliceTrainer.Trained, _ items: Int, _ seconds: Double
    ) throws -> ModelCard {
        var settings = trained.model.settings
        if let bounds = try bounds() {
            settings.age?.low = bounds.0
            settings.age?.high = bounds.1
        }
        let entry = try Catalog.entry(named: training.network)
        let task =
            switch options.aim {
            case .age: "the age that slices show"
            case .maskedViews: "nothing yet: weights to start from, which learned what hidden views show"
            case .classes, .both: "classes of slices: " + settings.classes.joined(separator: ", ")
            }
        let start = [
            options.start.pretrain.map { ", \($0) first" },
            options.start.from.map {
                ", from \(URL(fileURLWithPath: $0).lastPathComponent), --adapt \(options.start.adapt)"
            },
        ].compactMap(\.self).joined()
        return ModelCard(
            untested: name, use: options.aim == .age ? .age : .diagnosis, network: training.network,
            configuration: SliceTrainer.configuration(training, settings),
            task: task,
            input: try JSONDecoder().decode(CardSettings.self, from: JSONEncoder().encode(settings)),
            trainingData: "\(items) items of \(URL(fileURLWithPath: options.data).lastPathComponent)",
            training: "brainkit diagnose train, \(training.epochs) rounds\(start), seed \(seed), \(Int(seconds)) s; "
                + Self.share(trained),
            citation: entry.citation)
    }

    private static func share(_ trained: SliceTrainer.Trained) -> String {
        let share = 100 * Double(trained.trained) / Double(max(1, trained.parameters))
        return "trained \(trained.trained) of \(trained.parameters) parameters (\(share.formatted(decimals: 2)) %)"
    }

    private func bounds() throws -> (Double, Double)? {
        guard let interval else { return nil }
        let parts = interval.split(separator: ":").map { Double($0) }
        guard parts.count == 2, let low = parts[0], let high = parts[1], low <= high else {
            throw Failure(.usage, "--interval is two numbers of years, such as -9:11, not \(interval)")
        }
        return (low, high)
    }
}
