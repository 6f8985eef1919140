public import BrainModels
public import NeuralNet

/// How a network on slices learns.
public struct SliceTraining: Codable, Sendable, Equatable {
    /// The catalog's name of the network, and the sizes that differ from its own.
    public var network = "trans-resnet"
    public var configuration = CardSettings.table([:])
    /// Rounds over all items.
    public var epochs = 40
    /// Items of a step.
    public var batch = 32
    /// The highest learning rate; it climbs over the first twentieth of the steps, then falls along half a cosine.
    public var rate = 1e-3
    public var optimiser = AdamW.Settings()
    /// How far the certain answer is moved towards the even one, Szegedy et al., CVPR 2016.
    public var smoothing = 0.1
    /// Whether classes count by their rarity, so that each has the same weight.
    public var balances = true
    public var augmentation = SliceAugmentation()
    /// What of a network learns that starts from trained weights.
    public var adaptation = SliceAdaptation.all
    /// The rank of the factors of ``SliceAdaptation/lora``, and the number of tokens of ``SliceAdaptation/prompt``.
    public var rank = 4
    public var prompts = 8
    /// What is learned first, from the same items and over as many rounds; nil for nothing.
    public var pretraining: SliceTrainer.Aim?
    /// The share of subjects that is kept aside, and after how many rounds without a better answer on it training ends; the weights
    /// that did best there are kept. With a share of 0 every round is run and the last weights are kept.
    public var validation = 0.0
    public var patience = 15
    /// Parts of the training subjects that tell how far off ages are, see ``AgeCalibration``; 0 for none.
    public var calibrationFolds = 0
    /// Networks whose answers are averaged, each from another seed and, with ``validation``, with others kept aside.
    public var members = 1

    public init() { optimiser.weightDecay = 0.05 }
}

/// What of a network learns that starts from trained weights.
public enum SliceAdaptation: String, Codable, Sendable, CaseIterable {
    case all
    /// The map from features to answers alone.
    case head
    /// The head, and factors beside every linear map: Hu et al., *LoRA*, ICLR 2022.
    case lora
    /// The head, and tokens beside those of the picture: Jia et al., *Visual Prompt Tuning*, ECCV 2022.
    case prompt

    /// What the networks on slices call their heads.
    static let heads: Set<String> = ["head", "fc"]
    /// What is drawn anew where trained weights do not fit: the heads, and tokens that were added.
    static let drawn = heads.union(["prompts"])

    func parts(rank: Int, seed: UInt64) -> Adaptation {
        switch self {
        case .all: .all
        case .head: Adaptation(modules: Self.heads)
        case .lora: Adaptation(modules: Self.heads, rank: rank, seed: seed)
        case .prompt: Adaptation(modules: Self.drawn)
        }
    }
}
