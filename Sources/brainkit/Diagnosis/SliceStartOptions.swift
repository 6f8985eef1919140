import ArgumentParser
import BrainModels
import NeuralNet
import Training

/// The flags that say from what a training on slices starts, and what of it learns.
struct SliceStartOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A model to start from; its head is drawn anew where the answers are others. It must not have seen what is tested.",
            valueName: "model"))
    var from: String?
    @Option(
        help: """
            What of it learns: all, head, lora (factors beside every linear map) or prompt (tokens beside those of the picture), \
            the last two with the head.
            """)
    var adapt = "all"
    @Option(help: "The rank of the factors of --adapt lora.")
    var rank = 4
    @Option(help: "The tokens of --adapt prompt.")
    var prompts = 8
    @Option(help: "What is learned first from the same items: age, classes or masked-views.")
    var pretrain: String?

    func validate() throws {
        guard let adaptation = SliceAdaptation(rawValue: adapt) else {
            throw ValidationError("--adapt is all, head, lora or prompt, not \(adapt)")
        }
        guard adaptation == .all || from != nil || pretrain != nil else {
            throw ValidationError("--adapt \(adapt) needs trained weights: --from or --pretrain")
        }
        guard (1...256).contains(rank), (1...256).contains(prompts) else {
            throw ValidationError("--rank and --prompts are from 1 to 256")
        }
        guard pretrain.map({ SliceTrainer.Aim(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("--pretrain is age, classes, both or masked-views, not \(pretrain ?? "")")
        }
    }

    func set(_ training: inout SliceTraining) {
        training.adaptation = SliceAdaptation(rawValue: adapt) ?? .all
        (training.rank, training.prompts) = (rank, prompts)
        training.pretraining = pretrain.flatMap(SliceTrainer.Aim.init(rawValue:))
    }

    /// The model that ``from`` names; nil for none.
    func model() throws -> ShippedModel? {
        guard let from else { return nil }
        let model = try ModelStore.model(named: from)
        guard try SliceModel.Settings.of(model.card).members == nil else {
            throw Failure(.usage, "\(from) averages several networks, and a training starts from one")
        }
        return model
    }

    /// Its weights.
    func weights() throws -> (any TensorFile)? { try model().map { try TensorFiles.open($0.weights) } }
}
