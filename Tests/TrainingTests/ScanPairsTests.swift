import BrainData
import BrainModels
import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct ScanPairsTests {
    /// Four OASIS-like subjects: a bright ball whose middle is one label and whose rim another.
    private func experiment(_ change: (inout Experiment) -> Void = { _ in }) throws -> (TemporaryFolder, Experiment) {
        let folder = try TemporaryFolder()
        let grid = Grid(size: [40, 36, 44], affine: Affine(spacing: [1, 1, 1], origin: [-20, -18, -22]))
        for subject in 1...4 {
            let radius = 10 + Double(subject)
            let distances = (0..<grid.count).map { n -> Double in
                let place = grid.affine(SIMD3<Double>(grid.voxel(at: n)))
                return (place * place).sum().squareRoot()
            }
            let url = folder.file("data/OASIS_OAS1_000\(subject)_MR1")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            try ImageFile.write(
                Volume(grid: grid, voxels: distances.map { $0 < radius ? Float(100 + $0) : 0 }),
                to: url.appendingPathComponent("aligned_norm.nii.gz"))
            try ImageFile.write(
                LabelMap(grid: grid, voxels: distances.map { $0 < 6 ? 11 : $0 < radius ? 4 : 0 }),
                to: url.appendingPathComponent("aligned_seg35.nii.gz"))
        }
        var own = try ToyBrains().experiment()
        own.data.synthetic.labelMaps = ""
        own.data.folder = folder.file("data").path
        own.data.validation = .subjects(["OASIS_OAS1_0004_MR1"])
        own.data.input = TumourInput.Contract(contrasts: [.t1], spacing: 1)
        own.registration.loss.correlation = 1
        change(&own)
        return (folder, own)
    }

    @Test func scansAreReadOntoOneGrid() throws {
        let (folder, experiment) = try experiment()
        defer { withExtendedLifetime(folder) {} }
        let pairs = try experiment.pairs()
        #expect(pairs.counts.training == 3 && pairs.counts.heldOut == 1)
        let pair = try pairs.pair(0)
        #expect(pair.structures == 2 && pair.places == nil)
        #expect(Set(pair.fixed) == [0, 1, 2])
        // Label 4 comes first: the middle voxel is of label 11.
        #expect(pair.fixed[16 + 32 * (16 + 32 * 16)] == 2)
        #expect(pair.images.min() == 0 && pair.images.max() == 1)
        for number in 0..<8 {
            let names = try pairs.pair(number).name.components(separatedBy: " to ")
            #expect(names[0] != names[1] && !names.contains("OASIS_OAS1_0004_MR1"))
        }
        #expect(try pairs.validationPair(1).name == "OASIS_OAS1_0002_MR1 to OASIS_OAS1_0004_MR1")
    }

    @Test func trainsOnThem() throws {
        let (folder, experiment) = try experiment { $0.optimiser.steps = 2 }
        let plan = try TrainingPlan(experiment, memory: 8 << 30)
        #expect(plan.choices.first { $0.name == "scans" }?.value == "3 to train on, 1 to validate")
        var scores: [ValidationScore] = []
        try Trainer(plan.experiment, in: folder.file("runs"), resumes: false) { event in
            if case .validated(_, let found) = event { scores = found }
        }.run()
        #expect(scores.count == 4 && scores.allSatisfy { $0.dice > 0.5 })
    }

    @Test func oneScanIsNoPair() throws {
        let (folder, experiment) = try experiment {
            $0.data.validation = .subjects(["OASIS_OAS1_0004_MR1", "OASIS_OAS1_0003_MR1", "OASIS_OAS1_0002_MR1"])
        }
        defer { withExtendedLifetime(folder) {} }
        #expect { try experiment.pairs() } throws: { "\($0)".contains("a pair takes two") }
        var neither = experiment
        neither.data.folder = ""
        let yaml = try neither.yaml()
        #expect { try Experiment(yaml: yaml, named: "toy.yaml") } throws: { "\($0)".contains("data.folder") }
    }
}
