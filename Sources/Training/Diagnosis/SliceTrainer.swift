public import BrainModels
public import NeuralNet

/// Trains networks on slices, and measures on the way how far off their ages are.
///
/// The same items, settings, seed and number of threads give the same weights, bit by bit.
public enum SliceTrainer {
    /// What is to be learned.
    public enum Aim: String, Codable, Sendable, CaseIterable {
        case classes, age, both
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

    /// Trains and gives the network, and its weights by the names of its checkpoints.
    ///
    /// - Throws: ``TrainingError/run(_:)`` for settings that make no sense and items without an age where ages are to be learned.
    public static func train(
        _ aim: Aim, on set: SliceSet, _ training: SliceTraining, seed: UInt64, progress: ((Progress) -> Void)? = nil
    ) throws -> (model: SliceModel, tensors: [(name: String, tensor: Tensor)]) {
        guard aim != .classes, training.calibrationFolds > 0 else {
            return try members(aim, set, training, seed, "", progress)
        }
        var fold = 0
        let said = try AgeCalibration.said(of: set, folds: training.calibrationFolds) { others, values in
            fold += 1
            let part = "calibration \(fold) of \(training.calibrationFolds)"
            let model = try members(aim, others, training, seed, part, progress).model
            return try model.answers(values).map { $0.age?.years ?? .nan }
        }
        let calibration = try AgeCalibration(said: said, truth: set.ages.compactMap(\.self))
        let (model, tensors) = try members(aim, set, training, seed, "", progress)
        var settings = model.settings
        settings.age = settings.age.map(calibration.applied(to:))
        return (try Self.model(training, settings, tensors), tensors)
    }

    /// One network, or several whose answers are averaged.
    private static func members(
        _ aim: Aim, _ set: SliceSet, _ training: SliceTraining, _ seed: UInt64, _ part: String,
        _ progress: ((Progress) -> Void)?
    ) throws -> (model: SliceModel, tensors: [(name: String, tensor: Tensor)]) {
        let count = max(1, training.members)
        var (settings, tensors) = (SliceModel.Settings?.none, [(name: String, tensor: Tensor)]())
        for member in 0..<count {
            let own = count > 1 ? "network \(member + 1) of \(count)" : ""
            let title = [part, own].filter { !$0.isEmpty }.joined(separator: ", ")
            // Far enough apart that benchmarks with the seeds 1, 2, … share no member.
            let learner = try SliceLearner(aim, set, training, seed &+ 1000 &* UInt64(member))
            let learned = try learner.run { progress?(Progress(part: title, round: $0, loss: $1, aside: $2)) }
            let prefix = count > 1 ? "members.\(member)." : ""
            tensors += learned.map { (name: prefix + $0.name, tensor: $0.tensor) }
            settings = learner.settings
        }
        guard var settings else { throw TrainingError.run("no network was trained") }
        settings.members = count > 1 ? count : nil
        return (try model(training, settings, tensors), tensors)
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
        let answers = CardSettings.number(Double(settings.answers))
        let views = CardSettings.number(Double(settings.contract.views.count))
        table["sides"] = .list([side, side])
        switch training.network {
        case "trans-resnet", "resnet": (table["views"], table["answers"]) = (views, answers)
        default: (table["inputs"], table["classes"]) = (views, answers)
        }
        return .table(table)
    }
}
