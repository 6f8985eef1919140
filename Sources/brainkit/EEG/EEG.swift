import ArgumentParser

struct EEG: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eeg",
        abstract: "Decode EEG: compare decoders, train one, apply it to recordings and streams.",
        discussion: """
            EXAMPLE
              brainkit eeg benchmark --protocol bci-iv-2b --data bci-iv-2b --model csp-lda
              brainkit eeg inspect recording.edf -o page.html
            """,
        subcommands: [EEGBenchmark.self, EEGTrain.self, EEGDecode.self, EEGStream.self, EEGInspect.self])
}
