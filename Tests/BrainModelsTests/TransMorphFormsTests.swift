import Foundation
import NeuralNet
import Testing

@testable import BrainModels

/// The networks beside TransMorph's own: with a velocity, with B-splines, and affine.
@Suite struct TransMorphFormsTests {
    private let golden: TransMorphGolden

    init() throws { golden = try TransMorphGolden() }

    @Test(arguments: TransMorphDiff.Form.allCases)
    func theDiffeomorphicNetworkIsTheReferences(form: TransMorphDiff.Form) throws {
        var c = TransMorphDiff.Configuration()
        (c.network, c.form) = (TransMorphGolden.small(), form)
        let weights = Weights(try golden.weights("diff"), type: .float64)
        let network = try TransMorphDiff(weights, c)
        try weights.finish()
        let label = form == .published ? "shipped" : "diff"
        for (name, map) in try network.stages(golden.input) {
            let reference = try golden.numbers.tensor("\(label).\(name)")
            let found = try map.thinnedAsGolden()
            #expect(try found.largestDifference(to: reference) < 1e-6 * reference.scale(), "\(name)")
        }
    }

    @Test func aVelocityIsDrawnInTraining() throws {
        var c = TransMorphDiff.Configuration()
        c.network = TransMorphGolden.small()
        let network = try TransMorphDiff(Weights(seed: 3), c)
        let still = try network.features(golden.input)
        let drawn = try network.features(golden.input, noise: Tensor(repeating: 1, shape: still.velocity.shape))
        // The variance starts at exp(-10).
        let shift = try (drawn.integrated - still.integrated).narrowed(2, from: 4, length: 8)
            .narrowed(3, from: 4, length: 8).narrowed(4, from: 4, length: 8).floats()
        #expect(shift.allSatisfy { abs($0 - Float(exp(-5.0))) < 1e-3 })
        #expect(try network(golden.input).floats() == still.displacements.floats())
    }

