import ArgumentParser
import BrainModels
import Foundation
import NeuralNet

extension Bench {
    /// Times one step of training.
    struct Step: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Time one step of training: forward, backward and the optimiser.",
            discussion: """
                Two steps to warm up, then the median of the rest. EoFormer at its published size, drawn afresh, on one \
                patch of noise, with the loss and the optimiser of the published recipe.

                EXAMPLE
                  brainkit bench step --size 96 --threads 2
                """)

        @Option(help: "Voxels along each side, a multiple of 16.")
        var size = 96
        @Option(help: "Steps that count.")
        var repeats = 5
        @Flag(help: "Print one JSON object.")
        var json = false
        @OptionGroup var engine: EngineOptions

        func validate() throws {
            guard (16...512).contains(size), size % 16 == 0 else {
                throw ValidationError("--size is a multiple of 16 from 16 to 512")
            }
            guard (1...10_000).contains(repeats) else { throw ValidationError("--repeats is from 1 to 10000") }
            guard engine.precision == "auto" || engine.precision == "float32" else {
                throw ValidationError("training is in float32")
            }
        }

        func run() throws {
            let settings = EngineOptions.Settings(device: try engine.settings().device, type: .float32)
            let weights = Weights(seed: 1, device: settings.device, trainable: true)
            let network = try EoFormer(weights)
            let optimiser = try AdamW(weights.parameters, AdamW.Settings())
            let x = try noise(size, settings)
            let target = try Tensor(repeating: 0, shape: [1, 3, size, size, size]).moved(to: settings.device)
            var random = SplitMix(seed: 3)
            Engine.resetPeakMemory()
            let timing = try Timing(repeats: repeats, title: "bench") {
                try Engine.training(&random) { () throws(NetworkError) in
                    let loss = try SegmentationLoss.diceAndBinaryCrossEntropy(network(x), target)
                    try loss.backward()
                    try optimiser.step(rate: 1e-4)
                    _ = try loss.floats()
                }
            }
            let peak = Engine.peakMemory
            let result = Result(
                model: "eoformer, a training step", settings: settings, size: size, timing: timing, gigaflops: nil,
                ceiling: try Ceiling.gigaflopsPerSecond(.float32, on: settings.device), peakBytes: peak)
            if json { try Console.result(result) } else { result.print() }
        }
    }
}
