import Evaluation
import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct RegistrationPageTests {
    @Test func showsWhatRegistrationGains() throws {
        let folder = try TemporaryFolder()
        var log = try RunLog(in: folder.url, through: 0)
        for n in 1...4 {
            try log.add(.init(step: n, loss: 0.5 / Double(n), rate: 1e-3, seconds: 2, engineSeconds: 1))
        }
        for (step, gain) in [(2, 0.1), (4, 0.25)] {
            for (region, dice) in [("before", 0.5), ("after", 0.5 + gain)] {
                try log.add([ValidationScore(step: step, name: "a to b", region: region, dice: dice, hd95: .nan)])
            }
        }
        var experiment = Experiment()
        (experiment.task, experiment.optimiser.steps) = (.registration, 8)
        let html = try RegistrationPage(experiment: experiment, log: log, parameters: 12_345, foldedShare: 0.0004)
            .report().html()
        for text in [
            "step 4 of 8", "Dice before", "0.750", "Validation after step 4", "a to b", "0.0400", "12345",
            "transmorph-diff", "96 × 96 × 96", "50.0",
        ] { #expect(html.contains(text), "\(text)") }
        #expect(!html.contains("nan"))
        // The scores come back from the file, hd95 being no number.
        let back = try RunLog(in: folder.url, through: 4)
        #expect(back.scores.count == 4 && back.scores.allSatisfy(\.hd95.isNaN))
        #expect(back.lastDice.map(\.region) == ["before", "after"])
    }

    @Test func aRunThatHasNotBegunHasAPage() throws {
        let folder = try TemporaryFolder()
        let page = RegistrationPage(
            experiment: Experiment(), log: try RunLog(in: folder.url, through: 0), parameters: 1, foldedShare: nil)
        let html = try page.report().html()
        #expect(html.contains("no values yet") && !html.contains("Folds"))
    }
}
