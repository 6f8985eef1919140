import Foundation
import NeuralNet
import Testing

@testable import BrainModels

/// What TransMorph makes of inputs and sizes that are not those of a golden file.
@Suite struct TransMorphInputTests {
    private let golden: TransMorphGolden

    init() throws { golden = try TransMorphGolden() }

    @Test(arguments: [[1, 2, 30, 64, 17], [2, 2, 32, 32, 32], [1, 2, 1, 5, 40]])
    func sidesOfAnyLengthArePaddedAndCropped(shape: [Int]) throws {
        let network = try TransMorph(Weights(seed: 2), TransMorphGolden.small())
        let x = try Golden.waves(shape, fast: 0.11, slow: 0.37)
        let flow = try network(x)
        #expect(flow.shape == [shape[0], 3] + shape.suffix(3))
        let margins = shape.suffix(3).map { (before: 0, after: ($0 + 31) / 32 * 32 - $0) }
        var whole = try network(x.padded(margins))
        for axis in 2...4 { whole = try whole.narrowed(axis, from: 0, length: shape[axis]) }
        #expect(try flow.largestDifference(to: whole) < 1e-6)
    }

    @Test func aFreshNetworkMovesNothing() throws {
        let network = try TransMorph(Weights(seed: 2), TransMorphGolden.small())
        let features = try network.features(golden.input)
        #expect(try features.displacements.norm() / Double(features.displacements.count).squareRoot() < 1e-3)
        #expect(try features.warped.largestDifference(to: golden.input.narrowed(1, from: 0, length: 1)) < 1e-2)
    }

    @Test(arguments: [[2, 32, 32, 32], [1, 3, 32, 32, 32], [1, 2, 0, 32, 32]])
    func anInputOfAnotherShapeIsRefused(shape: [Int]) throws {
        let network = try TransMorph(Weights(seed: 2), TransMorphGolden.small())
        #expect(throws: NetworkError.input(expected: "[batch, 2, i, j, k]", found: shape)) {
            try network(Tensor(repeating: 1, shape: shape))
        }
    }

    @Test(arguments: [
        "{\"depths\": [2, 2]}", "{\"heads\": [5, 4, 8, 8]}", "{\"window\": [1, 2, 2]}", "{\"window\": [5, 6]}",
        "{\"embedding\": 7, \"heads\": [7, 7, 7, 7]}", "{\"stochasticDepth\": 1}", "{\"positionSide\": 0}",
        "{\"positions\": \"here\"}",
    ])
    func sizesThatDoNotFitAreRefused(json: String) throws {
        let entry = try Catalog.entry(named: "transmorph")
        #expect { try entry.build(Weights.outline(), Data(json.utf8)) } throws: { error in
            if case NetworkError.configuration = error { true } else { false }
        }
    }
}
