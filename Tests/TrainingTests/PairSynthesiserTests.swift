import BrainData
import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite struct PairSynthesiserTests {
    private let brains: ToyBrains

    init() throws { brains = try ToyBrains() }

    @Test func aPairHangsOnItsNumberAlone() throws {
        let pairs = try brains.experiment().pairs(), again = try brains.experiment().pairs()
        let (a, b, c) = (try pairs.pair(3), try again.pair(3), try pairs.pair(4))
        #expect(a.images == b.images && a.moving == b.moving && a.places?.fixed == b.places?.fixed)
        #expect(a.images != c.images)
        #expect(try brains.experiment { $0.seed = 9 }.pairs().pair(3).images != a.images)
    }

    @Test func imagesAreStrippedAndNormalised() throws {
        let pair = try brains.experiment().pairs().pair(1), count = 32 * 32 * 32
        #expect(pair.images.count == 2 * count && pair.moving.count == count)
        for image in 0..<2 {
            let voxels = pair.images[image * count..<(image + 1) * count]
            #expect(voxels.min() == 0 && voxels.max() == 1)
            // A ball of 24 mm in voxels of 6 mm, stretched to an adult's box.
            let share = Double(voxels.filter { $0 > 0 }.count) / Double(count)
            #expect((0.1...0.5).contains(share))
        }
        // Background lies at the corners, and structures inside the brain.
        #expect(pair.fixed[0] == 0 && pair.images[count] == 0)
        #expect(Set(pair.fixed).count >= 4 && pair.fixed.allSatisfy { $0 <= UInt8(pair.structures) })
    }

    @Test func theFixedBrainLiesInTheMiddle() throws {
        let pairs = try brains.experiment { $0.data.synthetic.settings.anatomy.translation = 0 }.pairs()
        for number in 0..<4 {
            let pair = try pairs.pair(number)
            let mask = Mask(
                grid: Grid(size: SIMD3(repeating: 32), affine: Affine(spacing: [6, 6, 6])),
                voxels: pair.images[32_768...].map { $0 > 0 })
            let box = try #require(mask.box)
            for axis in 0..<3 { #expect(abs(box.lower[axis] + box.upper[axis] - 32) <= 3) }
        }
    }

    /// Where nothing is deformed, the same map twice lies alike, and places are those of the grid.
    @Test func placesSayWhereTissueWent() throws {
        let experiment = brains.experiment {
            ($0.registration.pairs.sameMap, $0.registration.pairs.fine) = (1, 0)
            $0.data.synthetic.settings.anatomy.elastic = 0
            ($0.registration.pairs.rotation, $0.registration.pairs.scaling) = (0, 0)
            ($0.registration.pairs.shear, $0.registration.pairs.translation) = (0, 12)
        }
        let pair = try experiment.pairs().pair(2)
        let places = try #require(pair.places)
        let apart = places.moving.indices.map { places.moving[$0] - places.fixed[$0] }
        let cells = 16 * 16 * 16
        for axis in 0..<3 {
            let own = apart[axis * cells..<(axis + 1) * cells]
            #expect(own.allSatisfy { abs($0 - own[axis * cells]) < 1e-3 })
        }
        #expect(apart.contains { abs($0) > 0.05 })
        #expect(pair.moving != pair.fixed)
        let other = try brains.experiment { $0.registration.pairs.sameMap = 0 }.pairs()
        #expect(try (0..<6).contains { try other.pair($0).places == nil })
    }

    @Test func contrastsAreSharedAsOftenAsAsked() throws {
        func likeness(_ share: Double) throws -> Double {
            let experiment = brains.experiment {
                ($0.registration.pairs.sameMap, $0.registration.pairs.sameContrast) = (1, share)
                $0.data.synthetic.settings.anatomy.elastic = 0
                $0.registration.pairs.fine = 0
                ($0.registration.pairs.rotation, $0.registration.pairs.scaling) = (0, 0)
                ($0.registration.pairs.shear, $0.registration.pairs.translation) = (0, 0)
                $0.data.synthetic.settings.randomContrast = 1
                $0.data.synthetic.settings.acquisition.noise = 0...0.001
                $0.data.synthetic.settings.acquisition.gamma = 0
                $0.data.synthetic.settings.acquisition.thickSlices = 0
            }
            let pairs = try experiment.pairs()
            return try (0..<3).reduce(0) { sum, n in
                let images = try pairs.pair(n).images
                return try sum
                    + zip(images[..<32_768], images[32_768...]).reduce(0.0) {
                        $0 + Double(abs($1.0 - $1.1)) / 32_768
                    }
            }
        }
        #expect(try likeness(1) < 0.6 * likeness(0))
    }

    @Test func sharesAddUp() throws {
        let pair = try brains.experiment().pairs().pair(0)
        let shares = pair.shares(of: pair.fixed), cells = 16 * 16 * 16
        #expect(shares.count == pair.structures * cells)
        let sum = shares.reduce(0, +)
        #expect(abs(sum - Float(pair.fixed.filter { $0 > 0 }.count) / 8) < 0.01)
        // By hand: the eight voxels of the cell in the middle.
        let cell = 7 + 16 * (7 + 16 * 7)
        let voxels = [0, 1, 32, 33, 1024, 1025, 1056, 1057].map { $0 + 14 * (1 + 32 + 1024) }
        for structure in 1...pair.structures {
            let count = voxels.filter { pair.fixed[$0] == UInt8(structure) }.count
            #expect(shares[(structure - 1) * cells + cell] == Float(count) / 8)
        }
    }

    @Test func mapsAreHeldOutByName() throws {
        let plan = try TrainingPlan(brains.experiment(), memory: 8 << 30)
        #expect(plan.heldOut == ["three"])
        #expect(plan.choices.first { $0.name == "label maps" }?.value == "2 to train on, 1 to validate")
        #expect(try plan.text().contains("task: registration"))
        let strange = brains.experiment { $0.data.validation = .subjects(["four"]) }
        #expect { try strange.pairs() } throws: { "\($0)".contains("four") && "\($0)".contains("three") }
        let all = brains.experiment { $0.data.validation = .subjects(["one", "two", "three"]) }
        #expect { try all.pairs() } throws: { "\($0)".contains("no label map to train on") }
    }

    @Test func measuresAStep() throws {
        let plan = try TrainingPlan(brains.experiment(), memory: 8 << 30, measures: true)
        let found = try #require(plan.measurement)
        #expect(found.stepSeconds > 0 && found.batchSeconds > 0 && found.peakBytes > 0)
    }

    @Test(arguments: [
        ("registration.size=[30, 32, 32]", "multiples of 32"), ("registration.pairs.sameMap=2", "sameMap"),
        ("registration.pairs.fineScale=1", "fineScale"), ("registration.loss.dice=-1", "loss.dice"),
        ("sampling.batch=2", "batch"), ("data.input.contrasts=[]", "contrast"),
        ("registration.pairs.sameContrast=-0.1", "sameContrast"), ("registration.model=unet", "unet"),
    ])
    func whatCannotBeTrainedIsExplained(setting: String, why: String) throws {
        let yaml = try brains.experiment().yaml()
        #expect {
            try Experiment(yaml: yaml, named: "toy.yaml", settings: [setting])
        } throws: {
            "\($0)".contains(why)
        }
    }
}
