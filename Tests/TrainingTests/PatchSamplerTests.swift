import BrainData
import BrainModels
import Foundation
import NeuralNet
import Testing

@testable import Training

@Suite struct PatchSamplerTests {
    private func sampler(_ cohort: ToyCohort, _ change: (inout Experiment) -> Void = { _ in }) throws -> PatchSampler {
        var experiment = cohort.experiment(steps: 1)
        change(&experiment)
        let cases = try TumourDataset.cases(in: cohort.cases).map { try PreparedCase($0, for: experiment.data.input) }
        return PatchSampler(FixedCases(cases), experiment)
    }

    @Test func theSameStepGivesTheSamePatch() throws {
        let sampler = try sampler(ToyCohort())
        let (a, b, c) = (try sampler.batch(at: 3), try sampler.batch(at: 3), try sampler.batch(at: 4))
        #expect(a.image == b.image && a.target == b.target)
        #expect(a.image != c.image)
    }

    @Test func foregroundPatchesHoldTumour() throws {
        let sampler = try sampler(ToyCohort()) { $0.sampling.foreground = 1 }
        for step in 0..<20 { #expect(try sampler.batch(at: step).target.contains(1)) }
    }

    @Test func regionsLieInsideOneAnother() throws {
        let sampler = try sampler(ToyCohort()) { $0.sampling.foreground = 1 }
        let count = 16 * 16 * 16
        let target = try sampler.batch(at: 0).target
        for n in 0..<count {
            let (core, whole, enhancing) = (target[n], target[count + n], target[2 * count + n])
            #expect(enhancing <= core && core <= whole)
        }
    }

    @Test func someContrastAlwaysStays() throws {
        let sampler = try sampler(ToyCohort()) { $0.augmentation.contrastDropout = 1 }
        let count = 16 * 16 * 16
        var seen: Set<Int> = []
        for step in 0..<40 {
            let image = try sampler.batch(at: step).image
            let present = (0..<4).filter { c in image[c * count..<(c + 1) * count].contains { $0 != 0 } }
            #expect(!present.isEmpty)
            seen.insert(present.count)
        }
        #expect(seen == [1, 2, 3])
    }

    @Test func thickSlicesAreAlikeInAllContrasts() throws {
        let cohort = try ToyCohort()
        func image(slices: Double) throws -> [Float] {
            try sampler(cohort) {
                $0.augmentation.contrastDropout = 0
                ($0.augmentation.slices.probability, $0.augmentation.slices.upTo) = (slices, 2)
                $0.sampling.foreground = 1
            }.batch(at: 3).image
        }
        let (thin, thick) = (try image(slices: 0), try image(slices: 1))
        for channel in 0..<4 {
            func line(_ image: [Float]) -> [Float] { (6..<10).map { image[channel * 4096 + 8 + 16 * (8 + 16 * $0)] } }
            let (plain, blocks) = (line(thin), line(thick))
            #expect(!plain.contains(0), "the middle of a patch around a tumour shows air")
            // Voxel 7 lies a quarter of the way from the middle of its block to that of the next.
            let expected = 0.75 * (plain[0] + plain[1]) / 2 + 0.25 * (plain[2] + plain[3]) / 2
            #expect(abs(blocks[1] - expected) < 1e-4)
        }
    }

    @Test func aPatchLargerThanTheCaseIsFilledWithZeros() throws {
        let sampler = try sampler(ToyCohort()) { $0.sampling.patch = 32 }
        let image = try sampler.batch(at: 0).image
        let zeros = image.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
        #expect(image.count == 4 * 32 * 32 * 32)
        #expect(zeros > 4 * (32 * 32 * 32 - 24 * 24 * 24) - 1)
    }
}
