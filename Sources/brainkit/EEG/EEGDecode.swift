import ArgumentParser
import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet

struct EEGDecode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Apply a decoder to a recording: a class and probabilities for each event.",
        discussion: """
            Without --every the events are those of training, or what --event names. With --every a decision is made at every \
            step of time, on the samples up to it, as eeg stream makes it.

            EXAMPLE
              brainkit eeg decode -i run08.edf --decoder hands -o run08.csv --events-tsv run08_events.tsv
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("The recording.", valueName: "file"))
    var input: String
    @Option(help: ArgumentHelp("What eeg train wrote.", valueName: "folder"))
    var decoder: String
    @Option(
        name: .shortAndLong, help: ArgumentHelp("A table: onset, event, class, probabilities.", valueName: "file.csv"))
    var output: String
    @Option(help: ArgumentHelp("Also write the decisions as a BIDS table of events.", valueName: "file.tsv"))
    var eventsTsv: String?
    @Option(help: "Events to decode, in place of those of training; several times.")
    var event: [String] = []
    @Option(help: ArgumentHelp("Decide every so many milliseconds instead.", valueName: "ms"))
    var every: Double?
    @Flag(help: "Print one JSON object.")
    var json = false
    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        guard every.map({ $0 > 0 && $0 < 1e9 }) ?? true else {
            throw ValidationError("--every is above 0 milliseconds")
        }
        guard every == nil || event.isEmpty else { throw ValidationError("--every and --event exclude each other") }
    }

    private struct Summary: Encodable {
        let input: String
        let classes: [String]
        let decisions: [RecordingDecoder.Decision]
    }

    func run() throws {
        threads.apply()
        let table = try OutputPath.file(output), events = try eventsTsv.map(OutputPath.file)
        let decoder = try DecoderFolder(URL(fileURLWithPath: self.decoder)).read()
        let limit = ProcessMemory.free(limit: nil)
        let recording = try BIDSRecording.open(URL(fileURLWithPath: input), limit: limit)
        for repair in recording.repairs { Console.warning(repair.description) }
        let decisions: [RecordingDecoder.Decision]
        if let every {
            decisions = try decoder.decisions(
                of: recording, every: decoder.samples(everyMilliseconds: every), limit: limit)
        } else {
            let names = event.isEmpty ? Set(decoder.settings.labels.keys) : Set(event)
            guard !names.isEmpty else {
                throw Failure(
                    .usage, "the decoder learned from trials without events: name some with --event, or --every")
            }
            decisions = try decoder.decisions(of: recording, events: names, limit: limit)
        }
        guard !decisions.isEmpty else { throw Failure(.badData, "\(input) has no event or window to decode") }
        try DecisionTable(decoder, decisions).csv.write(to: table)
        if let events { try AtomicFile.write(Data(DecisionTable(decoder, decisions).events.utf8), to: events) }
        if json {
            try Console.result(Summary(input: input, classes: decoder.classes, decisions: decisions))
        } else {
            Console.result(table.path)
        }
    }
}

extension RecordingDecoder {
    /// Samples of a step of time, one at least.
    func samples(everyMilliseconds time: Double) -> Int { max(1, Int((time / 1000 * settings.rate).rounded())) }
}

/// Decisions as tables.
struct DecisionTable {
    private let decoder: RecordingDecoder
    private let decisions: [RecordingDecoder.Decision]

    init(_ decoder: RecordingDecoder, _ decisions: [RecordingDecoder.Decision]) {
        (self.decoder, self.decisions) = (decoder, decisions)
    }

    /// Onset, event, class and probabilities, a line a decision.
    var csv: CSVTable {
        CSVTable(
            header: ["onset", "event", "class"] + decoder.classes.map { "p_\($0)" },
            rows: decisions.map { one in
                [one.onset.formatted(decimals: 6), one.event ?? "", one.label]
                    + one.probabilities.map { $0.formatted(decimals: 6) }
            })
    }

    /// As BIDS has events: onset and duration in seconds, what was decoded as `trial_type`, then further columns.
    var events: String {
        let length = Double(decoder.settings.samples) / decoder.settings.rate
        let head = ["onset", "duration", "trial_type", "value"] + decoder.classes.map { "probability_\($0)" }
        let rows = decisions.map { one -> [String] in
            let begin = one.event == nil ? one.onset - length : one.onset + decoder.settings.start
            return [
                begin.formatted(decimals: 6), length.formatted(decimals: 6), cell(one.label), cell(one.event ?? "n/a"),
            ]
                + one.probabilities.map { $0.formatted(decimals: 6) }
        }
        return ([head.map(cell)] + rows).map { $0.joined(separator: "\t") + "\n" }.joined()
    }

    private func cell(_ text: String) -> String {
        text.isEmpty ? "n/a" : text.replacing("\t", with: " ").replacing("\n", with: " ")
    }
}
