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
    @Option(help: "classes, age or both; masked-views learns without labels what a hidden view shows.")
    var learn = "classes"
    @Option(
        help: "trans-resnet, resnet, vision-transformer or swin-classifier; left out, trans-resnet or that of --from.")
    var network: String?
    @Option(help: ArgumentHelp("JSON of the network's sizes; left out, its own.", valueName: "file"))
    var config: String?
    @Option(help: "Pixels along each side of the square that a network sees; left out, 128 or those of --from.")
    var side: Int?
    @OptionGroup var start: SliceStartOptions
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

    private static let networks = ["trans-resnet", "resnet", "vision-transformer", "swin-classifier"]

    func validate() throws {
        guard SliceTrainer.Aim(rawValue: learn) != nil else {
            throw ValidationError("--learn is classes, age, both or masked-views, not \(learn)")
        }
        guard network.map(Self.networks.contains) ?? true else {
            throw ValidationError("--network is \(Self.networks.joined(separator: ", ")), not \(network ?? "")")
        }
        guard side.map({ (32...1024).contains($0) && $0 % 16 == 0 }) ?? true else {
            throw ValidationError("--side is a multiple of 16 from 32 to 1024")
        }
        guard start.from == nil || (network == nil && config == nil && side == nil) else {
            throw ValidationError("--network, --config and --side come from the model that --from names")
        }
        guard aim != .maskedViews || start.pretrain == nil else {
            throw ValidationError("--learn masked-views needs nothing learned before it")
        }
        guard [epochs, batch, patience].allSatisfy({ $0.map { (1...100_000).contains($0) } ?? true }),
            rate.map({ $0 > 0 && $0 < 1 }) ?? true
        else {
            throw ValidationError("--epochs, --batch and --patience are above zero, and --rate lies between 0 and 1")
        }
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
        training.network = network ?? training.network
        if let model = try start.model() {
            (training.network, training.configuration) = (model.card.network, model.card.configuration)
        }
        start.set(&training)
        if let config { training.configuration = try CardSettings(file: URL(fileURLWithPath: config)) }
        training.epochs = epochs ?? training.epochs
        training.batch = batch ?? training.batch
        training.rate = rate ?? training.rate
        training.validation = validation
        training.patience = patience ?? training.patience
        training.calibrationFolds = aim.hasAges ? calibrationFolds ?? folds : 0
        training.members = ensemble
        return training
    }

    /// Reads all pictures of a folder.
    func set(_ path: String, classes: [String]? = nil) throws -> SliceSet {
        let collection = try SliceCollection(folder: URL(fileURLWithPath: path)), bar = Progress("reading")
        collection.notes.forEach(Console.warning)
        let side = try side ?? start.model().map { try SliceModel.Settings.of($0.card).contract.side } ?? 128
        return try SliceSet(collection, side: side, classes: classes) { bar.show($0, of: $1, "pictures") }
    }
}
