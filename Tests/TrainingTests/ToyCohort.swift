import BrainModels
import Foundation
import NeuralNet
import TestSupport

@testable import Training

/// The toy patients, and an experiment on them that takes a second.
struct ToyCohort {
    let folder: TemporaryFolder
    let cases: URL

    init() throws {
        folder = try TemporaryFolder()
        cases = try ToyPatients(in: folder).cases
    }

    func experiment(steps: Int) -> Experiment {
        var experiment = Experiment()
        experiment.name = "toy"
        (experiment.network.channels, experiment.network.headWidth) = ([4, 4, 8, 8], 4)
        experiment.data.folder = cases.path
        experiment.data.validation = [ToyPatients.names[2]]
        (experiment.sampling.patch, experiment.sampling.foreground) = (16, 0.5)
        experiment.augmentation.contrastDropout = 0.5
        (experiment.optimiser.steps, experiment.optimiser.warmUp) = (steps, 2)
        experiment.optimiser.learningRate = 1e-2
        experiment.validation.window.patch = 32
        experiment.checkpointEvery = 2
        return experiment
    }
}
