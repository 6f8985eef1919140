internal import BrainData
internal import CLinear
import Foundation
public import NeuralNet

/// A linear classifier of two classes on many features: what every network on connectivity has to beat.
///
/// Fitted by LIBLINEAR (Fan et al., JMLR 9, 2008) on standardised features. As its penalty is on the length of the weights alone, the
/// features are first turned into the space that the training items span, which has no more axes than there are items.
public struct LinearClassifier: Sendable {
    /// What is minimised beside the penalty.
    public enum Loss: String, Sendable, CaseIterable {
        case logistic = "logistic-regression"
        /// The squared hinge of a support vector machine.
        case hinge = "linear-svm"
    }

    private let mean, scale, weights: [Double]
    private let bias: Double
    /// Of the second class's logit over the margin; a support vector machine's margins are no probabilities, and stay as they are.
    private let loss: Loss

    /// - Parameters:
    ///   - items: features, an item a row.
    ///   - labels: 0 or 1, one an item.
    ///   - cost: what a missed item costs beside the penalty; `nil` to choose among five powers of ten by cross-validation in
    ///     five parts of these items.
    /// - Throws: ``NetworkError/configuration(_:)`` where items and labels do not fit together or are of one class.
    public init(_ items: [[Float]], _ labels: [Int], _ loss: Loss, cost: Double? = nil) throws(NetworkError) {
        guard let width = items.first?.count, items.count == labels.count, Set(labels) == [0, 1],
            items.allSatisfy({ $0.count == width })
        else { throw .configuration("expected items of two classes, with as many features and a label each") }
        let (mean, scale) = Self.moments(items, width)
        let features = items.map { row in (0..<width).map { (Double(row[$0]) - mean[$0]) * scale[$0] } }
        let x = try Tensor(features.flatMap { $0.map { Float($0) } }, shape: [items.count, width]).converted(
            to: .float64)
        let products = try x.linear(x).doubles()
        let factor = Self.factor(products, items.count)
        let chosen = cost ?? Self.best(factor, labels, loss)
        let found = Self.fit(factor, labels, loss, cost: chosen)
        // w = Xᵀ L⁻ᵀ u: the weights of features from those of the axes.
        let shares = Self.backSubstituted(factor, found.weights)
        var weights = [Double](repeating: 0, count: width)
        for (row, share) in zip(features, shares) { for n in 0..<width { weights[n] += share * row[n] } }
        (self.mean, self.scale, self.weights, bias, self.loss) = (mean, scale, weights, found.bias, loss)
    }

    /// How far an item is on the second class's side.
    public func margin(_ item: [Float]) -> Double {
        var sum = bias
        for n in weights.indices { sum += weights[n] * (Double(item[n]) - mean[n]) * scale[n] }
        return sum
    }

    /// The second class's probability; of a support vector machine, the margin's logistic function, which ranks and decides alike.
    public func probability(_ item: [Float]) -> Double { 1 / (1 + exp(-margin(item))) }

    private static func moments(_ items: [[Float]], _ width: Int) -> (mean: [Double], scale: [Double]) {
        var (sums, squares) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
        for row in items { for n in 0..<width { sums[n] += Double(row[n]) } }
        let mean = sums.map { $0 / Double(items.count) }
        for row in items {
            for n in 0..<width { squares[n] += (Double(row[n]) - mean[n]) * (Double(row[n]) - mean[n]) }
        }
        // Each feature has unit variance, and an item about unit length.
        let scale = squares.map { power in
            let deviation = (power / Double(items.count)).squareRoot()
            return deviation > 1e-12 ? 1 / (deviation * Double(width).squareRoot()) : 0
        }
        return (mean, scale)
    }

    /// The lower triangle L of `products = L Lᵀ`, row by row: its rows have the inner products of the items.
    private static func factor(_ products: [Double], _ count: Int) -> [[Double]] {
        var rows: [[Double]] = []
        for i in 0..<count {
            var row = [Double](repeating: 0, count: count)
            for j in 0...i {
                let other = j < i ? rows[j] : row
                var sum = products[i * count + j]
                for k in 0..<j { sum -= row[k] * other[k] }
                // Standardised items add up to zero, so the last axis has no length; a little keeps it apart from rounding.
                row[j] = i == j ? max(sum, 1e-10).squareRoot() : sum / other[j]
            }
            rows.append(row)
        }
        return rows
    }

    private static func backSubstituted(_ factor: [[Double]], _ right: [Double]) -> [Double] {
        var x = right
        for i in factor.indices.reversed() {
            x[i] /= factor[i][i]
            for k in 0..<i { x[k] -= factor[i][k] * x[i] }
        }
        return x
    }

    /// The cost with the most items told rightly when five parts are told by the other four; the lowest of equals.
    private static func best(_ rows: [[Double]], _ labels: [Int], _ loss: Loss) -> Double {
        var random = SplitMix(seed: 0, name: "parts"), part = [Int](repeating: 0, count: labels.count)
        for label in 0...1 {
            let own = labels.indices.filter { labels[$0] == label }.shuffled(using: &random)
            for (n, item) in own.enumerated() { part[item] = n % 5 }
        }
        var best = (cost: 1.0, right: -1)
        for cost in [0.01, 0.1, 1, 10, 100] {
            var right = 0
            for test in 0..<5 {
                let training = part.indices.filter { part[$0] != test }
                let found = fit(training.map { rows[$0] }, training.map { labels[$0] }, loss, cost: cost)
                for item in part.indices where part[item] == test {
                    let margin = zip(found.weights, rows[item]).reduce(found.bias) { $0 + $1.0 * $1.1 }
                    right += (margin > 0 ? 1 : 0) == labels[item] ? 1 : 0
                }
            }
            if right > best.right { best = (cost, right) }
        }
        return best.cost
    }

    private static func fit(
        _ rows: [[Double]], _ labels: [Int], _ loss: Loss, cost: Double
    ) -> (weights: [Double], bias: Double) {
        let width = rows[0].count
        set_print_string_function { _ in }
        var settings = parameter()
        settings.solver_type = Int32(loss == .logistic ? L2R_LR : L2R_L2LOSS_SVC)
        (settings.C, settings.eps, settings.p) = (cost, 1e-4, 0.1)
        // A feature of one, which LIBLINEAR takes as the last, is the bias; -1 marks a row's end.
        let stride = width + 2
        var nodes = rows.flatMap { row in
            row.enumerated().map { feature_node(index: Int32($0 + 1), value: $1) }
                + [feature_node(index: Int32(width + 1), value: 1), feature_node(index: -1, value: 0)]
        }
        var truth = labels.map { $0 == 1 ? 1.0 : -1.0 }
        return nodes.withUnsafeMutableBufferPointer { nodes in
            truth.withUnsafeMutableBufferPointer { truth in
                var starts = rows.indices.map { row in nodes.baseAddress.map { $0 + row * stride } }
                return starts.withUnsafeMutableBufferPointer { starts in
                    var task = problem()
                    (task.l, task.n, task.bias) = (Int32(rows.count), Int32(width + 1), 1)
                    (task.y, task.x) = (truth.baseAddress, starts.baseAddress)
                    var model = train(&task, &settings)
                    defer { free_and_destroy_model(&model) }
                    guard let found = model, let w = found.pointee.w, let first = found.pointee.label else {
                        return ([Double](repeating: 0, count: width), 0)
                    }
                    // The weights speak for the label that came first.
                    let sign = first[0] == 1 ? 1.0 : -1.0
                    return ((0..<width).map { sign * w[$0] }, sign * w[width])
                }
            }
        }
    }
}
