/// What is wrong with an experiment's file or run.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file is no experiment.
    case experiment(file: String, why: String)
    /// A loss, or a weight, that is no number.
    case diverged(step: Int, rate: Double)
    /// A run's folder cannot be used.
    case run(String)

    public var description: String {
        switch self {
        case .experiment(let file, let why): "\(file) describes no experiment: \(why)"
        case .diverged(let step, let rate):
            "the loss or a weight is no number at step \(step): with a learning rate of \(rate) the training diverged; "
                + "lower optimiser.learningRate or raise optimiser.warmUp and resume from the last checkpoint, which "
                + "is from before that"
        case .run(let why): why
        }
    }
}
