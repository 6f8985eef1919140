import BrainData
import BrainModels
import Foundation

extension Experiment.DataSettings {
    /// The cases to learn from and those to judge by, no subject on both sides.
    ///
    /// Folds hang on the subjects alone, not on the experiment's seed: networks of different seeds are judged on the same folds.
    func sides(of cases: [TumourCase]) throws(ImagingError) -> (training: [TumourCase], validation: [TumourCase]) {
        let subjects = cases.map(\.subject)
        if folds > 0 { return try Split.folds(folds, of: subjects, seed: 0)[fold - 1].sides(of: cases) }
        switch validation {
        case .nobody: return (cases, [])
        case .subjects(let names): return try Split(of: subjects, validation: names).sides(of: cases)
        }
    }
}

extension Experiment {
    /// The cases to learn from, none where all are made up, and those to judge by.
    func sides() throws -> (training: [TumourCase], validation: [TumourCase]) {
        let isMadeUp = data.synthetic.share == 1
        if isMadeUp && data.folds == 0 && data.validation == .nobody { return ([], []) }
        let sides = try data.sides(of: TumourDataset.cases(in: URL(fileURLWithPath: data.folder)))
        return (isMadeUp ? [] : sides.training, sides.validation)
    }

    /// - Throws: ``TrainingError/run(_:)`` where a value is still `auto`.
    func demandChoices() throws(TrainingError) {
        guard sampling.patch > 0 || task == .registration, sampling.batch > 0, optimiser.steps > 0,
            data.input.spacing > 0
        else {
            throw .run("a value of the experiment is still auto: a plan must choose it before the training starts")
        }
    }
}
