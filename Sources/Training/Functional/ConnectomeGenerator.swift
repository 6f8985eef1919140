import Foundation
import NeuralNet

/// Makes up connectivity of the rarer classes, so that every class has as many subjects: a Gaussian fitted to the class, bent by a
/// network that learns to deceive another one.
///
/// After the “Gaussian-GAN” that Deng et al., Computers in Biology and Medicine 151, 106320, 2022 name and do not describe where it can be
/// read. Here a draw from the Gaussian is the class's mean plus a random mixture of its subjects' differences from it, which has their
/// covariance; a perceptron adds a small change; the other perceptron tells drawn from true subjects (Goodfellow et al., *Generative
/// Adversarial Nets*, 2014, with the non-saturating loss).
struct ConnectomeGenerator {
    /// One made-up subject.
    typealias Made = (triangle: [Float], label: Int)

    private static let (hidden, steps, batch) = (64, 100, 16)

    /// Subjects that fill every class up to the most frequent one, from these subjects alone.
    static func balancing(
        _ triangles: [[Float]], _ labels: [Int], classes: Int, seed: UInt64
    ) throws(NetworkError) -> [Made] {
        let counts = (0..<classes).map { label in labels.count { $0 == label } }
        var made: [Made] = []
        for label in 0..<classes where counts[label] > 1 && counts[label] < counts.max() ?? 0 {
            let own = triangles.indices.filter { labels[$0] == label }.map { triangles[$0] }
            let generator = try ConnectomeGenerator(own, seed: seed &+ UInt64(label))
            var random = SplitMix(seed: seed, name: "made \(label)")
            for triangle in try generator.made((counts.max() ?? 0) - counts[label], &random) {
                made.append((triangle, label))
            }
        }
        return made
    }

    private let subjects: [[Float]]
    private let mean: [Float]
    private let widening, narrowing: Linear

    private init(_ subjects: [[Float]], seed: UInt64) throws(NetworkError) {
        self.subjects = subjects
        let width = subjects[0].count
        var sums = [Float](repeating: 0, count: width)
        for row in subjects { for n in 0..<width { sums[n] += row[n] } }
        mean = sums.map { $0 / Float(subjects.count) }
        let weights = Weights(seed: seed, trainable: true), judging = Weights(seed: seed &+ 1, trainable: true)
        widening = try Linear(weights["fc1"], from: width, to: Self.hidden)
        narrowing = try Linear(weights["fc2"], from: Self.hidden, to: width)
        let first = try Linear(judging["fc1"], from: width, to: Self.hidden)
        let second = try Linear(judging["fc2"], from: Self.hidden, to: 1)
        let makes = try AdamW(weights.parameters, AdamW.Settings()),
            judges = try AdamW(judging.parameters, AdamW.Settings())
        var random = SplitMix(seed: seed, name: "generator"), none = SplitMix(seed: seed, name: "none")
        func judged(_ x: Tensor) throws(NetworkError) -> Tensor { try second(first(x).gelu()) }
        for _ in 0..<Self.steps {
            let drawn = try Tensor(draws(Self.batch, &random), shape: [Self.batch, width])
            let picked = (0..<Self.batch).flatMap { _ in subjects[Int(random.uniform() * Double(subjects.count))] }
            let real = try Tensor(picked, shape: [Self.batch, width])
            try Engine.training(&none) { () throws(NetworkError) in
                let (yes, no) = (try judged(real), try judged(bent(drawn).detached()))
                try (Self.softplus(yes.scaled(by: -1)) + Self.softplus(no)).sum().scaled(by: 1 / Double(Self.batch))
                    .backward()
                try judges.step(rate: 2e-4)
            }
            try Engine.training(&none) { () throws(NetworkError) in
                try Self.softplus(judged(bent(drawn)).scaled(by: -1)).sum().scaled(by: 1 / Double(Self.batch))
                    .backward()
                try makes.step(rate: 2e-4)
                try judges.clearGradients()
            }
        }
    }

    /// log(1 + eˣ).
    private static func softplus(_ x: Tensor) throws(NetworkError) -> Tensor {
        // −log of the first of two logits (0, x).
        let zero = x.shape
        return try Tensor.joined([Tensor(repeating: 0, shape: zero), x], along: 1).logSoftmax(along: 1)
            .narrowed(1, from: 0, length: 1).scaled(by: -1)
    }

    private func bent(_ drawn: Tensor) throws(NetworkError) -> Tensor {
        try drawn + narrowing(widening(drawn).gelu()).scaled(by: 0.1)
    }

    private func draws(_ count: Int, _ random: inout SplitMix) -> [Float] {
        let scale = 1 / Double(max(1, subjects.count - 1)).squareRoot()
        return (0..<count).flatMap { _ in
            var row = mean
            for subject in subjects {
                let share = Float(scale * random.normal())
                for n in row.indices { row[n] += share * (subject[n] - mean[n]) }
            }
            return row
        }
    }

    private func made(_ count: Int, _ random: inout SplitMix) throws(NetworkError) -> [[Float]] {
        let values = try Engine.run { () throws(NetworkError) in
            try bent(Tensor(draws(count, &random), shape: [count, mean.count])).floats()
        }
        return (0..<count).map { row in
            values[row * mean.count..<(row + 1) * mean.count].map { min(max($0, -1), 1) }
        }
    }
}
