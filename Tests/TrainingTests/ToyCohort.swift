import BrainData
import BrainModels
import Foundation
import NeuralNet
import TestSupport

@testable import Training

/// Three patients of 24³ voxels, a ball for a brain and a brighter one inside for a tumour, in the layout of BraTS 2021,
/// and an experiment on them that takes a second.
struct ToyCohort {
    let folder: TemporaryFolder
    var cases: URL { folder.file("cases") }

    init() throws {
        folder = try TemporaryFolder()
        let grid = Grid(size: SIMD3(24, 24, 24), affine: Affine(spacing: SIMD3(1, 1, 1)))
        for patient in 0..<3 {
            let name = "BraTS2021_0000\(patient)"
            let place = cases.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            for (number, contrast) in Contrast.allCases.enumerated() {
                let file = place.appendingPathComponent("\(name)_\(contrast.rawValue).nii.gz")
                try ImageFile.write(Self.image(grid, patient: patient, contrast: number), to: file)
            }
            try ImageFile.write(Self.labels(grid, patient), to: place.appendingPathComponent("\(name)_seg.nii.gz"))
        }
    }

    func experiment(steps: Int) -> Experiment {
        var experiment = Experiment()
        experiment.name = "toy"
        (experiment.network.channels, experiment.network.headWidth) = ([4, 4, 8, 8], 4)
        experiment.data.folder = cases.path
        experiment.data.validation = ["BraTS2021_00002"]
        (experiment.sampling.patch, experiment.sampling.foreground) = (16, 0.5)
        experiment.augmentation.contrastDropout = 0.5
        (experiment.optimiser.steps, experiment.optimiser.warmUp) = (steps, 2)
        experiment.optimiser.learningRate = 1e-2
        experiment.validation.window.patch = 32
        experiment.checkpointEvery = 2
        return experiment
    }

    private static func radius(_ n: Int, _ patient: Int) -> Double {
        distance(n, from: SIMD3(8 + Double(patient) * 3, 12, 12))
    }

    private static func distance(_ n: Int, from centre: SIMD3<Double>) -> Double {
        let d = SIMD3(Double(n % 24), Double(n / 24 % 24), Double(n / 576)) - centre
        return (d * d).sum().squareRoot()
    }

    private static func image(_ grid: Grid, patient: Int, contrast: Int) -> Volume {
        var random = SplitMix(seed: UInt64(patient * 4 + contrast))
        return Volume(grid: grid, voxels: (0..<grid.count).map { n in
            let value = Float(100 + 10 * random.uniform() + (radius(n, patient) < 6 ? 60 : 0))
            return distance(n, from: SIMD3(12, 12, 12)) < 11 ? value : 0
        })
    }

    private static func labels(_ grid: Grid, _ patient: Int) -> LabelMap {
        LabelMap(grid: grid, voxels: (0..<grid.count).map { n in
            let r = radius(n, patient)
            return r < 2 ? 1 : r < 4 ? 4 : r < 6 ? 2 : 0
        })
    }
}
