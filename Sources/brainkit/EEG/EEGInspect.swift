import ArgumentParser
import BrainData
import Evaluation
import Foundation

struct EEGInspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Write a page to look at a recording: traces, spectra, maps of the head, repairs.",
        discussion: """
            The page is one file that needs no other. Traces are high-pass filtered at 1 Hz and freed of the mains; maps show the \
            power of each rhythm, over electrodes whose places the file, the data set or their 10–05 names tell.

            EXAMPLE
              brainkit eeg inspect sub-01_task-rest_eeg.edf -o rest.html --start 60
            """)

    @Argument(help: "The recording.")
    var file: String
    @Option(name: .shortAndLong, help: ArgumentHelp("The page.", valueName: "file.html"))
    var output: String
    @Option(help: "Seconds at which the traces begin.")
    var start = 0.0
    @Option(help: "Seconds of traces.")
    var seconds = 10.0
    @Option(help: "The mains in hertz, 50 or 60; 0 leaves it in.")
    var mains = 50.0

    func validate() throws {
        guard start >= 0, start < 1e9, seconds > 0, seconds <= 600, mains >= 0, mains < 1000 else {
            throw ValidationError("--start is from 0, --seconds from above 0 to 600, --mains from 0 to below 1000")
        }
    }

    func run() throws {
        let place = try OutputPath.file(output)
        let recording = try BIDSRecording.open(URL(fileURLWithPath: file), limit: ProcessMemory.free(limit: nil))
        let page = RecordingPage(
            recording, name: URL(fileURLWithPath: file).lastPathComponent, start: start, seconds: seconds, mains: mains)
        try page.report().write(to: place)
        Console.result(place.path)
    }
}
