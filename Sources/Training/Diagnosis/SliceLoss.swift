import BrainModels
import Foundation
import NeuralNet

/// How wrong answers on slices are: classes by cross entropy, ages by their absolute error in deviations, or both at once.
///
/// The two losses of a network that answers both are weighed by uncertainties learned beside it: Kendall, Gal & Cipolla,
/// *Multi-Task Learning Using Uncertainty to Weigh Losses*, CVPR 2018, [arXiv:1705.07115](https://arxiv.org/abs/1705.07115),
/// equation 10.
struct SliceLoss {
    private let settings: SliceModel.Settings
    private let smoothing: Double
    /// How much an item of each class counts.
    private let rarity: [Double]
    /// The logarithms of both losses' uncertainties, which are no part of the network.
    private let balance: Weights
    private let uncertainties: Tensor?

    /// - Parameter labels: of the items that are learned from.
    init(
        _ settings: SliceModel.Settings, _ training: SliceTraining, labels: [Int], seed: UInt64
    ) throws(NetworkError) {
        (self.settings, smoothing) = (settings, training.smoothing)
        let counts = settings.classes.indices.map { label in labels.count { $0 == label } }
        rarity = counts.map { training.balances && $0 > 0 ? Double(labels.count) / Double(counts.count * $0) : 1 }
        balance = Weights(seed: seed, trainable: true)
        uncertainties =
            settings.age != nil && !settings.classes.isEmpty ? try balance.tensor("uncertainties", shape: [2]) : nil
    }

    /// What is learned beside the network.
    var parameters: [(name: String, tensor: Tensor)] { balance.parameters }

    /// - Parameters:
    ///   - answers: `[item, answer]`.
    ///   - labels: the class of each item.
    ///   - ages: in years; what is missing counts as the mean.
    /// - Returns: one number.
    func callAsFunction(_ answers: Tensor, labels: [Int], ages: [Double?]) throws(NetworkError) -> Tensor {
        guard let scale = settings.age else { return try crossEntropy(answers, labels) }
        let classes = settings.classes.count, items = labels.count
        let wanted = ages.map { Float(scale.number(of: $0 ?? scale.mean)) }
        let missed = try answers.narrowed(1, from: classes, length: 1) - Tensor(wanted, shape: [items, 1])
        let years = try (missed.relu() + missed.scaled(by: -1).relu()).sum().scaled(by: 1 / Double(items))
        guard let uncertainties else { return years }
        let logits = try answers.narrowed(1, from: 0, length: classes)
        let losses = try crossEntropy(logits, labels).reshaped([1]).appending(years.reshaped([1]), along: 0)
        return try (losses * uncertainties.scaled(by: -1).exp() + uncertainties.scaled(by: 0.5)).sum()
    }

    /// The mean over items of −log of the true class's probability, rare classes counting more.
    private func crossEntropy(_ logits: Tensor, _ labels: [Int]) throws(NetworkError) -> Tensor {
        let classes = settings.classes.count
        var targets = [Float](repeating: 0, count: labels.count * classes)
        for (row, own) in labels.enumerated() {
            for label in 0..<classes {
                let share = smoothing / Double(classes) + (label == own ? 1 - smoothing : 0)
                targets[row * classes + label] = Float(rarity[own] * share)
            }
        }
        let wanted = try Tensor(targets, shape: [labels.count, classes])
        return try (logits.logSoftmax(along: 1) * wanted).sum().scaled(by: -1 / Double(labels.count))
    }

    /// How wrong the answers are on items that nothing is learned from: the same two losses, neither smoothed nor weighed.
    func missed(_ answers: [SliceModel.Answer], labels: [Int], ages: [Double?]) -> Double {
        var sum = 0.0
        for (n, answer) in answers.enumerated() {
            if !settings.classes.isEmpty { sum -= rarity[labels[n]] * log(max(answer.probabilities[labels[n]], 1e-9)) }
            if let scale = settings.age, let told = answer.age, let age = ages[n] {
                sum += abs(told.years - age) / scale.deviation
            }
        }
        return sum / Double(max(1, answers.count))
    }
}
