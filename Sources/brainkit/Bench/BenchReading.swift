import ArgumentParser
import BrainData
import Foundation

extension Bench {
    /// Times the reading of a recording.
    struct Reading: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "recording",
            abstract: "Time the reading of an EEG recording: header, events and every sample; or of a .mat file.",
            discussion: """
                Two runs to warm up, then the median of the rest.

                EXAMPLE
                  brainkit bench recording night.edf --json
                """)

        @Argument(help: "The recording or .mat file.")
        var file: String
        @Option(help: "Runs that count.")
        var repeats = 10
        @Flag(help: "Print one JSON object.")
        var json = false

        func validate() throws {
            guard (1...10_000).contains(repeats) else { throw ValidationError("--repeats is from 1 to 10000") }
        }

        private struct Result: Encodable {
            let file: String
            let samples: Int
            let medianSeconds, minSeconds, maxSeconds: Double

            enum CodingKeys: String, CodingKey {
                case file, samples, medianSeconds = "median_seconds", minSeconds = "min_seconds", maxSeconds =
                    "max_seconds"
            }
        }

        func run() throws {
            let url = URL(fileURLWithPath: file)
            let limit = ProcessMemory.free(limit: nil)
            var samples = 0
            let timing = try Timing(repeats: repeats, title: "bench") {
                guard !MatlabVariables.recognises(url) else {
                    let all = try MatlabVariables(url, limit: limit).variables.compactMap(\.value.numbers)
                    samples = all.reduce(0) { $0 + $1.values().count }
                    return
                }
                let recording = try RecordingFile.open(url, limit: limit)
                samples = 0
                let groups = Dictionary(grouping: recording.channels.indices) { recording.channels[$0].rate }
                for picked in groups.values {
                    samples += try recording.picking(picked).signal(limit: limit).values.count
                }
            }
            let result = Result(
                file: file, samples: samples, medianSeconds: timing.median, minSeconds: timing.least,
                maxSeconds: timing.most)
            if json { return try Console.result(result) }
            Console.result("\(samples) samples: \(timing.sentence)")
        }
    }
}
