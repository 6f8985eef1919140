import BrainData
import Evaluation
import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct RunPageTests {
    private func page(steps: Int, scored: Bool) throws -> String {
        let folder = try TemporaryFolder()
        var log = try RunLog(in: folder.url, through: 0)
        for n in 0..<steps {
            try log.add(.init(step: n + 1, loss: 1 / Double(n + 1), rate: 1e-3, seconds: 1, engineSeconds: 0.95))
        }
        var examples: [SegmentationValidator.Example] = []
        if scored {
            for region in ["tc", "wt", "et"] {
                try log.add([ValidationScore(step: steps, name: "<case>", region: region, dice: 0.5, hd95: 4)])
            }
            let labels = LabelMap(
                grid: ToyPatients.grid, voxels: (0..<ToyPatients.grid.count).map { $0 % 24 < 6 ? UInt16($0 % 4) : 0 })
            examples = [
                .init(
                    name: "<case>", contrast: "T1", image: ToyPatients.image(0, 0), prediction: labels, truth: labels)
            ]
        }
        var experiment = Experiment()
        experiment.optimiser.steps = 40
        return try RunPage(experiment: experiment, log: log, examples: examples, parameters: 77).report().html()
    }

    @Test func showsCurvesScoresAndExamples() throws {
        let html = try page(steps: 40, scored: true)
        for text in [
            "all 40 steps taken", "running median", "Learning rate", "Mean Dice of the validation cases",
            "Validation after step 40", "&lt;case&gt;", "95.0", "Threads", "77", "class=\"viewer\"", "scale and shift",
        ] { #expect(html.contains(text), "\(text)") }
        #expect(!html.contains("<case>") && !html.contains("http-equiv=\"refresh\""))
        #expect(!html.contains("src=\"http"))
    }

    @Test func aRunWithoutValidationHasAPage() throws {
        let html = try page(steps: 3, scored: false)
        #expect(html.contains("step 3 of 40") && !html.contains("Mean Dice"))
        #expect(try page(steps: 0, scored: false).contains("no values yet"))
    }

    @Test func theRunningMedianLeavesOutliersOut() {
        let points = (0..<100).map { (x: Double($0), y: $0 == 50 ? 1000.0 : 1) }
        let smooth = RunLog.runningMedian(points)
        #expect(smooth.count == 100 && smooth.allSatisfy { $0.y == 1 })
        #expect(RunLog.runningMedian((0..<5000).map { (x: Double($0), y: 1) }).count <= 420)
        #expect(RunLog.runningMedian([]).isEmpty)
    }
}
