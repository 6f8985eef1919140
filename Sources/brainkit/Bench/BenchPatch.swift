import ArgumentParser
import BrainModels
import Foundation
import NeuralNet

extension Bench {
    /// Times one window of a scan.
    struct Patch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Time one patch, a window of a scan.",
            discussion: """
                Two runs to warm up, then the median of the rest. Without --weights a catalog network is drawn \
                afresh, which takes the same time. The rate counts the operations of the published form; convolutions by \
                minimal filtering do with fewer, so that the share of the machine's ceiling may be above one.

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
            let choice = try NetworkChoice(named: model, form: form)
            guard choice.entry.axes == 5 else {
                throw Failure(.usage, "\(model) takes trials or pictures, not cubes of a scan")
            }
            let weights = try source(choice, settings)
            let network = try choice.network(weights)
            let x = try noise(size, channels: choice.entry.inputs, settings)
            Engine.resetPeakMemory()
            // Reading the sum waits for a GPU to be done.
            let timing = try Timing(repeats: repeats, title: "bench") { _ = try network(x).sum().floats() }
            let peak = Engine.peakMemory
            // The catalog counts the operations of the published size alone.
            let isPublished = weights.tensors.reduce(0) { $0 + $1.tensor.count } == choice.entry.parameters
            let work = Double(size * size * size) / 1e6 * choice.entry.gigaflopsPerMegavoxel
            let result = Result(
                model: model, settings: settings, size: size, timing: timing, gigaflops: isPublished ? work : nil,
                ceiling: try Ceiling.gigaflopsPerSecond(settings.type, on: settings.device), peakBytes: peak)
            if json { try Console.result(result) } else { result.print() }
        }

        private func source(_ choice: NetworkChoice, _ settings: EngineOptions.Settings) throws -> Weights {
            guard let file = weights.map({ URL(fileURLWithPath: $0) }) ?? choice.weights else {
                return Weights(seed: 1, type: settings.type, device: settings.device)
            }
            return Weights(try TensorFiles.open(file), type: settings.type, device: settings.device)
        }
    }

    /// Numbers to time with, `[1, channels, size, size, size]`.
    static func noise(_ size: Int, channels: Int = 4, _ settings: EngineOptions.Settings) throws -> Tensor {
        var random = SplitMix(seed: 7)
        let shape = [1, channels, size, size, size]
        return try Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.normal()) }, shape: shape)
            .converted(to: settings.type).moved(to: settings.device)
    }

    /// What a benchmark of a network found.
    struct Result: Encodable {
        let model: String
        let settings: EngineOptions.Settings
        let size: Int
        let timing: Timing
        /// Billions of operations of one run, where they are known.
        let gigaflops: Double?
        let ceiling: Double
        let peakBytes: Int

        private var rate: Double? { gigaflops.map { $0 / timing.median } }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(model, forKey: .model)
            try container.encode(settings.device.description, forKey: .device)
            try container.encode("\(settings.type)", forKey: .precision)
            try container.encode(Engine.threads, forKey: .threads)
            try container.encode(Engine.kernels, forKey: .kernels)
            try container.encode(size, forKey: .size)
            try container.encode(timing)
            try container.encodeIfPresent(rate, forKey: .gigaflopsPerSecond)
            try container.encode(ceiling, forKey: .ceiling)
            try container.encodeIfPresent(rate.map { $0 / ceiling }, forKey: .share)
            try container.encode(peakBytes, forKey: .peakBytes)
        }

        func print() {
            Console.result(
                "\(model), 1 × 4 × \(size)³, \(settings.type) on \(settings.device), \(Engine.threads) threads")
            Console.result(timing.sentence)
            if let rate {
                Console.result(
                    String(
                        format: "%.0f GFLOP/s, %.2f of the %.0f GFLOP/s that this machine reaches at its best", rate,
                        rate / ceiling, ceiling))
            }
            Console.result(String(format: "peak memory of tensors %.0f MB", Double(peakBytes) / 1e6))
        }
    }
}
