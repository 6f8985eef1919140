public import BrainModels
public import Evaluation
public import NeuralNet

/// Everything that makes one training run, as one readable file states it. What a file leaves out has the value below.
///
/// Where 0 means `auto`, the file may say `auto`: ``TrainingPlan`` then chooses the value from the data and the machine.
public struct Experiment: Codable, Sendable, Equatable {
    /// The run's folder under `runs/` and the name of the network that comes out.
    public var name = "eoformer"
    public var task = Task.tumour
    /// The network of a segmentation.
    public var network = EoFormer.Configuration()
    /// The network and the pairs of a registration.
    public var registration = RegistrationSettings()
    /// Weights to go on from, a checkpoint of the same network; none to draw them from the seed.
    public var start = ""
    public var data = DataSettings()
    public var sampling = Sampling()
    public var augmentation = Augmentation()
    public var loss = SegmentationLoss.diceAndBinaryCrossEntropy
    public var optimiser = Optimiser()
    public var validation = Validation()
    /// Steps between checkpoints.
    public var checkpointEvery = 250
    /// Draws the first weights, the patches and the augmentation.
    public var seed: UInt64 = 1

    public init() {}

    /// What a network learns to find.
    public enum Task: String, Codable, Sendable {
        /// The regions of a tumour in a brain, in several contrasts at once.
        case tumour
        /// The brain in a head, in any one contrast; it learns from made-up heads alone.
        case brain
        /// Where the tissue of one brain lies in another; it learns from made-up pairs.
        case registration
    }

    public struct DataSettings: Codable, Sendable, Equatable {
        /// A folder of cases in any layout that `brainkit segment` reads, with experts' labels.
        public var folder = ""
        /// Subjects that are never trained on: a list, or `none` to train on all.
        public var validation = HeldOut.subjects([])
        /// Parts that the subjects fall into, in place of a list for validation; 0 for no parts.
        public var folds = 0
        /// The part to validate on, counted from 1.
        public var fold = 1
        /// The contrasts, and their spacing in millimetres; a spacing of 0 means `auto`. For the brain: the contrasts that heads
        /// are made up in, one of them each.
        public var input = TumourInput.Contract()
        /// Made-up cases among the real ones.
        public var synthetic = Synthetic()
    }

    public struct Synthetic: Codable, Sendable, Equatable {
        /// How likely a patch comes from a made-up case; 0 for none, 1 for no real ones.
        public var share = 0.0
        /// A folder of label maps of whole heads.
        public var labelMaps = ""
        /// Made-up cases in memory at a time.
        public var pool = 8
        /// Steps between exchanges of one of them for a new one.
        public var refresh = 20
        public var settings = Synthesis()
    }

    public struct Sampling: Codable, Sendable, Equatable {
        /// Voxels along each side of a patch, a multiple of 16; 0 means `auto`.
        public var patch = 128
        /// Patches of one step; 0 means `auto`.
        public var batch = 1
        /// The share of patches whose middle is a tumour voxel; the rest lie anywhere in the brain's box.
        public var foreground = 0.0
        /// Cases in memory at a time; 0 keeps all there. With fewer than all, one is exchanged every ``refresh`` steps.
        public var pool = 0
        /// Steps between exchanges of one case of the pool.
        public var refresh = 10
    }

    public struct Optimiser: Codable, Sendable, Equatable {
        /// Steps in all; 0 means `auto`.
        public var steps = 1000
        /// Steps of linear warm-up.
        public var warmUp = 100
        /// The highest learning rate.
        public var learningRate = 2e-4
        public var settings = AdamW.Settings()
    }

    public struct Validation: Codable, Sendable, Equatable {
        /// Steps between validations; 0 for none but the last.
        public var every = 0
        public var window = SlidingWindow()
        /// How empty regions are scored: `brats`, or `authors` as EoFormer's published script does.
        public var convention = EmptyRegions.brats
    }

    /// The run's folder: the experiment's name, and the fold where there are folds.
    public var runName: String { data.folds > 0 ? "\(name)-fold\(data.fold)" : name }
}

/// Who is kept from training.
public enum HeldOut: Codable, Sendable, Equatable, ExpressibleByArrayLiteral {
    case subjects([String])
    /// Everyone is trained on; in a file: `none`.
    case nobody

    public init(arrayLiteral names: String...) { self = .subjects(names) }

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let names = try? value.decode([String].self) {
            self = .subjects(names)
        } else if try value.decode(String.self) == "none" {
            self = .nobody
        } else {
            throw DecodingError.dataCorruptedError(
                in: value, debugDescription: "expected a list of subjects or none for data.validation")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .subjects(let names): try value.encode(names)
        case .nobody: try value.encode("none")
        }
    }
}
