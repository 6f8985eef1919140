import ArgumentParser
import Evaluation
import Foundation
import NeuralNet

extension Bench {
    /// Times the warping of a volume beside libtorch's `grid_sample`.
    struct WarpedVolume: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "warp",
            abstract: "Time the warping of a volume, forward and backward, beside libtorch's grid_sample.",
            discussion: """
                A volume of noise through a smooth field of displacements, in float32. Both take turns, so that a busy \
                machine is as unfair to the one as to the other. Two runs of each warm up.

                EXAMPLE
                  brainkit bench warp --size 160x192x224 --threads 2
                """)

        @Option(help: "Voxels along each axis.")
        var size = "160x192x224"
        @Option(help: "Runs that count.")
        var repeats = 7
        @Flag(help: "Print one JSON object.")
        var json = false
        @OptionGroup var engine: EngineOptions

        private var sides: [Int] { size.split(separator: "x").compactMap { Int($0) } }

        func validate() throws {
            guard sides.count == 3, sides.allSatisfy({ (2...512).contains($0) }) else {
                throw ValidationError("--size is three numbers from 2 to 512, such as 160x192x224")
            }
            guard (1...10_000).contains(repeats) else { throw ValidationError("--repeats is from 1 to 10000") }
        }

        /// What is timed, with our kernels and with libtorch's.
        struct Comparison: Encodable {
            let own, libtorch: Timing
            var ratio: Double { libtorch.median / own.median }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Fields.self)
                try container.encode(own.median, forKey: .own)
                try container.encode(libtorch.median, forKey: .libtorch)
                try container.encode(ratio, forKey: .ratio)
            }

            enum Fields: String, CodingKey {
                case own = "median_seconds", libtorch = "grid_sample_median_seconds", ratio
            }
        }

        private struct Result: Encodable {
            let size: [Int]
            let threads: Int
            let forward, training: Comparison
        }

        func run() throws {
            _ = try engine.settings()
            var random = SplitMix(seed: 1)
            let count = sides.reduce(1, *)
            let image = try Tensor((0..<count).map { _ in Float(random.uniform()) }, shape: [1, 1] + sides)
            let coarse = try Tensor(
                (0..<3 * 512).map { _ in Float(random.uniform() * 10 - 5) }, shape: [1, 3, 8, 8, 8])
            let field = try coarse.resized(to: sides)
            let weights = Weights(seed: 2, trainable: true)
            let x = try weights.tensor("image", shape: image.shape), u = try weights.tensor("field", shape: field.shape)
            let result = Result(
                size: sides, threads: Engine.threads,
                forward: try compared { _ = try image.warped(by: field, usingLibtorch: $0) },
                training: try compared { usingLibtorch in
                    // Gradients of both; adding the drawn field to the smooth one costs both sides the same.
                    try Engine.recordingGradients { () throws(NetworkError) in
                        try x.warped(by: u + field, usingLibtorch: usingLibtorch).sum().backward()
                    }
                })
            if json { return try Console.result(result) }
            for (name, timing) in [("forward", result.forward), ("forward and backward", result.training)] {
                Console.result(
                    "\(name): \(timing.own.sentence); grid_sample \(timing.libtorch.sentence): "
                        + String(format: "%.1f times as fast", timing.ratio))
            }
        }

        private func compared(_ body: (_ usingLibtorch: Bool) throws -> Void) throws -> Comparison {
            var seconds: [[Double]] = [[], []]
            for run in -2..<repeats {
                for side in 0..<2 {
                    let start = ContinuousClock.now
                    try body(side == 1)
                    if run >= 0 { seconds[side].append((ContinuousClock.now - start) / .seconds(1)) }
                }
            }
            return Comparison(own: Timing(seconds[0]), libtorch: Timing(seconds[1]))
        }
    }
}
