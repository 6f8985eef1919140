import BrainData
import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

/// Two small brains, side by side in a folder, and an experiment on them.
struct ToyBrains {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for (name, stretch) in [("one", 1.0), ("two", 0.8), ("three", 0.9)] {
            try ImageFile.write(Self.brain(stretch), to: folder.file(name + ".nii"))
        }
    }

    /// Nested balls with a small one aside, under FreeSurfer's numbers.
    static func brain(_ stretch: Double) -> LabelMap {
        let side = 60
        let grid = Grid(
            size: SIMD3(repeating: side),
            affine: Affine(spacing: [1, 1, 1], origin: SIMD3(repeating: -Double(side - 1) / 2)))
        let voxels = (0..<grid.count).map { n -> UInt16 in
            var place = grid.affine(SIMD3<Double>(grid.voxel(at: n)))
            place.y *= stretch
            func distance(to middle: SIMD3<Double>) -> Double {
                ((place - middle) * (place - middle)).sum().squareRoot()
            }
            if distance(to: [8, 0, 0]) < 4 { return 10 }
            if distance(to: [-8, 3, 0]) < 4 { return 43 }
            return distance(to: .zero) < 16 ? 2 : distance(to: .zero) < 21 ? 3 : distance(to: .zero) < 24 ? 24 : 0
        }
        return LabelMap(grid: grid, voxels: voxels)
    }

    func experiment(steps: Int = 4, _ change: (inout Experiment) -> Void = { _ in }) -> Experiment {
        var own = Experiment()
        (own.name, own.task) = ("toy", .registration)
        var sizes = TransMorph.Configuration()
        (sizes.embedding, sizes.heads, sizes.depths) = (4, [1, 2, 2, 4], [1, 1, 1, 1])
        (sizes.window, sizes.headChannels, sizes.stochasticDepth) = ([2, 2, 2], 6, 0)
        own.registration.network.network = sizes
        own.registration.network.estimatesVariance = false
        own.registration.size = [32, 32, 32]
        own.registration.pairs.validation = 2
        own.registration.loss.correspondence = 0.05
        own.data.input = TumourInput.Contract(contrasts: [.t1, .t2], spacing: 6)
        own.data.validation = .subjects(["three"])
        own.data.synthetic.labelMaps = folder.url.path
        (own.optimiser.steps, own.optimiser.warmUp, own.optimiser.learningRate) = (steps, 2, 2e-3)
        own.checkpointEvery = 2
        change(&own)
        return own
    }
}

@Suite(.serialized) struct RegistrationTrainingTests {
    private let brains: ToyBrains

    init() throws {
        Engine.setThreads(1)
        brains = try ToyBrains()
    }

    private func train(
        _ experiment: Experiment, _ runs: String, resumes: Bool = false, stoppingAfter last: Int = .max,
        _ report: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws -> URL {
        let root = brains.folder.file("runs-" + runs)
        try Trainer(experiment, in: root, resumes: resumes, report: report).run(stoppingAfter: last)
        return root.appendingPathComponent("toy")
    }

    @Test func aResumedRunEndsInTheSameWeights() throws {
        let whole = try train(brains.experiment(), "whole")
        _ = try train(brains.experiment(), "parts", stoppingAfter: 3)
        let parts = try train(brains.experiment(), "parts", resumes: true)
        let files = try [whole, parts].map { try Data(contentsOf: $0.appendingPathComponent("checkpoint.safetensors")) }
        #expect(files[0] == files[1])
        let log = try String(contentsOf: parts.appendingPathComponent("steps.csv"), encoding: .utf8)
        #expect(log.split(separator: "\n").count == 5)
    }

    @Test func leavesANetworkAPageAndScores() throws {
        var notes: [String] = [], scores: [ValidationScore] = []
        let run = try train(brains.experiment(steps: 2), "short") { event in
            if case .note(let note) = event { notes.append(note) }
            if case .validated(_, let found) = event { scores = found }
        }
        #expect(notes.count == 1 && notes[0].contains("fold"))
        #expect(scores.map(\.region) == ["before", "after", "before", "after"])
        #expect(scores.map(\.name) == ["1 one to three", "1 one to three", "2 three to two", "2 three to two"])
        #expect(scores.allSatisfy { (0.05...1).contains($0.dice) && $0.hd95.isNaN })
        let weights = Weights(try Safetensors(run.appendingPathComponent("model.safetensors")))
        _ = try TransMorphDiff(weights, brains.experiment().registration.network)
        try weights.finish()
        let page = try String(contentsOf: run.appendingPathComponent("report.html"), encoding: .utf8)
        #expect(page.contains("Dice before") && page.contains("three to two"))
        let log = try RunLog(in: run, through: 2)
        #expect(log.scores.count == 4 && log.lastDice.map(\.region) == ["before", "after"])
    }

    /// One pair, over and over; structures that neither brain has count as aligned.
    @Test func learnsOnePair() throws {
        let experiment = brains.experiment { $0.registration.pairs.sameMap = 1 }
        let learner = try RegistrationLearner(experiment)
        let batch = try RegistrationLearner.Batch(experiment.pairs().pair(1))
        let losses = try (0..<60).map { try learner.learn(from: batch, at: $0, rate: 2e-3) }
        #expect(losses[59] < 0.8 * losses[0])
    }

    @Test(arguments: [RegistrationSettings.Model.displacement, .diffeomorphic])
    func everyLossReachesEveryWeight(model: RegistrationSettings.Model) throws {
        let experiment = brains.experiment {
            $0.registration.model = model
            $0.registration.pairs.sameMap = 1
            $0.registration.loss.correlation = 1
        }
        let learner = try RegistrationLearner(experiment)
        let batch = try RegistrationLearner.Batch(experiment.pairs().pair(0))
        let before = try learner.weights.parameters.map { try $0.tensor.detached().floats() }
        for step in 0..<3 { _ = try learner.learn(from: batch, at: step, rate: 1e-3) }
        for (own, old) in zip(learner.weights.parameters, before) {
            #expect(try own.tensor.detached().floats() != old, "\(own.name)")
        }
    }

    @Test func theFieldsOfBothResolutionsAgree() throws {
        let experiment = brains.experiment()
        let weights = Weights(seed: 3)
        let network = try TransMorphDiff(weights, experiment.registration.network)
        let images = try Tensor((0..<65_536).map { sin(Float($0) * 0.01) }, shape: [1, 2, 32, 32, 32])
        let form = RegistrationNetwork.diffeomorphic(network)
        let (whole, answer, round) = try Engine.run { () throws(NetworkError) in
            let fields = try form.fields(images, symmetric: true)
            let back = fields.back ?? fields.there
            return (
                try fields.whole().displacements.floats(), try form.field(images).displacements.floats(),
                try RegistrationLoss.inverseConsistency(fields.there.displacements, back.displacements).doubles()[0]
            )
        }
        #expect(whole == answer)
        #expect(round < 1e-4)
    }
}
