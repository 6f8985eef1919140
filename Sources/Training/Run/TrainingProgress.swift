/// Where a run stands after a step.
public struct TrainingProgress: Sendable {
    /// Steps taken, and in all.
    public let step, steps: Int
    /// The median loss of the last 50 steps.
    public let loss: Double
    public let learningRate: Double
    public let patchesPerSecond: Double
    /// The engine's part of the wall time of the last 100 steps, from 0 to 1; waiting for patches, logs and checkpoints are the
    /// rest.
    public let engineShare: Double
    /// The mean Dice of every region at the last validation, by its name; empty before the first.
    public let dice: [(region: String, dice: Double)]
    /// An estimate from the last 100 steps, and the validations to come.
    public let secondsLeft: Double
}

/// What a run tells while it goes on.
public enum TrainingEvent: Sendable {
    case prepared(training: Int, validation: Int, parameters: Int, from: Int)
    /// What the user should know.
    case warning(String)
    case step(TrainingProgress)
    case validating(name: String)
    /// What a validation shows beside its scores.
    case note(String)
    case validated(step: Int, scores: [ValidationScore])
    case saved(String)
}
