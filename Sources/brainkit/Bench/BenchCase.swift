import ArgumentParser
import BrainModels
import Foundation
import NeuralNet

extension Bench {
    /// Times `brainkit segment` on one case, from the start of its process to its end.
    struct Case: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Time a whole case, from four files to a label map.",
            discussion: """
                Each run is a process of its own: starting, reading, preparing, windows, writing. Without --input an \
                artificial head of the size of a BraTS case is made. The peak is that of the process's resident memory, which Linux alone tells.

                EXAMPLE
                  brainkit bench case -i BraTS2021_00006 --threads 2 --json
                """)

        @Option(name: .shortAndLong, help: "A folder that holds one case.")
        var input: String?
        @Option(help: "A shipped model, or a model's folder.")
        var model = "eoformer-tumour"
        @Option(help: ArgumentHelp("A .safetensors, .pth or .pt file.", valueName: "file"))
        var weights: String?
        @Option(help: "The share of a window that the next one covers again.")
        var overlap: Double?
        @Option(help: "Runs that count; one more goes before them.")
        var repeats = 3
        @Flag(help: "Print one JSON object.")
        var json = false
        @OptionGroup var engine: EngineOptions

        func validate() throws {
            guard (1...1000).contains(repeats) else { throw ValidationError("--repeats is from 1 to 1000") }
        }

        func run() throws {
            let settings = try engine.settings()
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("brainkit-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let scans = try input ?? PhantomCase.write(to: folder.appendingPathComponent("phantom")).path
            let results = folder.appendingPathComponent("results")
            var seconds: [Double] = [], sidecars: [Laps] = []
            let progress = Progress("bench")
            for run in -1..<repeats {
                progress.show(run + 1, of: repeats + 1)
                let took = try time(arguments(scans, results.path, settings))
                if run < 0 { continue }
                seconds.append(took)
                sidecars.append(try laps(in: results))
            }
            progress.show(repeats + 1, of: repeats + 1)
            let result = CaseResult(
                model: model, settings: settings, timing: Timing(seconds),
                parts: CaseResult.medians(sidecars.map(\.seconds)),
                peakBytes: (sidecars.compactMap(\.peakMegabytes).max() ?? 0) * 1_000_000)
            if json { try Console.result(result) } else { result.print() }
        }

        private func arguments(_ scans: String, _ results: String, _ settings: EngineOptions.Settings) -> [String] {
            var words = ["segment", "-i", scans, "-o", results, "--model", model]
            words += ["--device", "\(settings.device)", "--precision", "\(settings.type)"]
            words += ["--threads", String(Engine.threads)]
            if let weights { words += ["--weights", weights] }
            if let overlap { words += ["--overlap", String(overlap)] }
            if let megabytes = engine.maxMemory { words += ["--max-memory", String(megabytes)] }
            return words
        }

        private func time(_ arguments: [String]) throws -> Double {
            let start = ContinuousClock.now
            let (status, errors) = try ChildProcess.run(arguments)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            guard status == 0 else {
                let sentence = errors.replacing("brainkit: ", with: "", maxReplacements: 1)
                throw Failure(
                    ExitCode(rawValue: status) ?? .software, sentence.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            return seconds
        }

        /// What the sidecar of the result states.
        private struct Laps: Decodable { let seconds: [String: Double], peakMegabytes: Int? }

        private func laps(in folder: URL) throws -> Laps {
            let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            guard let sidecar = files.first(where: { $0.pathExtension == "json" }), files.count == 2 else {
                throw Failure(
                    .usage, "expected one case to time, found \(files.count / 2) in \(input ?? "the phantom")")
            }
            return try JSONDecoder().decode(Laps.self, from: Data(contentsOf: sidecar))
        }
    }
}

/// What the benchmark of a case found.
private struct CaseResult: Encodable {
    let model: String
    let settings: EngineOptions.Settings
    let timing: Timing
    let parts: [String: Double]
    let peakBytes: Int

    static func medians(_ runs: [[String: Double]]) -> [String: Double] {
        Dictionary(grouping: runs.flatMap { $0 }, by: \.key).mapValues { Timing($0.map(\.value)).median }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Bench.Keys.self)
        try container.encode(model, forKey: .model)
        try container.encode(settings.device.description, forKey: .device)
        try container.encode("\(settings.type)", forKey: .precision)
        try container.encode(Engine.threads, forKey: .threads)
        try container.encode(Engine.kernels, forKey: .kernels)
        try container.encode(timing)
        try container.encode(parts, forKey: .partSeconds)
        try container.encode(peakBytes, forKey: .peakBytes)
    }

    func print() {
        Console.result("\(model), a whole case, \(settings.type) on \(settings.device), \(Engine.threads) threads")
        Console.result(timing.sentence)
        for (part, seconds) in parts.sorted(by: { $0.value > $1.value }) {
            Console.result(String(format: "  %-10@ %6.2f s", part as NSString, seconds))
        }
        let rest = timing.median - parts.values.reduce(0, +)
        Console.result(String(format: "  %-10@ %6.2f s", "the rest" as NSString, rest))
        Console.result(String(format: "peak memory of the process %.2f GB", Double(peakBytes) / 1e9))
    }
}
