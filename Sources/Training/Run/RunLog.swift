import BrainData
import Foundation

/// What a run has gone through so far, in memory and in two CSV files that grow with it.
struct RunLog {
    /// One step of training.
    struct Step {
        /// Counted from 1.
        let step: Int
        let loss, rate: Double
        /// Wall time since the step before, without validation, and the engine's part of it.
        let seconds, engineSeconds: Double
    }

    private static let stepHeader = "step,loss,rate,seconds,engine_seconds"
    private static let scoreHeader = "step,case,region,dice,hd95"

    private(set) var steps: [Step] = []
    private(set) var scores: [ValidationScore] = []
    private let stepFile, scoreFile: URL

    /// Reads the logs of a run back as far as its checkpoint has seen, and drops what comes after: steps that will be taken again,
    /// and the half line of a killed run.
    init(in folder: URL, through last: Int) throws {
        stepFile = folder.appendingPathComponent("steps.csv")
        scoreFile = folder.appendingPathComponent("validation.csv")
        var lines: [String] = []
        for fields in Self.rows(of: stepFile) {
            let numbers = fields.compactMap(Double.init)
            guard fields.count == 5, numbers.count == 5, let step = Int(fields[0]), step <= last else { continue }
            steps.append(
                Step(
                    step: step, loss: numbers[1], rate: numbers[2], seconds: numbers[3], engineSeconds: numbers[4]))
            lines.append(fields.joined(separator: ","))
        }
        try Self.write(lines, under: Self.stepHeader, to: stepFile)
        lines = []
        for fields in Self.rows(of: scoreFile) {
            guard fields.count == 5, let step = Int(fields[0]), let dice = Double(fields[3]),
                let distance = Double(fields[4]), step <= last
            else { continue }
            scores.append(ValidationScore(step: step, name: fields[1], region: fields[2], dice: dice, hd95: distance))
            lines.append(fields.joined(separator: ","))
        }
        try Self.write(lines, under: Self.scoreHeader, to: scoreFile)
    }

    mutating func add(_ step: Step) throws {
        steps.append(step)
        try append("\(step.step),\(step.loss),\(step.rate),\(step.seconds),\(step.engineSeconds)\n", to: stepFile)
    }

    mutating func add(_ new: [ValidationScore]) throws {
        scores += new
        try append(new.map { Self.line($0) + "\n" }.joined(), to: scoreFile)
    }

    /// Drops the scores of a step of which only a part was written.
    mutating func dropScores(of step: Int) throws {
        scores.removeAll { $0.step == step }
        try Self.write(scores.map(Self.line), under: Self.scoreHeader, to: scoreFile)
    }

    private static func line(_ score: ValidationScore) -> String {
        "\(score.step),\(score.name),\(score.region),\(score.dice),\(score.hd95)"
    }

    /// The whole lines below the header, cut into fields.
    private static func rows(of file: URL) -> [[String]] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        let whole = text.hasSuffix("\n") ? text[...] : text[..<(text.lastIndex(of: "\n") ?? text.startIndex)]
        return whole.split(separator: "\n").dropFirst().map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    private static func write(_ lines: [String], under header: String, to file: URL) throws {
        try AtomicFile.write(Data(([header] + lines).map { $0 + "\n" }.joined().utf8), to: file)
    }

    private func append(_ text: String, to file: URL) throws {
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
    }
}

extension RunLog {
    /// The median of the last losses.
    func runningLoss(over count: Int = 50) -> Double {
        let sorted = steps.suffix(count).map(\.loss).sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }

    /// The engine's part of the wall time of the last steps, from 0 to 1.
    func engineShare(over count: Int = .max) -> Double {
        let last = steps.suffix(count)
        return last.map(\.engineSeconds).reduce(0, +) / max(1e-9, last.map(\.seconds).reduce(0, +))
    }

    /// The mean wall time of the last steps.
    func secondsAStep(over count: Int = 100) -> Double {
        let last = steps.suffix(count)
        return last.map(\.seconds).reduce(0, +) / Double(max(1, last.count))
    }

    /// The mean Dice of every region at the last validation, in the order of the log.
    var lastDice: [(region: String, dice: Double)] { scores.last.map { meanDice(at: $0.step) } ?? [] }

    /// The mean Dice of every region at one validation.
    func meanDice(at step: Int) -> [(region: String, dice: Double)] {
        let own = scores.filter { $0.step == step }
        var regions: [String] = []
        for score in own where !regions.contains(score.region) { regions.append(score.region) }
        return regions.map { region in
            let dice = own.filter { $0.region == region }.map(\.dice)
            return (region, dice.reduce(0, +) / Double(dice.count))
        }
    }
}

/// A network's scores on one region of one case that it does not train on.
public struct ValidationScore: Codable, Sendable {
    public let step: Int
    public let name: String
    /// `tc`, `wt` or `et`; of registration `before` and `after`.
    public let region: String
    public let dice: Double
    /// In millimetres; no number where the task has none.
    public let hd95: Double
}
