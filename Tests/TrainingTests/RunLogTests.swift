import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct RunLogTests {
    private func step(_ n: Int, loss: Double = 1, engine: Double = 1.5) -> RunLog.Step {
        RunLog.Step(step: n, loss: loss, rate: 1e-3, seconds: 2, engineSeconds: engine)
    }

    private func score(_ step: Int, _ name: String, _ region: String, _ dice: Double) -> ValidationScore {
        ValidationScore(step: step, name: name, region: region, dice: dice, hd95: 3)
    }

    @Test func readsBackWhatTheCheckpointHasSeen() throws {
        let folder = try TemporaryFolder()
        var log = try RunLog(in: folder.url, through: 0)
        for n in 1...5 { try log.add(step(n, loss: Double(n))) }
        try log.add([score(2, "a", "wt", 0.5), score(2, "b", "wt", 0.7)])
        try log.add([score(4, "a", "wt", 0.9)])
        let back = try RunLog(in: folder.url, through: 3)
        #expect(back.steps.map(\.step) == [1, 2, 3] && back.steps.map(\.loss) == [1, 2, 3])
        #expect(back.scores.map(\.name) == ["a", "b"])
        #expect(back.steps[0].engineSeconds == 1.5)
        let text = try String(contentsOf: folder.file("steps.csv"), encoding: .utf8)
        #expect(text.split(separator: "\n").count == 4 && text.hasPrefix("step,loss,rate,seconds,engine_seconds\n"))
    }

    /// A line cut short may still look like one of an earlier step: "12" of "123".
    @Test(arguments: ["12", "4,1.5,0.001", "4,1.5,0.001,2.0,1.", "x,1,1,1,1\n", "4,1\n"])
    func aTornLineIsDropped(tail: String) throws {
        let folder = try TemporaryFolder()
        var log = try RunLog(in: folder.url, through: 0)
        for n in 1...3 { try log.add(step(n)) }
        let file = folder.file("steps.csv")
        try (String(contentsOf: file, encoding: .utf8) + tail).write(to: file, atomically: true, encoding: .utf8)
        var back = try RunLog(in: folder.url, through: 100)
        #expect(back.steps.map(\.step) == [1, 2, 3])
        try back.add(step(4))
        #expect(try RunLog(in: folder.url, through: 100).steps.map(\.step) == [1, 2, 3, 4])
    }

    @Test func figuresOfTheLastSteps() throws {
        let folder = try TemporaryFolder()
        var log = try RunLog(in: folder.url, through: 0)
        #expect(log.runningLoss().isNaN && log.lastDice.isEmpty && log.secondsAStep() == 0)
        for n in 1...9 { try log.add(step(n, loss: Double(n), engine: n < 9 ? 1 : 2)) }
        #expect(log.runningLoss(over: 3) == 8)
        #expect(log.engineShare(over: 1) == 1 && log.engineShare(over: 2) == 0.75)
        #expect(log.secondsAStep(over: 4) == 2)
    }

    @Test func meanDiceIsOverTheCasesOfOneStep() throws {
        let folder = try TemporaryFolder()
        var log = try RunLog(in: folder.url, through: 0)
        try log.add([score(1, "a", "tc", 0.1)])
        try log.add([score(2, "a", "tc", 0.2), score(2, "a", "wt", 0.6), score(2, "b", "tc", 0.4)])
        #expect(log.lastDice.map(\.region) == ["tc", "wt"])
        #expect(abs(log.lastDice[0].dice - 0.3) < 1e-12)
        try log.dropScores(of: 2)
        #expect(try RunLog(in: folder.url, through: 9).scores.count == 1)
    }
}
