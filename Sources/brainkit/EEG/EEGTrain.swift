import ArgumentParser
import BrainData
import BrainModels
import Foundation
import NeuralNet
import Training

struct EEGTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a decoder on recordings and store it in a folder.",
        discussion: """
            Trials are cut at the events that --label names; several recordings of a folder are learned from together. The folder \
            then holds decoder.json and, for a network, model.safetensors; eeg decode and eeg stream read it. For streams give \
            --causal-band: a stream cannot filter backwards, and a decoder should learn from what it will see.

            EXAMPLE
              brainkit eeg train --data run04.edf --label T1=left --label T2=right --window 0:4 --model eegnet -o hands
            """)

    @Option(
        help: ArgumentHelp(
            "A recording, or a folder of recordings or of sessions of BCI Competition IV 2b.", valueName: "path"))
    var data: String
    @Option(help: "band-power, csp-lda, riemannian, s3t, eegformer, conformer or eegnet.")
    var model: String
    @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write the decoder into.", valueName: "folder"))
    var output: String
    @Option(help: "What a network starts from, and the order of its trials.")
    var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Only these subjects, parted by commas.", valueName: "names"))
    var subjects: String?
    @Option(help: ArgumentHelp("Only these sessions, parted by commas.", valueName: "names"))
    var sessions: String?
    @Flag(help: "Print one JSON object.")
    var json = false
    @OptionGroup var cutting: CuttingOptions
    @OptionGroup var training: TrialTrainingOptions
    @OptionGroup var threads: ThreadOptions

    func validate() throws {
        guard TrialModel(rawValue: model) != nil else {
            throw ValidationError(
                "no decoder is called \(model); known are \(TrialModel.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
    }

    private struct Summary: Encodable {
        let model, folder: String
        let trials: Int
        let classes: [String]
        /// On the very trials that it learned from: no estimate of anything, but low means that nothing was learned.
        let trainingAccuracy, seconds: Double

        enum CodingKeys: String, CodingKey {
            case model, folder, trials, classes, seconds
            case trainingAccuracy = "training_accuracy"
        }
    }

    func run() throws {
        guard let model = TrialModel(rawValue: model) else { return }
        threads.apply()
        let cut = try cutting.cutting(limit: ProcessMemory.free(limit: nil))
        let read = try TrialCollection.open(URL(fileURLWithPath: data), cut).picking(subjects, sessions)
        let epochs = try TrialCollection.joined(read.sessions)
        let folder = try OutputPath.folder(output)
        let clock = ContinuousClock.now, bar = Progress("training")
        let decoder = try model.train(on: epochs, seed: seed, changing: training.change) { round, loss in
            bar.show(round + 1, of: training.epochs ?? model.training.epochs, "loss \(loss)")
        }
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        let settings = RecordingDecoder.Settings(
            channels: epochs.channels.map(\.name), rate: epochs.rate, start: epochs.start, samples: epochs.count,
            labels: cut.labels, causalBand: cut.causalBand.map { [$0.lowerBound, $0.upperBound] })
        try DecoderFolder(folder).write(RecordingDecoder(settings, decoder))
        let summary = Summary(
            model: model.rawValue, folder: folder.path, trials: epochs.trials, classes: decoder.classes,
            trainingAccuracy: try decoder.accuracy(epochs), seconds: seconds)
        Console.note("learned from \(epochs.trials) trials: \(decoder.classes.joined(separator: ", "))")
        if json { try Console.result(summary) } else { Console.result(folder.path) }
    }
}

extension TrialCollection {
    /// The sessions whose subject and name are in lists parted by commas; all where there is no list.
    func picking(_ subjects: String?, _ sessions: String?) throws -> TrialCollection {
        func isWanted(_ name: String, _ list: String?) -> Bool {
            list.map { $0.split(separator: ",").map(String.init).contains(name) } ?? true
        }
        let wanted = self.sessions.filter { isWanted($0.subject, subjects) && isWanted($0.name, sessions) }
        guard !wanted.isEmpty else { throw Failure(.usage, "--subjects or --sessions leaves nothing of the data") }
        return TrialCollection(wanted)
    }
}
