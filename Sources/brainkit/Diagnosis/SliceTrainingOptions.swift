import ArgumentParser
import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet
import Training

/// The flags of commands that train networks on slices.
struct SliceTrainingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "CLASS/PICTURE.jpg, or axial, coronal and sagittal beside subjects.csv.", valueName: "folder"))
    var data: String
    @Option(help: "classes, age or both.")
    var learn = "classes"
    @Option(help: "trans-resnet, resnet, vision-transformer or swin-classifier.")
    var network = "trans-resnet"
    @Option(help: ArgumentHelp("JSON of the network's sizes; left out, its own.", valueName: "file"))
    var config: String?
    @Option(help: "Pixels along each side of the square that a network sees.")
    var side = 128
    @Option(help: "Rounds over all items.")
    var epochs: Int?
    @Option(help: "Items of a step.")
    var batch: Int?
    @Option(help: "The highest learning rate.")
    var rate: Double?
    @Option(help: "Share of the subjects kept aside to tell when to stop, such as 0.15; with 0 every round is run.")
    var validation = 0.0
    @Option(help: "Rounds without a better answer on them after which training stops.")
    var patience: Int?
    @Option(
        help: """
            Parts of the training subjects that tell how far off ages are, for their correction and interval; 0 for none. \
            Left out, train takes 5 and benchmark none, for each costs a training.
            """)
    var calibrationFolds: Int?
    @Option(help: "Networks whose answers are averaged.")
    var ensemble = 1
    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        guard SliceTrainer.Aim(rawValue: learn) != nil else {
            throw ValidationError("--learn is classes, age or both, not \(learn)")
        }
        guard ["trans-resnet", "resnet", "vision-transformer", "swin-classifier"].contains(network) else {
            throw ValidationError(
                "--network is trans-resnet, resnet, vision-transformer or swin-classifier, not \(network)")
        }
        guard (32...1024).contains(side), side % 16 == 0 else {
            throw ValidationError("--side is a multiple of 16 from 32 to 1024")
        }
        guard [epochs, batch, patience].allSatisfy({ $0.map { (1...100_000).contains($0) } ?? true }),
            rate.map({ $0 > 0 && $0 < 1 }) ?? true
        else { throw ValidationError("--epochs, --batch and --patience are above zero, and --rate lies between 0 and 1") }
        guard (0...0.5).contains(validation), (1...20).contains(ensemble),
            calibrationFolds.map({ $0 == 0 || (2...100).contains($0) }) ?? true
        else {
            throw ValidationError(
                "--validation is from 0 to 0.5, --ensemble from 1 to 20, --calibration-folds 0 or from 2 to 100")
        }
    }

    var aim: SliceTrainer.Aim { SliceTrainer.Aim(rawValue: learn) ?? .classes }

    /// - Parameter folds: of the calibration of ages where the flag is left out.
    func training(calibrationFolds folds: Int) throws -> SliceTraining {
        threads.apply()
        var training = SliceTraining()
        training.network = network
        if let config {
            let file = URL(fileURLWithPath: config)
            guard let data = try? Data(contentsOf: file) else { throw NetworkError.missingFile(file.path) }
            guard let sizes = try? JSONDecoder().decode(CardSettings.self, from: data), case .table = sizes else {
                throw NetworkError.malformed(file: file.path, why: "it is no JSON object")
            }
            training.configuration = sizes
        }
        training.epochs = epochs ?? training.epochs
        training.batch = batch ?? training.batch
        training.rate = rate ?? training.rate
        training.validation = validation
        training.patience = patience ?? training.patience
        training.calibrationFolds = aim == .classes ? 0 : calibrationFolds ?? folds
        training.members = ensemble
        return training
    }

    /// Reads all pictures of a folder.
    func set(_ path: String, classes: [String]? = nil) throws -> SliceSet {
        let collection = try SliceCollection(folder: URL(fileURLWithPath: path)), bar = Progress("reading")
        collection.notes.forEach(Console.warning)
        return try SliceSet(collection, side: side, classes: classes) { bar.show($0, of: $1, "pictures") }
    }
}

/// One bar for each of the networks that a training goes through.
final class SliceTrainingBar {
    private var title = ""
    private var bar = Progress("")
    private let rounds: Int

    init(rounds: Int) { self.rounds = rounds }

    func show(_ progress: SliceTrainer.Progress, of name: String) {
        let title = progress.part.isEmpty ? name : "\(name), \(progress.part)"
        if title != self.title { (self.title, bar) = (title, Progress(title)) }
        let aside = progress.aside.map { ", kept aside \($0.formatted(decimals: 3))" } ?? ""
        bar.show(progress.round + 1, of: rounds, "loss \(progress.loss.formatted(decimals: 3))\(aside)")
    }
}
