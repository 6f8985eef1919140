import BrainData
import Foundation
import Training

/// What a training says: a bar where standard error is a terminal, a plain line now and then elsewhere.
final class TrainingMonitor {
    private let bar = Progress("training")
    private var lastLine = ContinuousClock.now
    /// How far apart plain lines are.
    private let pause = Duration.seconds(30)

    func show(_ event: TrainingEvent) {
        switch event {
        case .prepared(let training, let validation, let parameters, let first):
            Console.note(
                "\(training) cases to train on, \(validation) to validate, \(parameters) parameters, from step \(first)"
            )
        case .warning(let sentence): Console.warning(sentence)
        case .step(let progress): show(progress)
        case .validating(let name): if Console.isTerminal { Console.note("\r\u{1B}[Kvalidating \(name)") }
        case .note(let sentence): Console.note(sentence)
        case .validated(let step, let scores): Console.note("step \(step): " + Self.summary(scores))
        case .saved(let path): if !path.hasSuffix("checkpoint.safetensors") { Console.note("wrote \(path)") }
        }
    }

    private func show(_ progress: TrainingProgress) {
        let figures = Self.figures(progress)
        bar.show(progress.step, of: progress.steps, figures, left: progress.secondsLeft)
        guard !Console.isTerminal else { return }
        let now = ContinuousClock.now
        guard now - lastLine >= pause || progress.step == progress.steps else { return }
        lastLine = now
        let left = Progress.clock(progress.secondsLeft)
        Console.note("step \(progress.step) of \(progress.steps)  \(left) left  \(figures)")
    }

    private static func figures(_ progress: TrainingProgress) -> String {
        let speed = String(
            format: "loss %.3f  rate %.1e  %.2f patches/s  engine %.0f %%", progress.loss, progress.learningRate,
            progress.patchesPerSecond, 100 * progress.engineShare)
        let dice = progress.dice.map {
            String(format: "%@ %.3f", TumourRegion(rawValue: $0.region)?.displayName ?? $0.region, $0.dice)
        }
        return dice.isEmpty ? speed : speed + "  Dice " + dice.joined(separator: " ")
    }

    private static func summary(_ scores: [ValidationScore]) -> String {
        var regions: [String] = []
        for score in scores where !regions.contains(score.region) { regions.append(score.region) }
        let means = regions.map { region in
            let own = scores.filter { $0.region == region }
            let dice = own.map(\.dice).reduce(0, +) / Double(max(1, own.count))
            return String(format: "%@ %.3f", TumourRegion(rawValue: region)?.displayName ?? region, dice)
        }
        return "mean Dice \(means.joined(separator: ", ")) over \(Set(scores.map(\.name)).count) cases"
    }
}
