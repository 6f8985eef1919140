public import BrainData

/// Tells of what class a trial is. What it needs to know it learned from other trials.
public protocol TrialDecoder: Sendable {
    /// The labels that it tells apart, in the order of the probabilities.
    var classes: [String] { get }
    /// The probability of each class for each trial, `[trial][class]`.
    func probabilities(_ epochs: Epochs) throws(SignalError) -> [[Double]]
}

extension TrialDecoder {
    /// The most probable class of each trial.
    public func labels(_ epochs: Epochs) throws(SignalError) -> [String] {
        try probabilities(epochs).map { row in
            classes[row.indices.max { row[$0] < row[$1] } ?? 0]
        }
    }

    /// The share of trials whose most probable class is their label.
    public func accuracy(_ epochs: Epochs) throws(SignalError) -> Double {
        let found = try labels(epochs)
        return Double(zip(found, epochs.labels).count { $0 == $1 }) / Double(max(1, epochs.trials))
    }
}
