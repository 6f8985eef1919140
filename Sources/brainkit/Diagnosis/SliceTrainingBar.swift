import Evaluation
import Training

/// One bar for each of the networks that a training goes through.
final class SliceTrainingBar {
    private var title = ""
    private var bar = Progress("")
    private let rounds: Int

    init(rounds: Int) { self.rounds = rounds }

    func show(_ progress: SliceTrainer.Progress, of name: String) {
        let title = progress.part.isEmpty ? name : "\(name), \(progress.part)"
        if title != self.title { (self.title, bar) = (title, Progress(title)) }
        let aside = progress.aside.map { ", kept aside \($0.formatted(decimals: 3))" } ?? ""
        bar.show(progress.round + 1, of: rounds, "loss \(progress.loss.formatted(decimals: 3))\(aside)")
    }
}
