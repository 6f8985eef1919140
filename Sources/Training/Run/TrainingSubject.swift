import Evaluation
import NeuralNet

/// What a run trains: where its batches come from, what one step does, and how the network is judged.
protocol TrainingSubject: AnyObject {
    associatedtype Batch: Sendable

    var weights: Weights { get }
    var optimiser: AdamW { get }
    /// Cases to train on, and to validate by.
    var cases: (training: Int, validation: Int) { get }
    /// Scores that one validation gives; 0 where nothing is held out.
    var scoresAValidation: Int { get }
    /// Makes the batch of a step, on any thread and always the same one.
    var batches: @Sendable (_ step: Int) throws -> Batch { get }

    /// Moves the weights by one batch.
    ///
    /// - Returns: the loss; where it is no finite number the weights stay as they were.
    func learn(from batch: Batch, at step: Int, rate: Double) throws -> Double

    /// Scores the network on what it does not train on.
    ///
    /// - Parameter report: hears what is worked on.
    func judge(at step: Int, _ report: (TrainingEvent) -> Void) throws -> Judgement

    /// The page of the run so far.
    func page(_ log: RunLog) -> Report
}

/// A validation's scores, and pictures to go with them.
struct Judgement {
    let scores: [ValidationScore]
    let pictures: [(name: String, picture: SlicePicture)]
}

extension TrainingSubject {
    /// Numbers that training changes.
    var parameters: Int { weights.parameters.reduce(0) { $0 + $1.tensor.count } }

    /// Whether every weight is a finite number: a gradient can overflow though the loss does not.
    func isFinite() throws(NetworkError) -> Bool {
        try Engine.run { () throws(NetworkError) in
            for (_, tensor) in weights.parameters {
                guard try tensor.detached().sum().floats()[0].isFinite else { return false }
            }
            return true
        }
    }
}
