import ArgumentParser
import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet

struct EEGStream: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream",
        abstract: "Decode samples while they come in, from standard input or a file that grows.",
        discussion: """
            Samples come as text, one line a sample with a number a channel in the order of training, or as float32 numbers, \
            little-endian, a sample's channels side by side. Every step of time a line comes out: seconds of samples so far, class, \
            probabilities, and the milliseconds from the arrival of the last sample to the decision. They are the decisions \
            that eeg decode --every makes on the same samples.

            EXAMPLE
              amplifier | brainkit eeg stream --decoder hands --every 100
              brainkit eeg stream --decoder hands --input growing.f32 --format float32 --idle 10 --json
            """)

    @Option(help: ArgumentHelp("What eeg train wrote.", valueName: "folder"))
    var decoder: String
    @Option(help: ArgumentHelp("A file that may still grow, in place of standard input.", valueName: "file"))
    var input: String?
    @Option(help: "text or float32.")
    var format = "text"
    @Option(help: ArgumentHelp("Decide every so many milliseconds of samples.", valueName: "ms"))
    var every = 100.0
    @Option(help: ArgumentHelp("Stop when the file has not grown for so long.", valueName: "seconds"))
    var idle = 5.0
    @Flag(help: "Print one JSON object at the end, in place of lines.")
    var json = false
    @Option(help: "Threads of the engine; one is fastest for single trials.")
    var threads = 1

    func validate() throws {
        guard SampleStream.Format(rawValue: format) != nil else { throw ValidationError("--format is text or float32") }
        guard every > 0, every < 1e9, idle >= 0, idle < 1e9 else {
            throw ValidationError("--every is above 0 milliseconds, and --idle is from 0 seconds")
        }
        guard (1...1024).contains(threads) else { throw ValidationError("--threads is from 1 to 1024") }
    }

    private struct Latency: Encodable {
        let p50, p99, most: Double
    }

    private struct Summary: Encodable {
        let classes: [String]
        let decisions: [RecordingDecoder.Decision]
        let samples: Int
        /// From the arrival of the last sample to the decision.
        let milliseconds: Latency?
    }

    func run() throws {
        Engine.setThreads(threads)
        let decoder = try DecoderFolder(URL(fileURLWithPath: self.decoder)).read()
        var state = try StreamDecoder(decoder, every: decoder.samples(everyMilliseconds: every))
        var stream = try SampleStream(
            input.map { URL(fileURLWithPath: $0) }, SampleStream.Format(rawValue: format) ?? .text,
            channels: decoder.settings.channels.count, idle: idle)
        // The engine starts up at its first work; a decision on zeros brings that before the stream.
        _ = try? decoder.probabilities(
            (0..<decoder.settings.channels.count).map { channel in
                (0..<decoder.settings.samples).map { sin(Double(($0 + channel) % 97)) }
            })
        if !json {
            Console.result((["seconds", "class"] + decoder.classes.map { "p_\($0)" } + ["ms"]).joined(separator: ","))
        }
        var decisions: [RecordingDecoder.Decision] = [], times: [Double] = []
        while let rows = try stream.next() {
            let arrival = ContinuousClock.now
            for decision in try state.next(rows) {
                let time = (ContinuousClock.now - arrival) / .milliseconds(1)
                times.append(time)
                if json { decisions.append(decision) } else { Console.result(Self.line(decision, time)) }
            }
        }
        let latency =
            times.isEmpty
            ? nil
            : Latency(p50: percentile(times, 50), p99: percentile(times, 99), most: times.max() ?? 0)
        if json {
            try Console.result(
                Summary(classes: decoder.classes, decisions: decisions, samples: state.count, milliseconds: latency))
        } else if let latency {
            Console.note(
                "\(times.count) decisions, latency p50 \(latency.p50.formatted(decimals: 2)) ms, p99 "
                    + "\(latency.p99.formatted(decimals: 2)) ms")
        } else {
            Console.note("\(state.count) samples came, fewer than a trial's \(decoder.settings.samples): no decision")
        }
    }

    private static func line(_ decision: RecordingDecoder.Decision, _ time: Double) -> String {
        ([decision.onset.formatted(decimals: 3), decision.label]
            + decision.probabilities.map { $0.formatted(decimals: 6) }
            + [time.formatted(decimals: 2)]).joined(separator: ",")
    }
}
