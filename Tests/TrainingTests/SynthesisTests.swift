import BrainData
import BrainModels
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

/// Toy heads with toy tumours: a brain of 9 ml.
enum ToySynthesis {
    static func settings(_ change: (inout Synthesis) -> Void = { _ in }) -> Synthesis {
        var settings = Synthesis()
        settings.tumour.volume = 1...2
        settings.tumour.rim = 1...2
        settings.tumour.multifocal = 0
        change(&settings)
        return settings
    }

    /// The toy as it is: nothing turned, bent, blurred or shaded.
    static func plain(_ change: (inout Synthesis) -> Void = { _ in }) -> Synthesis {
        settings { all in
            (all.anatomy.rotation, all.anatomy.scaling, all.anatomy.shear, all.anatomy.elastic) = (0, 0, 0, 0)
            (all.anatomy.translation, all.anatomy.mirror) = (0, 0)
            all.appearance.departure = 0
            all.acquisition.blur = 0...0
            all.acquisition.noise = 0...0
            (all.acquisition.bias, all.acquisition.gamma, all.acquisition.thickSlices) = (0, 0, 0)
            (all.acquisition.misregistration, all.stripping.shift, all.stripping.waviness) = (0, 0, 0)
            change(&all)
        }
    }

    static func synthesiser(_ settings: Synthesis = settings(), seed: UInt64 = 3) throws -> Synthesiser {
        Synthesiser([try HeadMap(ToyHead.labels, path: "toy.nii")], settings, seed: seed)
    }
}

@Suite struct SynthesisTests {
    @Test func theSameNumberGivesTheSameCaseOnAnyThread() throws {
        let synthesiser = try ToySynthesis.synthesiser()
        let alone = try synthesiser.head(7)
        let together = try [6, 7, 8].mappedConcurrently { (n) throws(ImagingError) in try synthesiser.head(n) }
        #expect(together[1].labels == alone.labels && together[1].brain == alone.brain)
        for contrast in Contrast.allCases {
            #expect(together[1].images[contrast]?.voxels == alone.images[contrast]?.voxels)
        }
        #expect(together[0].images[.t1]?.voxels != alone.images[.t1]?.voxels)
        let other = try ToySynthesis.synthesiser(seed: 4).head(7)
        #expect(other.images[.t1]?.voxels != alone.images[.t1]?.voxels)
    }

    @Test func aContrastHangsOnNoOther() throws {
        let synthesiser = try ToySynthesis.synthesiser()
        let (all, one) = (try synthesiser.head(2), try synthesiser.head(2, contrasts: [.t2]))
        #expect(one.images.count == 1)
        #expect(one.images[.t2]?.voxels == all.images[.t2]?.voxels)
        #expect(one.labels == all.labels)
    }

    @Test func imagesAreZeroOutsideTheBrainAndFiniteInside() throws {
        let synthesiser = try ToySynthesis.synthesiser()
        for number in 0..<4 {
            let head = try synthesiser.head(number)
            for volume in head.images.values {
                #expect(zip(volume.voxels, head.shown.voxels).allSatisfy { $0.isFinite && ($0 > 0) == $1 })
            }
            let share = Double(head.shown.intersection(head.brain).count) / Double(head.brain.count)
            #expect(share > 0.6)
        }
    }

    @Test func theBrainIsWhatTheLabelsSay() throws {
        let head = try ToySynthesis.synthesiser(ToySynthesis.plain { $0.tumour.share = 0 }).head(0)
        let tissue = { (radius: Double) in 4 / 3 * Double.pi * pow(radius, 3) / 1000 }
        // Brain and the fluid against it, not the bone.
        #expect(head.brain.millilitres > tissue(13) && head.brain.millilitres < 1.05 * tissue(14.5))
        #expect(head.record.enhancement == nil && head.record.tumour.isEmpty)
        #expect(!head.labels.voxels.contains { $0 != 0 })
    }

    @Test(arguments: [
        (Contrast.t1, [UInt16(24), 3, 2]), (.t1ce, [24, 3, 2]), (.t2, [2, 3, 24]), (.flair, [24, 2, 3]),
    ]) func tissuesAreOrderedAsTheContrastSays(contrast: Contrast, darkToBright: [UInt16]) throws {
        let plain = ToySynthesis.plain { settings in
            settings.tumour.share = 0
            settings.appearance.contrast = 1...1
            settings.wholeHead = 1
        }
        let head = try ToySynthesis.synthesiser(plain).head(0, contrasts: [contrast])
        let image = try #require(head.images[contrast])
        let middle = image.grid.centre
        let means = darkToBright.map { label in
            let shell = try? Self.shell(label)
            var (sum, count) = (0.0, 0)
            for n in image.voxels.indices {
                let away = image.grid.affine(SIMD3<Double>(image.grid.voxel(at: n))) - middle
                guard let shell, shell.contains((away * away).sum().squareRoot()) else { continue }
                sum += Double(image.voxels[n])
                count += 1
            }
            return sum / Double(count)
        }
        #expect(means == means.sorted())
    }

    /// The radii at which a tissue of the toy is surely met; the outermost fluid is dura.
    private static func shell(_ label: UInt16) throws -> ClosedRange<Double> {
        let place = try #require(ToyHead.radii.firstIndex { $0.label == label })
        return ToyHead.radii[place - 1].radius + 0.6...ToyHead.radii[place].radius - 1.1
    }

    @Test func aWholeHeadKeepsItsSkin() throws {
        let whole = try ToySynthesis.synthesiser(ToySynthesis.settings { $0.wholeHead = 1 }).head(1)
        #expect(whole.record.wholeHead)
        #expect(whole.shown.count > 2 * whole.brain.count)
        let t1 = try #require(whole.images[.t1])
        let skin = zip(t1.voxels, zip(whole.shown.voxels, whole.brain.voxels)).filter { $1.0 && !$1.1 }.map(\.0)
        #expect(skin.reduce(0, +) / Float(skin.count) > 0.2 * (t1.voxels.max() ?? 0))
    }

    @Test func randomContrastsBreakTheOrder() throws {
        let settings = ToySynthesis.settings { $0.randomContrast = 1 }
        let synthesiser = try ToySynthesis.synthesiser(settings)
        #expect(try synthesiser.head(0, contrasts: [.t1]).record.randomContrast)
        var darker = 0
        for seed in 0..<200 {
            var random = SplitMix(seed: UInt64(seed))
            let look = Painter.Look(random: &random)
            if look.means[Int(HeadTissue.whiteMatter.rawValue)] < look.means[Int(HeadTissue.fluid.rawValue)] {
                darker += 1
            }
        }
        #expect((70...130).contains(darker))
    }

    @Test func aPreparedCaseIsLikeARealOne() throws {
        let patient = try ToySynthesis.synthesiser().preparedCase(5)
        #expect(patient.name == "synthetic-00005")
        #expect(patient.channels.count == 4)
        #expect(!patient.foreground.isEmpty)
        for case let voxels? in patient.channels {
            let inside = zip(voxels, patient.shown.voxels).filter(\.1).map(\.0)
            let mean = inside.reduce(0, +) / Float(inside.count)
            let square = inside.reduce(0) { $0 + $1 * $1 } / Float(inside.count)
            #expect(abs(mean) < 1e-3 && abs(square - 1) < 1e-2)
            #expect(zip(voxels, patient.shown.voxels).allSatisfy { $1 || $0 == 0 })
        }
        // Bits of the core, the whole and the enhancing tumour: the enhancing lies in the core, the core in the whole.
        #expect(Set(patient.regions).isSubset(of: [0, 2, 3, 7]))
    }
}