    @Test func theAffineNetworkIsTheReferences() throws {
        var c = TransMorph.Configuration()
        (c.embedding, c.heads, c.depths) = (4, [1, 2, 2, 4], [2, 1, 1, 1])
        (c.window, c.headChannels) = ([2, 2, 3], 4)
        let weights = Weights(try golden.weights("affine"))
        let network = try TransMorphAffine(weights, c)
        try weights.finish()
        let x = try Golden.waves([1, 2, 64, 64, 96], fast: 0.011, slow: 0.37)
        let map = try network.map(x)
        #expect(try map.matrix.largestDifference(to: golden.numbers.tensor("affine.matrix")) < 1e-5)
        let inverse = try map.inverse().matrix.narrowed(2, from: 0, length: 3)
        let reference = try golden.numbers.tensor("affine.inverse")
        #expect(try inverse.relativeDistance(to: reference) < 1e-4)
        let warped = try map.warp(x.narrowed(1, from: 0, length: 1)).thinned([6, 6, 6])
        #expect(try warped.largestDifference(to: golden.numbers.tensor("affine.warped")) < 1e-4)
        #expect(throws: NetworkError.input(expected: "[batch, 2, 64, 64, 96]", found: [1, 2, 32, 32, 32])) {
            try network(Tensor(repeating: 1, shape: [1, 2, 32, 32, 32]))
        }
    }

    @Test func theOtherNetworksHaveThePublishedNumberOfParameters() throws {
        let diff = Weights.outline(), affine = Weights.outline()
        _ = try TransMorphDiff(diff)
        _ = try TransMorphAffine(affine)
        #expect(diff.tensors.reduce(0) { $0 + $1.tensor.count } == 46_557_414)
        #expect(affine.tensors.reduce(0) { $0 + $1.tensor.count } == 90_095_131)
    }

    @Test func theBSplineNetworkIsTheReferences() throws {
        var c = TransMorphBSpline.Configuration()
        (c.network, c.controlSpacing, c.controlChannels) = (TransMorphGolden.small(), [3, 4, 2], [5, 4])
        let weights = Weights(try golden.weights("bspline"), type: .float64)
        let network = try TransMorphBSpline(weights, c)
        try weights.finish()
        let stages = try network.stages(golden.input)
        #expect(stages.map(\.name) == ["velocity", "warped", "flow"])
        for (name, map) in stages {
            let reference = try golden.numbers.tensor("bspline.\(name)")
            let found = try map.thinnedAsGolden()
            #expect(found.shape == reference.shape, "\(name)")
            #expect(try found.largestDifference(to: reference) < 1e-6 * reference.scale(), "\(name)")
        }
        #expect(try network(golden.input).floats() == stages.last?.map.floats())
    }

    /// Splines of degree three give straight lines back, and their weights sum to 1.
    @Test(arguments: [[2, 3, 4], [3, 3, 3], [8, 5, 2]]) func splinesKeepStraightLines(spacing: [Int]) throws {
        let grid = BSplineGrid(spacing: spacing), sides = [7, 9, 6]
        let points = grid.points(for: sides)
        #expect(points == zip(sides, spacing).map { ($0 - 1 + $1 - 1) / $1 + 3 })
        for axis in 0..<3 {
            var shape = [1, 1, 1, 1, 1]
            shape[axis + 2] = points[axis]
            // A control point stands before the first voxel.
            let line = (0..<points[axis]).map { Float(2 + ($0 - 1) * spacing[axis]) }
            let field = try grid.field(Tensor(line, shape: shape).expanded(to: [1, 1] + points), sides: sides)
            #expect(field.shape == [1, 1] + sides)
            let found = try field.floats(), step = [sides[1] * sides[2], sides[2], 1][axis]
            for n in found.indices { #expect(abs(found[n] - Float(2 + n / step % sides[axis])) < 1e-4) }
        }
    }

    @Test(arguments: [
        "{\"controlSpacing\": [3, 3]}", "{\"controlSpacing\": [1, 3, 3]}", "{\"controlChannels\": []}",
        "{\"controlChannels\": [0]}", "{\"squarings\": 21}", "{\"network\": {\"depths\": [2]}}",
    ])
    func controlGridsThatDoNotFitAreRefused(json: String) throws {
        let entry = try Catalog.entry(named: "transmorph-bspline")
        #expect { try entry.build(Weights.outline(), Data(json.utf8)) } throws: { error in
            if case NetworkError.configuration = error { true } else { false }
        }
    }

    @Test func theDivergenceIsTheReferences() throws {
        var c = TransMorphDiff.Configuration()
        c.network = TransMorphGolden.small()
        let network = try TransMorphDiff(Weights(golden.weights("diff"), type: .float64), c)
        let found = try network.features(golden.input)
        let logarithm = try #require(found.logarithm)
        let value = try RegistrationLoss.divergence(found.velocity, logarithm: logarithm).doubles()[0]
        let reference = try golden.numbers.tensor("diff.divergence").doubles()[0]
        #expect(abs(value - reference) < 1e-5 * abs(reference))
    }

    @Test func withoutVarianceOneHeadIsLeftAway() throws {
        var c = TransMorphDiff.Configuration()
        (c.network, c.estimatesVariance) = (TransMorphGolden.small(), false)
        let weights = Weights(seed: 3)
        let network = try TransMorphDiff(weights, c)
        #expect(!weights.tensors.contains { $0.name.hasPrefix("flow_sigma") })
        let found = try network.features(golden.input)
        #expect(found.logarithm == nil)
        #expect(try network.velocity(golden.input).floats() == found.velocity.floats())
        c.estimatesVariance = true
        let whole = try TransMorphDiff(Weights(seed: 3), c)
        #expect(try whole(golden.input).floats() == found.displacements.floats())
        #expect(try whole.stages(golden.input).map(\.name) == ["velocity", "sigma", "warped", "flow"])
        #expect(try network.stages(golden.input).map(\.name) == ["velocity", "warped", "flow"])
    }
}
