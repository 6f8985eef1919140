import Evaluation
import Foundation
import NeuralNet

/// What the page of every run shows.
extension RunLog {
    var highlights: [Report.Highlight] {
        let seconds = steps.map(\.seconds).reduce(0, +)
        return [
            Report.Highlight("Loss, median of 50", runningLoss().formatted(decimals: 3)),
            Report.Highlight("Engine’s share", (100 * engineShare()).formatted(decimals: 1), unit: "%"),
            Report.Highlight("Training", (seconds / 3600).formatted(decimals: 2), unit: "h"),
        ]
    }

    var lossChart: LineChart {
        let points = steps.map { (x: Double($0.step), y: $0.loss) }
        return LineChart(
            title: "Loss", yTitle: "loss",
            series: [.init("each step", points), .init("running median", Self.runningMedian(points))])
    }

    var rateChart: LineChart {
        LineChart(
            title: "Learning rate", series: [.init("learning rate", steps.map { (x: Double($0.step), y: $0.rate) })])
    }

    var machine: [(name: String, value: String)] {
        [
            ("Step", "\(secondsAStep(over: .max).formatted(decimals: 2)) s"),
            ("Engine", "libtorch \(Engine.version)"), ("Kernels", Engine.kernels), ("Threads", "\(Engine.threads)"),
            ("Memory of tensors", "\((Double(Engine.peakMemory) / 1e9).formatted(decimals: 2)) GB"),
        ]
    }

    /// The median of the points around each of a few hundred places; windows are a fiftieth of the run, 11 points at least.
    static func runningMedian(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        let half = max(5, points.count / 100)
        return stride(from: 0, to: points.count, by: max(1, points.count / 400)).map { n in
            let window = points[max(0, n - half)...min(points.count - 1, n + half)].map(\.y).sorted()
            return (points[n].x, window[window.count / 2])
        }
    }
}
