import BrainModels
import Foundation
import NeuralNet
import Testing

/// Every loss by hand, and its gradient against differences.
@Suite struct RegistrationLossTests {
    init() { Engine.setThreads(1) }

    private func value(_ loss: Tensor) throws -> Double { try #require(try loss.doubles().first) }

    /// Compares gradients with differences of the loss in double precision.
    private func check(_ tensors: [String: Tensor], of loss: (Weights) throws -> Tensor) throws {
        let weights = Weights(TensorList(tensors), type: .float64, trainable: true)
        try Engine.recordingGradients { try loss(weights).backward() }
        for (name, parameter) in weights.parameters {
            let gradient = try #require(try parameter.gradient(), "\(name)").doubles()
            let start = try parameter.doubles()
            for n in stride(from: 0, to: start.count, by: max(1, start.count / 12)) {
                let values = try [1e-5, -1e-5].map { step in
                    var moved = tensors
                    moved[name] = try Tensor(.float64, shape: parameter.shape) { bytes in
                        let numbers = bytes.bindMemory(to: Double.self)
                        for (m, number) in start.enumerated() { numbers[m] = m == n ? number + step : number }
                    }
                    return try value(loss(Weights(TensorList(moved), type: .float64)))
                }
                let expected = (values[0] - values[1]) / 2e-5
                #expect(abs(gradient[n] - expected) < 1e-5 * max(1, abs(expected)), "\(name)[\(n)]")
            }
        }
    }

    private func waves(_ shape: [Int], _ fast: Double = 0.7) throws -> Tensor {
        try Golden.waves(shape, fast: fast, slow: 1.9)
    }

    @Test func localCorrelationByHand() throws {
        let sides = [4, 3, 5], a = try waves([1, 1] + sides), b = try waves([1, 1] + sides, 0.3)
        let x = try a.doubles(), y = try b.doubles()
        var sum = 0.0
        for n in 0..<60 {
            let (i, j, k) = (n / 15, n / 5 % 3, n % 5)
            var (sx, sy, sxx, syy, sxy) = (0.0, 0.0, 0.0, 0.0, 0.0)
            for p in max(0, i - 1)...min(3, i + 1) {
                for q in max(0, j - 1)...min(2, j + 1) {
                    for r in max(0, k - 1)...min(4, k + 1) {
                        let (u, v) = (x[p * 15 + q * 5 + r], y[p * 15 + q * 5 + r])
                        (sx, sy, sxx, syy, sxy) = (sx + u, sy + v, sxx + u * u, syy + v * v, sxy + u * v)
                    }
                }
            }
            let common = sxy - sx * sy / 27
            sum += common * common / ((sxx - sx * sx / 27) * (syy - sy * sy / 27) + 1e-5)
        }
        #expect(abs(try value(RegistrationLoss.localCorrelation(a, b, window: 3)) + sum / 60) < 1e-5)
    }

    @Test func localCorrelationIgnoresContrast() throws {
        // The zeros around make a shift of brightness seen near the borders: the image fades to 0 there.
        let side = 16
        let x = try FlowFieldTests.field([side, side, side]) { i, j, k in
            let near = [i, j, k].map { sin(.pi * $0 / Double(side - 1)) }.reduce(1, *)
            return [near * sin(i + 2 * j), 0, 0]
        }.displacements.narrowed(1, from: 0, length: 1)
        let same = try value(RegistrationLoss.localCorrelation(x, x.scaled(by: -3)))
        let self0 = try value(RegistrationLoss.localCorrelation(x, x))
        #expect(same < -0.9 && self0 < -0.9)
        #expect(try value(RegistrationLoss.localCorrelation(x, waves([1, 1, side, side, side]))) > -0.3)
        let shape = [1, 1, 4, 3, 5]
        try check(["a": waves(shape), "b": waves(shape, 0.3)]) {
            try RegistrationLoss.localCorrelation(
                $0.tensor("a", shape: shape), $0.tensor("b", shape: shape), window: 3)
        }
    }

    @Test func meanSquaredErrorByHand() throws {
        let a = try Tensor([1, 2, 3, 4], shape: [1, 1, 2, 2, 1]), b = try Tensor([1, 0, 3, 7], shape: [1, 1, 2, 2, 1])
        #expect(try value(RegistrationLoss.meanSquaredError(a, b)) == 13.0 / 4)
        let shape = [1, 1, 2, 2, 2]
        try check(["a": waves(shape)]) {
            try RegistrationLoss.meanSquaredError(
                $0.tensor("a", shape: shape), waves(shape, 0.3).converted(to: .float64))
        }
    }

    @Test func diceByHand() throws {
        // Label 0: 2 · (0.5 + 1) / (0.25 + 1 + 2); label 1 is nowhere in either and costs nothing.
        let a = try Tensor([0.5, 1, 0, 0, 0, 0], shape: [1, 2, 3, 1, 1])
        let b = try Tensor([1, 1, 0, 0, 0, 0], shape: [1, 2, 3, 1, 1])
        #expect(abs(try value(RegistrationLoss.dice(a, b)) - (1 - 3 / 3.25) / 2) < 1e-5)
        #expect(try value(RegistrationLoss.dice(b, b)) < 1e-6)
        let shape = [2, 2, 2, 2, 2]
        try check(["a": waves(shape), "b": waves(shape, 0.3)]) {
            try RegistrationLoss.dice($0.tensor("a", shape: shape), $0.tensor("b", shape: shape))
        }
    }

    @Test func diffusionByHand() throws {
        // Steps of 2 along i in one of three components, none elsewhere: 4 / 3 along i, over three axes.
        let field = try FlowFieldTests.field([3, 2, 2]) { i, _, _ in [2 * i, 5, 0] }.displacements
        #expect(abs(try value(RegistrationLoss.diffusion(field)) - 4.0 / 9) < 1e-6)
        let shape = [1, 3, 2, 3, 2]
        try check(["u": waves(shape)]) { try RegistrationLoss.diffusion($0.tensor("u", shape: shape)) }
    }

    @Test func foldingByHand() throws {
        let still = try FlowFieldTests.field([3, 3, 3]) { i, _, _ in [0.5 * i, 0, 0] }.displacements
        #expect(try value(RegistrationLoss.folding(still)) == 0)
        // Mirrored and stretched by two along k: a determinant of -2 everywhere.
        let mirrored = try FlowFieldTests.field([3, 3, 3]) { _, _, k in [0, 0, -3 * k] }.displacements
        #expect(abs(try value(RegistrationLoss.folding(mirrored)) - 2) < 1e-6)
        let shape = [1, 3, 3, 3, 3]
        try check(["u": waves(shape).scaled(by: 2)]) { try RegistrationLoss.folding($0.tensor("u", shape: shape)) }
    }

    @Test func inverseConsistencyByHand() throws {
        let there = try FlowFieldTests.field([4, 4, 4]) { _, _, _ in [0, 0, 0] }.displacements
        let back = try FlowFieldTests.field([4, 4, 4]) { _, _, _ in [3, 4, 0] }.displacements
        #expect(abs(try value(RegistrationLoss.inverseConsistency(there, back)) - 25) < 1e-4)
        #expect(try value(RegistrationLoss.inverseConsistency(there, there)) == 0)
        let shape = [1, 3, 3, 3, 3]
        try check(["u": waves(shape), "v": waves(shape, 0.3)]) {
            try RegistrationLoss.inverseConsistency($0.tensor("u", shape: shape), $0.tensor("v", shape: shape))
        }
    }

    @Test func mutualInformationByHand() throws {
        // Voxels at the centres of two bins: the Gaussian leaves exp(-2) in the other one.
        let a = try Tensor([0, 0, 1, 1], shape: [1, 1, 4, 1, 1])
        let (own, other) = (1 / (1 + exp(-2.0)), exp(-2.0) / (1 + exp(-2.0)))
        let equal = (own * own + other * other) / 2, apart = own * other
        let expected = 2 * equal * log(equal / 0.25) + 2 * apart * log(apart / 0.25)
        #expect(abs(try value(RegistrationLoss.mutualInformation(a, a, bins: 2)) + expected) < 1e-5)
        let unrelated = try Tensor([0, 1, 0, 1], shape: [1, 1, 4, 1, 1])
        #expect(abs(try value(RegistrationLoss.mutualInformation(a, unrelated, bins: 2))) < 1e-6)
        let negative = try a.scaled(by: -1, plus: 1)
        #expect(abs(try value(RegistrationLoss.mutualInformation(a, negative, bins: 2)) + expected) < 1e-5)
        let shape = [1, 1, 3, 3, 2]
        try check(["a": waves(shape).scaled(by: 0.3, plus: 0.5), "b": waves(shape, 0.3).scaled(by: 0.3, plus: 0.5)]) {
            try RegistrationLoss.mutualInformation($0.tensor("a", shape: shape), $0.tensor("b", shape: shape), bins: 6)
        }
    }

    /// Without squares a blurred label gains nothing over a sharp one that lies as badly.
    @Test func blurIsNoProgressWithoutSquares() throws {
        let fixed = try Tensor([0, 0, 1, 1, 0, 0], shape: [1, 1, 6, 1, 1])
        let sharp = try Tensor([0, 1, 1, 0, 0, 0], shape: [1, 1, 6, 1, 1])
        let blurred = try Tensor([0.5, 0.5, 0.5, 0.5, 0, 0], shape: [1, 1, 6, 1, 1])
        let plain = try [sharp, blurred].map { try value(RegistrationLoss.dice($0, fixed, squares: false)) }
        #expect(abs(plain[0] - 0.5) < 1e-5 && abs(plain[1] - 0.5) < 1e-5)
        let squared = try [sharp, blurred].map { try value(RegistrationLoss.dice($0, fixed)) }
        #expect(abs(squared[0] - 0.5) < 1e-5 && abs(squared[1] - 1.0 / 3) < 1e-5)
        #expect(try value(RegistrationLoss.dice(fixed, fixed, squares: false)) < 1e-5)
    }

    @Test func theDivergenceByHand() throws {
        // Two voxels along i, each with one neighbour: λ d σ² − ln σ² with σ² = 1/2, and a step of 3 along i.
        let logarithm = try Tensor(repeating: -log(2), shape: [1, 3, 2, 2, 2])
        let field = try Tensor([0, 3], shape: [1, 1, 2, 1, 1]).expanded(to: [1, 3, 2, 2, 2]).contiguous()
        let spread = 4 * 3 * 0.5 + log(2), rough = 9.0 / 3
        let found = try value(RegistrationLoss.divergence(field, logarithm: logarithm, precision: 4))
        #expect(abs(found - 1.5 * (spread + 2 * rough)) < 1e-4)
        try check(["field": waves([1, 3, 3, 2, 4]), "logarithm": waves([1, 3, 3, 2, 4], 0.3)]) { weights in
            try RegistrationLoss.divergence(
                weights.tensor("field", shape: [1, 3, 3, 2, 4]),
                logarithm: weights.tensor("logarithm", shape: [1, 3, 3, 2, 4]))
        }
    }

    @Test func theSymmetricLossAddsUp() throws {
        let images = try [waves([1, 1, 4, 5, 3]), waves([1, 1, 4, 5, 3], 0.4)]
        let fields = try [waves([1, 3, 4, 5, 3], 0.2), waves([1, 3, 4, 5, 3], 0.5)].map(FlowField.init)
        func only(_ key: WritableKeyPath<RegistrationLoss.SymmetricWeights, Double>) throws -> Double {
            var weights = RegistrationLoss.SymmetricWeights()
            (weights.similarity, weights.smoothness, weights.folding, weights.consistency) = (0, 0, 0, 0)
            weights[keyPath: key] = 2
            return try value(RegistrationLoss.symmetric(images[0], images[1], fields[0], fields[1], weights)) / 2
        }
        let (u, w) = (fields[0].displacements, fields[1].displacements)
        let similarity =
            try value(RegistrationLoss.meanSquaredError(fields[0].warp(images[0]), images[1]))
            + value(RegistrationLoss.meanSquaredError(fields[1].warp(images[1]), images[0]))
        #expect(try abs(only(\.similarity) - similarity) < 1e-5)
        let smoothness = try value(RegistrationLoss.diffusion(u)) + value(RegistrationLoss.diffusion(w))
        #expect(try abs(only(\.smoothness) - smoothness) < 1e-5)
        let folding = try value(RegistrationLoss.folding(u)) + value(RegistrationLoss.folding(w))
        #expect(try abs(only(\.folding) - folding) < 1e-5)
        #expect(try abs(only(\.consistency) - value(RegistrationLoss.inverseConsistency(u, w))) < 1e-5)
        let whole = try value(RegistrationLoss.symmetric(images[0], images[1], fields[0], fields[1]))
        let sum = try similarity + 0.01 * smoothness + 1000 * folding + 10 * only(\.consistency)
        #expect(abs(whole - sum) < 1e-3 * abs(sum))
    }
}
