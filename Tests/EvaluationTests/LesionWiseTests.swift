import BrainData
import Foundation
import Testing

@testable import Evaluation

@Suite struct LesionWiseTests {
    /// A case of `scripts/golden/lesions.py`: what the published script says.
    struct Published: Decodable, Sendable, CustomTestStringConvertible {
        let name, rules: String
        let size: [Int]
        let spacing: [Double]
        let prediction, truth: Golden.Shape
        let values: [String: Double]
        var testDescription: String { name }

        static let all: [Published] = {
            let file = Bundle.module.url(forResource: "lesions", withExtension: "json", subdirectory: "Golden")
            return file.flatMap { try? JSONDecoder().decode([Published].self, from: Data(contentsOf: $0)) } ?? []
        }()
    }

    @Test func thereIsAGoldenFile() { #expect(Published.all.count == 15) }

    @Test(arguments: Published.all) func agreeWithThePublishedScript(_ published: Published) throws {
        let grid = Grid(size: SIMD3(published.size), affine: Affine(spacing: SIMD3(published.spacing)))
        let pair = try MaskPair(prediction: published.prediction.mask(grid), truth: published.truth.mask(grid))
        let rules = try #require(LesionRules(named: published.rules))
        let scores = RegionScores(pair, metrics: Metric.lesionWise(rules))
        #expect(Set(scores.values.keys) == Set(published.values.keys))
        for (name, value) in published.values {
            let own = scores.values[name] ?? .nan
            #expect(abs(own - value) < 1e-9, "\(name): \(own), the script says \(value)")
        }
    }

    private let strict = LesionRules(name: "strict", dilations: 0, largestIgnored: 0)
    private let joining = LesionRules(name: "joining", dilations: 1, largestIgnored: 0)

    private func scores(_ prediction: String, _ truth: String, _ rules: LesionRules) throws -> LesionWiseScores {
        try MaskPair(prediction: drawn(prediction), truth: drawn(truth)).lesionWiseScores(rules)
    }

    @Test func aMissedLesionHalvesTheScore() throws {
        let scores = try scores("##......", "##....##", strict)
        #expect(scores.found == 1 && scores.missed == 1 && scores.falseLesions == 0)
        #expect(scores.dice == 0.5 && scores.hd95 == 187)
    }

    @Test func aFalseOneCountsAsALesionOfNothing() throws {
        let scores = try scores("##.#...#", "##......", strict)
        #expect(scores.falseLesions == 2 && scores.lesions.count == 1)
        #expect(abs(scores.dice - 1.0 / 3) < 1e-12 && abs(scores.hd95 - 748.0 / 3) < 1e-12)
    }

    @Test func growthJoinsWhatIsNearAndReachesWhatIsBeside() throws {
        #expect(try scores("........", "#..#...#", joining).lesions.count == 2)
        #expect(try scores("........", "#..#...#", strict).lesions.count == 3)
        // Beside the lesion and not on it: found, with nothing right.
        let beside = try scores("..#.....", ".#......", joining)
        #expect(beside.found == 1 && beside.falseLesions == 0 && beside.dice == 0 && beside.hd95 == 1)
        #expect(try scores("..#.....", ".#......", strict).falseLesions == 1)
        // Eighteen neighbours: over an edge, not over a corner.
        #expect(try scores("... .#./... ...", "#.. .../... ...", joining).falseLesions == 0)
        #expect(try scores("... .../... .#.", "#.. .../... ...", joining).falseLesions == 1)
    }

    @Test func smallLesionsAreLeftOutAndForgiveWhatReachesThem() throws {
        let rules = LesionRules(name: "two", dilations: 0, largestIgnored: 2)
        let scores = try scores("###..##.", "###...##", rules)
        #expect(scores.lesions.map(\.counts) == [true, false])
        #expect(scores.found == 1 && scores.missed == 0 && scores.falseLesions == 0 && scores.dice == 1)
    }

    @Test func nothingIsPerfectOnlyWhereThereIsNothing() throws {
        #expect(try scores("....", "....", strict).dice == 1 && scores("....", "....", strict).hd95 == 0)
        #expect(try scores(".#..", "....", strict).dice == 0 && scores("....", ".#..", strict).hd95 == 374)
    }

    @Test func casesTellTheirTask() {
        #expect(LesionRules(caseName: "BraTS-MET-00012-000") == .metastases)
        #expect(LesionRules(caseName: "brats-men-00012-000") == .meningiomas)
        #expect(LesionRules(caseName: "BraTS-SSA-00011-000") == .africa)
        for other in ["BraTS2021_00006", "BraTS-NEW-1-0", "met-00012", ""] {
            #expect(LesionRules(caseName: other) == .gliomas)
        }
        #expect(LesionRules(named: "MET")?.largestIgnored == 2 && LesionRules(named: "other") == nil)
    }

    @Test func metricsAreUniqueBesideTheOthers() {
        let all = Metric.all + Metric.lesionWise(.gliomas)
        #expect(Set(all.map(\.name)).count == all.count && Set(all.map(\.column)).count == all.count)
    }
}

@Suite struct SurfaceElementTests {
    private let unit = SIMD3(1.0, 1, 1)

    @Test func areasAreThoseOfMarchingCubes() {
        // A corner cut off, an edge, a face, a corner with its three neighbours: flat, and worked by hand.
        #expect(abs(SurfaceElements.area(of: 0b1, faces: unit) - 3.0.squareRoot() / 8) < 1e-12)
        #expect(abs(SurfaceElements.area(of: 0b11, faces: unit) - 0.5.squareRoot()) < 1e-12)
        #expect(SurfaceElements.area(of: 0b1111, faces: unit) == 1)
        #expect(abs(SurfaceElements.area(of: 0b10111, faces: unit) - 0.75 * 3.0.squareRoot()) < 1e-12)
        #expect(SurfaceElements.area(of: 0, faces: unit) == 0 && SurfaceElements.area(of: 255, faces: unit) == 0)
        // Two voxels on top of each other cut an upright strip: half the diagonal of a 2 × 3 base, 5 high.
        let faces = SIMD3(3.0 * 5, 2 * 5, 2 * 3)
        #expect(abs(SurfaceElements.area(of: 0b10001, faces: faces) - 2.5 * 13.0.squareRoot()) < 1e-12)
    }

    @Test func insideAndOutsideMayChangeOver() {
        let faces = SIMD3(1.0, 2, 5)
        for pattern in UInt8.min...UInt8.max {
            let (area, other) = (
                SurfaceElements.area(of: pattern, faces: faces), SurfaceElements.area(of: ~pattern, faces: faces)
            )
            #expect(abs(area - other) < 1e-12)
        }
        let kinds = Set((0...255).map { (SurfaceElements.area(of: $0, faces: unit) * 1e6).rounded() })
        #expect(kinds.count == 13, "nothing, and thirteen kinds of which two are equal: \(kinds)")
    }

    @Test func distancesAreWeightedByArea() throws {
        let elements = SurfaceElements(size: [8, 1, 1], spacing: [2, 1, 1])
        let row = { (text: String) in text.map { $0 == "#" } }
        #expect(elements.distance(between: row("###....."), and: row("###....."), percent: 95) == 0)
        #expect(elements.distance(between: row("###....."), and: row("####...."), percent: 100) == 2)
        #expect(elements.distance(between: row("###....."), and: row("........"), percent: 95) == nil)
    }
}
