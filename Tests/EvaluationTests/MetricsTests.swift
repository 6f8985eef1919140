import BrainData
import Foundation
import Testing

@testable import Evaluation

@Suite struct MetricsAgainstReferences {
    @Test(arguments: Golden.metrics?.cases ?? []) func agreeWithMedpy(_ golden: Golden.Case) throws {
        let pair = try golden.pair
        for metric in Metric.all {
            let expected = try #require(golden.values[metric.name])
            #expect(abs(metric(pair) - expected) < 1e-6, "\(metric.name): \(metric(pair)), not \(expected)")
        }
    }

    @Test(arguments: Golden.metrics?.cases ?? []) func theDirectedFormAgreesWithMONAI(_ golden: Golden.Case) throws {
        let expected = try #require(golden.values["hd95_directed"])
        let found = Metric.hd95Directed(try golden.pair)
        #expect(abs(found - expected) < 1e-6 * max(1, expected))  // MONAI answers in single precision
    }

    @Test func theReferencesAreThere() { #expect(Golden.metrics?.cases.count == 12) }
}

@Suite struct HandWorkedMetrics {
    @Test(arguments: [("##..", "##..", 1.0), ("##..", ".##.", 0.5), ("####", "#...", 0.4)])
    func dice(prediction: String, truth: String, expected: Double) throws {
        #expect(abs(try Metric.dice(drawn(prediction), drawn(truth)) - expected) < 1e-12)
    }

    @Test(arguments: [("##..", "####", 0.5), ("####", "#...", 1.0), ("#...", "..##", 0.0)])
    func sensitivity(prediction: String, truth: String, expected: Double) throws {
        #expect(try Metric.sensitivity(drawn(prediction), drawn(truth)) == expected)
    }

    @Test(arguments: [("##..", "####", 1.0), ("####", "#...", 0.25), ("#...", "..##", 0.0)])
    func precision(prediction: String, truth: String, expected: Double) throws {
        #expect(try Metric.precision(drawn(prediction), drawn(truth)) == expected)
    }

    @Test(arguments: [("##..", "#...", 2.0 / 3), ("#...", "#...", 1.0), ("#...", "####", 1.0)])
    func specificity(prediction: String, truth: String, expected: Double) throws {
        #expect(abs(try Metric.specificity(drawn(prediction), drawn(truth)) - expected) < 1e-12)
    }

    @Test(arguments: [
        ("##..", "#...", 0.04, 0.02, 0.02), ("....", ".###", 0, 0.06, -0.06), ("####", "####", 0.08, 0.08, 0),
    ])
    func volumes(prediction: String, truth: String, predicted: Double, actual: Double, difference: Double) throws {
        // 20 µl a voxel
        let pair = try MaskPair(
            prediction: drawn(prediction, spacing: [1, 2, 10]), truth: drawn(truth, spacing: [1, 2, 10]))
        #expect(abs(Metric.predictedMillilitres(pair) - predicted) < 1e-12)
        #expect(abs(Metric.trueMillilitres(pair) - actual) < 1e-12)
        #expect(abs(Metric.volumeDifference(pair) - difference) < 1e-12)
    }

    // Two single voxels three steps of 2 mm apart; a row of two against its first voxel; across planes of 6.5 mm.
    @Test(arguments: [("#...", "...#", 6.0), ("##..", "#...", 2.0), ("#/.", "./#", 6.5)])
    func largestDistance(prediction: String, truth: String, expected: Double) throws {
        let spacing = SIMD3(2, 1, 6.5)
        #expect(try Metric.hd(drawn(prediction, spacing: spacing), drawn(truth, spacing: spacing)) == expected)
    }

    // Pooled distances: {6, 6}; {0, 2, 0}, of which the place 1.9 is 1.8; {0, 2, 4, 0}, of which the place 2.85 is 3.7.
    @Test(arguments: [("#...", "...#", 6.0, 6.0), ("##..", "#...", 1.8, 1.9), ("###.", "#...", 3.7, 3.8)])
    func distancePercentile(prediction: String, truth: String, pooled: Double, directed: Double) throws {
        let pair = try MaskPair(
            prediction: drawn(prediction, spacing: [2, 1, 1]), truth: drawn(truth, spacing: [2, 1, 1]))
        #expect(abs(Metric.hd95(pair) - pooled) < 1e-12)
        #expect(abs(Metric.hd95Directed(pair) - directed) < 1e-12)
    }

    @Test func surfacesLeaveOutWhatIsEnclosed() throws {
        let block = drawn("### ### ###/### ### ###/### ### ###")
        let box = try #require(Box(holding: [block]))
        let surface = SurfaceDistances.surface(of: block, in: box)
        #expect(surface.indices.filter { !surface[$0] } == [13])
    }

    @Test func everyMetricIsSymmetricOrHasAMirror() throws {
        let (a, b) = (drawn("###. .##. ...."), drawn(".#.. .### ...#"))
        let (there, back) = (try MaskPair(prediction: a, truth: b), try MaskPair(prediction: b, truth: a))
        for metric in [Metric.dice, .hd, .hd95, .hd95Directed] { #expect(metric(there) == metric(back)) }
        #expect(Metric.precision(there) == Metric.sensitivity(back))
        #expect(Metric.volumeDifference(there) == -Metric.volumeDifference(back))
    }
}

@Suite struct EmptyRegionTests {
    let none = drawn("...."), some = drawn(".##.")

