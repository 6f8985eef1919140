import BrainData
import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite struct BrainTaskTests {
    private func experiment(_ change: (inout Experiment) -> Void = { _ in }) throws -> (TemporaryFolder, Experiment) {
        let folder = try TemporaryFolder()
        try ImageFile.write(ToyHead.labels, to: folder.file("toy.nii"))
        var own = Experiment()
        (own.name, own.task) = ("brains", .brain)
        (own.network.inputs, own.network.outputs, own.network.channels) = (1, 1, [4, 4, 8, 8])
        own.network.headWidth = 4
        own.data.validation = .nobody
        own.data.input = TumourInput.Contract(contrasts: [.t1, .t2], spacing: 2)
        own.data.synthetic.share = 1
        own.data.synthetic.labelMaps = folder.file("toy.nii").path
        (own.data.synthetic.pool, own.data.synthetic.refresh) = (2, 2)
        own.data.synthetic.settings = ToySynthesis.settings { $0.wholeHead = 1 }
        (own.sampling.patch, own.optimiser.steps, own.optimiser.warmUp) = (16, 3, 1)
        change(&own)
        return (folder, own)
    }

    @Test func aMadeUpHeadIsPreparedAsAScanIs() throws {
        let settings = ToySynthesis.settings { $0.wholeHead = 1 }
        let synthesiser = try ToySynthesis.synthesiser(settings)
        let contract = TumourInput.Contract(contrasts: [.t2], spacing: 2)
        let found = try synthesiser.preparedHead(4, for: contract)
        let head = try synthesiser.head(4, contrasts: [.t2])
        let scan = try #require(head.images[.t2])
        #expect(found.channels.count == 1)
        #expect(try found.channels[0] == HeadInput(scan, spacing: 2).voxels)
        let brain = Double(found.regions.filter { $0 == 1 }.count) * found.grid.voxelMillilitres
        #expect(abs(brain / head.brain.millilitres - 1) < 0.05)
        #expect(found.foreground.count == found.regions.filter { $0 == 1 }.count)
    }

    @Test func contrastsTakeTurns() throws {
        let synthesiser = try ToySynthesis.synthesiser(ToySynthesis.settings { $0.wholeHead = 1 })
        let both = TumourInput.Contract(contrasts: [.t1, .t2], spacing: 2)
        var drawn: Set<Contrast> = []
        for number in 0..<8 {
            let voxels = try synthesiser.preparedHead(number, for: both).channels[0]
            for contrast in both.contrasts {
                let alone = TumourInput.Contract(contrasts: [contrast], spacing: 2)
                if try synthesiser.preparedHead(number, for: alone).channels[0] == voxels { drawn.insert(contrast) }
            }
        }
        #expect(drawn == [.t1, .t2])
    }

    @Test func trainsWithoutAnyFolderOfCases() throws {
        let (folder, experiment) = try experiment()
        let plan = try TrainingPlan(experiment, memory: 8 << 30)
        #expect(plan.choices.first { $0.name == "cases" }?.reason.contains("made up") ?? false)
        var losses: [Double] = []
        try Trainer(plan.experiment, in: folder.url, resumes: false) { event in
            if case .step(let progress) = event { losses.append(progress.loss) }
        }.run()
        #expect(losses.count == 3 && losses.allSatisfy(\.isFinite))
        let weights = Weights(try TensorFiles.open(folder.file("brains/model.safetensors")))
        _ = try EoFormer(weights, experiment.network)
        try weights.finish()
    }

    @Test func settingsThatDoNotFitTheTaskAreNamed() throws {
        func flaw(_ change: (inout Experiment) -> Void) throws -> String {
            let yaml = try experiment(change).1.yaml()
            let error = #expect(throws: TrainingError.self) {
                try Experiment(yaml: yaml, named: "e.yaml", settings: [])
            }
            return error.map { "\($0)" } ?? ""
        }
        #expect(try flaw { $0.network.inputs = 4 }.contains("network.inputs"))
        #expect(try flaw { $0.data.synthetic.share = 0.5 }.contains("data.synthetic.share"))
        #expect(try flaw { $0.data.synthetic.settings.wholeHead = 0 }.contains("wholeHead"))
        #expect(try flaw { $0.data.input.contrasts = [] }.contains("data.input.contrasts"))
        let good = try experiment().1
        #expect(try Experiment(yaml: good.yaml(), named: "e.yaml", settings: []) == good)
    }

    @Test func aTumoursMadeUpCasesNeedNoRealOnes() throws {
        let (_, experiment) = try experiment {
            $0.task = .tumour
            $0.data.folder = "/nowhere"
        }
        let sides = try experiment.sides()
        #expect(sides.training.isEmpty && sides.validation.isEmpty)
    }
}
