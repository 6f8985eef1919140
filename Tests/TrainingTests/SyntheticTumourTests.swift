import BrainData
import Foundation
import NeuralNet
import TestSupport
import Testing

@testable import Training

@Suite struct SyntheticTumourTests {
    private static let (core, oedema, enhancing): (UInt16, UInt16, UInt16) = (1, 2, 4)

    private func heads(_ count: Int, _ change: (inout Synthesis) -> Void) throws -> [SyntheticHead] {
        let synthesiser = try ToySynthesis.synthesiser(ToySynthesis.settings(change))
        return try (0..<count).map { try synthesiser.head($0, contrasts: [.t1ce]) }
    }

    /// The labels around each voxel that carries one, over shared faces, where the image shows anything.
    private func neighbours(of label: UInt16, in head: SyntheticHead) -> Set<UInt16> {
        let size = head.labels.grid.size
        var found: Set<UInt16> = []
        for n in head.labels.voxels.indices where head.labels.voxels[n] == label {
            for step in [1, size.x, size.x * size.y] {
                for near in [n - step, n + step] where head.shown.voxels[near] && head.brain.voxels[near] {
                    found.insert(head.labels.voxels[near])
                }
            }
        }
        return found
    }

    @Test func theRimEnclosesTheNecrosis() throws {
        let rims = try heads(4) { settings in
            (settings.tumour.nonEnhancing, settings.tumour.solid, settings.tumour.broken) = (0, 0, 0)
            settings.tumour.core = 0.6...0.8
            settings.tumour.volume = 2...3
        }
        #expect(rims.allSatisfy { $0.record.enhancement == "rim" })
        #expect(rims.contains { $0.labels.voxels.contains(Self.core) })
        for head in rims { #expect(neighbours(of: Self.core, in: head).isSubset(of: [Self.core, Self.enhancing])) }
    }

    @Test func gapsOpenTheRimAndSolidTumoursHaveLittleNecrosis() throws {
        let broken = try heads(6) { settings in
            (settings.tumour.nonEnhancing, settings.tumour.solid, settings.tumour.broken) = (0, 0, 1)
            settings.tumour.core = 0.6...0.8
            settings.tumour.volume = 2...3
        }
        #expect(broken.contains { !neighbours(of: Self.core, in: $0).isSubset(of: [Self.core, Self.enhancing]) })
        for head in try heads(3, { ($0.tumour.nonEnhancing, $0.tumour.solid) = (0, 1) }) {
            #expect((head.record.tumour["core"] ?? 0) < 0.3 * (head.record.tumour["enhancing"] ?? 0))
        }
    }

    @Test func lowerGradesDoNotEnhance() throws {
        for head in try heads(3, { $0.tumour.nonEnhancing = 1 }) {
            #expect(head.record.enhancement == "none")
            #expect(!head.labels.voxels.contains(Self.enhancing) && head.labels.voxels.contains(Self.core))
        }
    }

    @Test func labelsLieInsideTheBrainAndOedemaInItsTissue() throws {
        let map = try HeadMap(ToyHead.labels, path: "toy.nii")
        #expect(map.voxels.contains { $0 & HeadMap.brainBit != 0 })
        for head in try heads(4, { _ in }) {
            for n in head.labels.voxels.indices where head.labels.voxels[n] != 0 {
                #expect(head.brain.voxels[n] && head.shown.voxels[n])
            }
            #expect(head.labels.voxels.contains(Self.oedema))
        }
    }

    @Test func sizesAreThoseAskedFor() throws {
        for head in try heads(6, { $0.stripping = .init(shift: 0, waviness: 0) }) {
            let whole = head.record.tumour.values.reduce(0, +)
            #expect(whole > 0.8 && whole < 2.4)
        }
    }

    @Test func kindsComeAsOftenAsTheSettingsSay() {
        var counts: [TumourPlan.Enhancement: Int] = [:]
        var multifocal = 0
        for number in 0..<4000 {
            var random = SplitMix(seed: UInt64(number), name: "plan")
            let plan = TumourPlan(Synthesis.Tumour(), &random)
            counts[plan.enhancement, default: 0] += 1
            if plan.cores.count > 1 { multifocal += 1 }
            #expect((10...200).contains(plan.whole) && plan.cores.reduce(0, +) < plan.whole)
            #expect(plan.cores.allSatisfy { $0 > 0 })
        }
        #expect(abs(Double(counts[.none] ?? 0) / 4000 - 0.2) < 0.03)
        #expect(abs(Double(counts[.solid] ?? 0) / 4000 - 0.1) < 0.03)
        #expect(abs(Double(counts[.brokenRim] ?? 0) / 4000 - 0.28) < 0.04)
        #expect(abs(Double(multifocal) / 4000 - 0.15) < 0.03)
    }

    @Test func theTumourShowsInEveryContrastAsItShould() throws {
        let settings = ToySynthesis.plain { all in
            (all.tumour.nonEnhancing, all.tumour.solid, all.tumour.broken) = (0, 0, 0)
            all.tumour.core = 0.6...0.8
            all.tumour.massEffect = 0...0
        }
        var differences: [String: [Double]] = [:]
        for number in 0..<5 {
            let head = try ToySynthesis.synthesiser(settings).head(number)
            for (contrast, volume) in head.images {
                func mean(_ label: UInt16) -> Double? {
                    let own = volume.voxels.indices.filter { head.labels.voxels[$0] == label && isDeep($0, in: head) }
                    guard own.count > 20 else { return nil }
                    return own.reduce(0) { $0 + Double(volume.voxels[$1]) } / Double(own.count)
                }
                let healthy = try #require(mean(0))
                for (name, label) in [("oedema", Self.oedema), ("rim", Self.enhancing), ("core", Self.core)] {
                    if let mean = mean(label) {
                        differences["\(name) \(contrast)", default: []].append(mean / healthy - 1)
                    }
                }
            }
        }
        let mean = differences.mapValues { $0.reduce(0, +) / Double($0.count) }
        // Against white matter.
        #expect((mean["oedema t2"] ?? 0) > 0.3 && (mean["oedema flair"] ?? 0) > 0.2)
        #expect((mean["oedema t1"] ?? 0) < 0 && (mean["rim t1"] ?? 0) < 0 && (mean["rim t1ce"] ?? 0) > 0.15)
        #expect((mean["core t1"] ?? 0) < -0.1 && (mean["core t1ce"] ?? 0) < -0.1 && (mean["core t2"] ?? 0) > 0.3)
    }

    /// Whether a voxel lies where the toy has white matter.
    private func isDeep(_ n: Int, in head: SyntheticHead) -> Bool {
        let grid = head.labels.grid
        let away = grid.affine(SIMD3<Double>(grid.voxel(at: n))) - grid.centre
        return (3.5...9).contains((away * away).sum().squareRoot())
    }
}

extension Synthesis.Stripping {
    init(shift: Double, waviness: Double) {
        self.init()
        (self.shift, self.waviness) = (shift, waviness)
    }
}
