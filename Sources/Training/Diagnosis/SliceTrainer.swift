public import BrainModels
public import NeuralNet

/// Trains networks on slices, and measures on the way how far off their ages are.
///
/// The same items, settings, seed and number of threads give the same weights, bit by bit.
public enum SliceTrainer {
    /// What is to be learned.
    public enum Aim: String, Codable, Sendable, CaseIterable {
        case classes, age, both
        /// Nothing that anybody told: what the encoder sees in a hidden view, see ``MaskedViews``.
        case maskedViews = "masked-views"

        public var hasClasses: Bool { self == .classes || self == .both }
        public var hasAges: Bool { self == .age || self == .both }
    }

    /// What a training gives.
    public struct Trained: Sendable {
        public let model: SliceModel
        /// The weights by the names of their checkpoints.
        public let tensors: [(name: String, tensor: Tensor)]
        /// How many numbers were trained, and how many the network has.
        public let trained, parameters: Int
    }

    /// How far a training is.
    public struct Progress: Sendable {
        /// Which of several networks is being trained; empty for a single one.
        public let part: String
        /// Counted from 0.
        public let round: Int
        /// The round's mean loss, and that of the subjects kept aside.
        public let loss: Double
        public let aside: Double?
    }

    /// Trains a network.
    ///
    /// - Parameter start: weights to start from, whose head may be of other answers; drawn from the seed if left out.
    /// - Throws: ``TrainingError/run(_:)`` for settings that make no sense and items without an age where ages are to be learned;
    ///   ``NetworkError`` for weights of another network.
    public static func train(
        _ aim: Aim, on set: SliceSet, _ training: SliceTraining, seed: UInt64, from start: (any TensorFile)? = nil,
        progress: ((Progress) -> Void)? = nil
    ) throws -> Trained {
        guard aim.hasAges, training.calibrationFolds > 0 else {
            return try members(aim, set, training, seed, start, "", progress)
        }
        var fold = 0
        let said = try AgeCalibration.said(of: set, folds: training.calibrationFolds) { others, values in
            fold += 1
            let part = "calibration \(fold) of \(training.calibrationFolds)"
            let model = try members(aim, others, training, seed, start, part, progress).model
            return try model.answers(values).map { $0.age?.years ?? .nan }
        }
        let calibration = try AgeCalibration(said: said, truth: set.ages.compactMap(\.self))
        let whole = try members(aim, set, training, seed, start, "", progress)
        var settings = whole.model.settings
        settings.age = settings.age.map(calibration.applied(to:))
        return Trained(
            model: try model(training, settings, whole.tensors), tensors: whole.tensors, trained: whole.trained,
            parameters: whole.parameters)
    }

    /// One network, or several whose answers are averaged.
    private static func members(
        _ aim: Aim, _ set: SliceSet, _ training: SliceTraining, _ seed: UInt64, _ start: (any TensorFile)?,
        _ part: String, _ progress: ((Progress) -> Void)?
    ) throws -> Trained {
        let count = max(1, training.members)
        var (settings, tensors) = (SliceModel.Settings?.none, [(name: String, tensor: Tensor)]())
        var trained = 0
        for member in 0..<count {
            // Far enough apart that benchmarks with the seeds 1, 2, … share no member.
            let own = seed &+ 1000 &* UInt64(member), name = count > 1 ? "network \(member + 1) of \(count)" : ""
            func learned(
                _ aim: Aim, _ training: SliceTraining, _ start: (any TensorFile)?, _ stage: String
            ) throws -> (learner: SliceLearner, tensors: [(name: String, tensor: Tensor)]) {
                let title = [part, name, stage].filter { !$0.isEmpty }.joined(separator: ", ")
                let learner = try SliceLearner(aim, set, training, own, from: start)
                return (learner, try learner.run { progress?(Progress(part: title, round: $0, loss: $1, aside: $2)) })
            }
            var start = start
            if let first = training.pretraining {
                var earlier = training
                (earlier.pretraining, earlier.adaptation) = (nil, .all)
                start = try HeldTensors(learned(first, earlier, start, first.rawValue + " first").tensors)
            }
            let (learner, weights) = try learned(aim, training, start, "")
            let prefix = count > 1 ? "members.\(member)." : ""
            tensors += weights.map { (name: prefix + $0.name, tensor: $0.tensor) }
            trained += learner.trained
            settings = learner.settings
        }
        guard var settings else { throw TrainingError.run("no network was trained") }
        settings.members = count > 1 ? count : nil
        return Trained(
            model: try model(training, settings, tensors), tensors: tensors, trained: trained,
            parameters: tensors.reduce(0) { $0 + $1.tensor.count })
    }

    private static func model(
        _ training: SliceTraining, _ settings: SliceModel.Settings, _ tensors: [(name: String, tensor: Tensor)]
    ) throws -> SliceModel {
        try SliceModel(
            network: Catalog.entry(named: training.network), configuration(training, settings), settings,
            HeldTensors(tensors))
    }

    /// The card's configuration: what was given, with the views, the side and the answers of these items.
    public static func configuration(_ training: SliceTraining, _ settings: SliceModel.Settings) -> CardSettings {
        guard case .table(var table) = training.configuration else { return training.configuration }
        let side = CardSettings.number(Double(settings.contract.side))
        // A network that was told nothing has a head all the same, which is drawn anew by what starts from it.
        let answers = CardSettings.number(Double(max(1, settings.answers)))
        let views = CardSettings.number(Double(settings.contract.views.count))
        table["sides"] = .list([side, side])
        if training.adaptation == .prompt { table["prompts"] = .number(Double(training.prompts)) }
        switch training.network {
        case "trans-resnet", "resnet": (table["views"], table["answers"]) = (views, answers)
        default: (table["inputs"], table["classes"]) = (views, answers)
        }
        return .table(table)
    }
}
