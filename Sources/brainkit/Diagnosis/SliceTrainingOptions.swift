import ArgumentParser
import BrainData
import BrainModels
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
    @Option(help: "trans-resnet, vision-transformer or swin-classifier.")
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
    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        guard SliceTrainer.Aim(rawValue: learn) != nil else {
            throw ValidationError("--learn is classes, age or both, not \(learn)")
        }
        guard ["trans-resnet", "vision-transformer", "swin-classifier"].contains(network) else {
            throw ValidationError("--network is trans-resnet, vision-transformer or swin-classifier, not \(network)")
        }
        guard (32...1024).contains(side), side % 16 == 0 else {
            throw ValidationError("--side is a multiple of 16 from 32 to 1024")
        }
        guard [epochs, batch].allSatisfy({ $0.map { (1...100_000).contains($0) } ?? true }),
            rate.map({ $0 > 0 && $0 < 1 }) ?? true
        else { throw ValidationError("--epochs and --batch are above zero, and --rate lies between 0 and 1") }
    }

    var aim: SliceTrainer.Aim { SliceTrainer.Aim(rawValue: learn) ?? .classes }

    func training() throws -> SliceTraining {
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
        return training
    }

    /// Reads all pictures of a folder.
    func set(_ path: String, classes: [String]? = nil) throws -> SliceSet {
        let collection = try SliceCollection(folder: URL(fileURLWithPath: path)), bar = Progress("reading")
        collection.notes.forEach(Console.warning)
        return try SliceSet(collection, side: side, classes: classes) { bar.show($0, of: $1, "pictures") }
    }
}
