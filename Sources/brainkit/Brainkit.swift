import ArgumentParser
import Foundation

/// The command: doors to the libraries, no science.
@main
struct Brainkit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "brainkit",
        abstract: "Trains and runs transformers on brain data. For research use only, not a diagnosis.",
        discussion: """
            EXAMPLE
              brainkit segment --t1ce t1ce.nii.gz --flair flair.nii.gz -o tumour.nii.gz --report tumour.html

            EXIT CODES
              0 done · 2 some cases failed, the rest done · 64 wrong usage · 65 bad data · 66 input missing
              69 engine or device unavailable · 70 internal · 73 cannot write · 75 not enough memory
            """,
        version: Version.text,
        subcommands: [
            Segment.self, Extract.self, Register.self, WarpCommand.self, Evaluate.self, Train.self, Plan.self,
            Diagnose.self, Age.self, Synthesise.self, Models.self, Forward.self, Bench.self, Convert.self, Info.self,
            EEG.self, FMRI.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard let failure = Failure(error) else { exit(withError: error) }
            Console.error(failure.sentence)
            Foundation.exit(failure.code.rawValue)
        }
    }
}