    @Test func followTheChallenge() throws {
        for metric in [Metric.hd95, .hd, .hd95Directed] {
            #expect(try metric(none, none) == 0)
            #expect(try metric(some, none) == 373.1287)
            #expect(try metric(none, some) == 373.1287)
        }
        #expect(try Metric.dice(none, none) == 1)
        #expect(try Metric.dice(some, none) == 0)
        #expect(try Metric.dice(none, some) == 0)
    }

    @Test func followTheAuthorsByName() throws {
        for metric in [Metric.hd95, .hd] {
            #expect(try metric(none, some, empty: .authors) == 0)
            #expect(try metric(some, none, empty: .authors) == 0)
        }
        #expect(try Metric.dice(none, none, empty: .authors) == 1)
        #expect(try Metric.dice(none, some, empty: .authors) == 1)
        #expect(try Metric.dice(some, none, empty: .authors) == 0)
        #expect(try Metric.dice(some, some, empty: .authors) == 1)
    }

    @Test(arguments: EmptyRegions.allCases) func ratesAreOneWithoutAnythingAndZeroElse(_ empty: EmptyRegions) throws {
        #expect(try Metric.sensitivity(none, none, empty: empty) == 1)
        #expect(try Metric.precision(none, none, empty: empty) == 1)
        #expect(try Metric.sensitivity(some, none, empty: empty) == 0)
        #expect(try Metric.precision(none, some, empty: empty) == 0)
    }

    @Test func gridsMustBeOne() throws {
        let other = drawn("....", spacing: [1, 1, 2])
        let error = #expect(throws: EvaluationError.self) { try Metric.dice(some, other) }
        #expect(error == nil || "\(error!)".contains("expected 4 × 1 × 1 voxels of 1.00 × 1.00 × 2.00 mm"))
        #expect(throws: EvaluationError.self) { try Metric.dice(some, drawn(".....")) }
        let flat = drawn("..", spacing: [1, 0, 1])
        #expect(throws: EvaluationError.grid("2 × 1 × 1 voxels of 1.00 × 0.00 × 1.00 mm from (0.0, 0.0, 0.0)")) {
            try Metric.dice(flat, flat)
        }
    }
}

@Suite struct DistanceTransformTests {
    @Test func isExactOnAnyGrid() {
        let (size, spacing) = (SIMD3(7, 5, 6), SIMD3(0.7, 1.9, 6.5))
        let sites = (0..<210).map { $0 % 53 == 3 || $0 == 200 }
        let squared = squaredDistances(to: sites, size: size, spacing: spacing)
        func place(_ n: Int) -> SIMD3<Double> { SIMD3<Double>(SIMD3(n % 7, n / 7 % 5, n / 35)) * spacing }
        for n in sites.indices {
            let nearest = sites.indices.filter { sites[$0] }.map { site in
                let step = place(site) - place(n)
                return (step * step).sum()
            }.min()
            #expect(abs(squared[n] - (nearest ?? .nan)) < 1e-9)
        }
    }

    @Test func isInfiniteWithoutSites() {
        #expect(squaredDistances(to: [false, false], size: [2, 1, 1], spacing: [1, 1, 1]) == [.infinity, .infinity])
    }
}

@Suite struct SegmentationEvaluationTests {
    let none = drawn("...."), some = drawn(".##."), more = drawn(".###")

    @Test func scoresEveryRegion() throws {
        let evaluation = try SegmentationEvaluation(of: "a", [("WT", more, some), ("ET", none, some)])
        #expect(evaluation.regions == ["WT", "ET"])
        #expect(evaluation.scores["WT"]?.dice == 0.8)
        #expect(evaluation.scores["WT"]?.hd == 1)
        #expect(evaluation.scores["WT"]?.sensitivity == 1)
        #expect(evaluation.scores["ET"]?.hd95 == EmptyRegions.worstDistance)
        #expect(evaluation.scores["ET"]?.values.count == Metric.all.count)
        #expect(evaluation.leftOut.isEmpty)
    }

    @Test func authorsLeaveOutFalseAlarms() throws {
        let regions: [SegmentationEvaluation.Region] = [("ET", some, none), ("WT", some, none)]
        let authors = try SegmentationEvaluation(of: "a", regions, convention: .authors, selective: ["ET"])
        #expect(authors.leftOut == ["ET"])
        let missed = try SegmentationEvaluation(
            of: "b", [("ET", none, some), ("WT", some, some)], convention: .authors, selective: ["ET"])
        #expect(missed.leftOut.isEmpty)
        let summary = CohortSummary([authors, missed])
        #expect(summary["ET", .dice]?.cases == 1)
        #expect(summary["ET", .dice]?.mean == 1)
        #expect(summary["WT", .dice]?.cases == 2)
        #expect(summary["WT", .dice]?.mean == 0.5)
        #expect(try SegmentationEvaluation(of: "a", regions, selective: ["ET"]).leftOut.isEmpty)
    }

    @Test func survivesJSON() throws {
        let evaluation = try SegmentationEvaluation(of: "a", [("WT", more, some), ("ET", none, some)])
        let data = try JSONEncoder().encode(evaluation)
        #expect(try JSONDecoder().decode(SegmentationEvaluation.self, from: data) == evaluation)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let scores = try #require(object["scores"] as? [String: [String: Double]])
        #expect(scores["ET"]?["hd95"] == 373.1287)
        #expect(scores["WT"]?["trueMillilitres"] == 0.002)
        #expect(object["convention"] as? String == "brats")
    }

    @Test func namesAndColumnsAreUnique() {
        #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
        #expect(
            Metric.all.map(\.column) == [
                "dice", "hd95_mm", "hd_mm", "sensitivity", "precision", "specificity", "predicted_ml", "true_ml",
                "difference_ml",
            ])
    }
}
