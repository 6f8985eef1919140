import ArgumentParser
import BrainModels
import Foundation
import NeuralNet

/// Times networks on this machine.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time a network on this machine.",
        discussion: """
            EXAMPLE
              brainkit bench patch --threads 2
            """,
        subcommands: [Patch.self])
}

extension Bench {
    /// Times one window of a scan.
    struct Patch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Time one patch, a window of a scan.",
            discussion: """
                Two runs to warm up, then the median of the rest. Without --weights a catalog network is drawn \
                afresh, which takes the same time.

                EXAMPLE
                  brainkit bench patch --model eoformer --size 96 --repeats 5 --json
                """)

        @Option(help: "A network of the catalog, or a shipped model.")
        var model = "eoformer"
        @Option(help: ArgumentHelp("A .safetensors, .pth or .pt file.", valueName: "file"))
        var weights: String?
        @Option(help: "For networks with several equal forms, the one to compute; eoformer: folded or branches.")
        var form: String?
        @Option(help: "Voxels along each side.")
        var size = 128
        @Option(help: "Runs that count.")
        var repeats = 5
        @Flag(help: "Print one JSON object.")
        var json = false
        @OptionGroup var engine: EngineOptions

        func validate() throws {
            guard (1...512).contains(size) else { throw ValidationError("--size is from 1 to 512") }
            guard (1...10_000).contains(repeats) else { throw ValidationError("--repeats is from 1 to 10000") }
        }

        func run() throws {
            let settings = try engine.settings()
            // Like is compared with like: other precisions than the peers' are asked for by name.
            let type = engine.precision == "auto" ? .float32 : settings.type
            let choice = try NetworkChoice(named: model, form: form)
            let weights = try source(choice, type, settings.device)
            let network = try choice.network(weights)
            var random = SplitMix(seed: 7)
            let shape = [1, 4, size, size, size]
            let x = try Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.normal()) }, shape: shape)
                .converted(to: type).moved(to: settings.device)
            Engine.resetPeakMemory()
            let seconds = try measure(network, x)
            // The catalog counts the operations of the published size alone.
            let isPublished = weights.tensors.reduce(0) { $0 + $1.tensor.count } == choice.entry.parameters
            let work = Double(size * size * size) / 1e6 * choice.entry.gigaflopsPerMegavoxel
            try report(Result(model, seconds, gigaflops: isPublished ? work : nil, type, settings.device))
        }

        private func source(_ choice: NetworkChoice, _ type: ElementType, _ device: Device) throws -> Weights {
            guard let file = weights.map({ URL(fileURLWithPath: $0) }) ?? choice.weights else {
                return Weights(seed: 1, type: type, device: device)
            }
            return Weights(try TensorFiles.open(file), type: type, device: device)
        }

        private func measure(_ network: any Layer, _ x: Tensor) throws -> [Double] {
            let progress = Progress("bench")
            return try (-2..<repeats).compactMap { run in
                progress.show(run + 2, of: repeats + 2)
                let start = ContinuousClock.now
                _ = try network(x).sum().floats()  // reading the sum waits for a GPU to be done
                return run < 0 ? nil : (ContinuousClock.now - start) / .seconds(1)
            }
        }

        private func report(_ result: Result) throws {
            if json { return try Console.result(result) }
            let spread = String(format: "%.3f–%.3f s", result.minSeconds, result.maxSeconds)
            Console.result(
                String(
                    format: "%@, 1 × 4 × %d³, %@ on %@, %d threads", result.model, size, result.precision,
                    result.device,
                    result.threads))
            Console.result(String(format: "median %.3f s (%@ over %d runs)", result.medianSeconds, spread, repeats))
            if let rate = result.gigaflopsPerSecond { Console.result(String(format: "%.0f GFLOP/s", rate)) }
            Console.result(String(format: "peak memory of tensors %.0f MB", Double(result.peakBytes) / 1e6))
        }
    }

    /// What a run of the benchmark found.
    struct Result: Encodable {
        let model, device, precision: String
        let threads: Int
        let seconds: [Double]
        let medianSeconds, minSeconds, maxSeconds: Double
        let gigaflopsPerSecond: Double?
        let peakBytes: Int

        enum CodingKeys: String, CodingKey {
            case model, device, precision, threads, seconds
            case medianSeconds = "median_seconds", minSeconds = "min_seconds", maxSeconds = "max_seconds"
            case gigaflopsPerSecond = "gflop_per_second", peakBytes = "peak_bytes"
        }

        init(_ model: String, _ seconds: [Double], gigaflops: Double?, _ type: ElementType, _ device: Device) {
            (self.model, self.device, precision) = (model, device.description, "\(type)")
            (threads, peakBytes, self.seconds) = (Engine.threads, Engine.peakMemory, seconds)
            let sorted = seconds.sorted()
            let middle = sorted.count / 2
            medianSeconds = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
            (minSeconds, maxSeconds) = (sorted[0], sorted[sorted.count - 1])
            let median = medianSeconds
            gigaflopsPerSecond = gigaflops.map { $0 / median }
        }
    }
}
