import Foundation
import Testing

/// What `--help` says, word for word: scripts and readers depend on it.
@Suite struct HelpTests {
    static let commands = [
        "", "age", "bench", "bench case", "bench patch", "bench recording", "bench step", "bench warp", "convert",
        "diagnose", "diagnose benchmark", "diagnose train", "eeg",
        "eeg benchmark", "eeg decode", "eeg inspect", "eeg stream", "eeg train", "evaluate",
        "evaluate registration", "evaluate segmentation", "extract", "fmri", "fmri benchmark", "fmri connect",
        "fmri extract", "forward", "info", "models", "models check",
        "models info", "models list", "plan", "register", "segment", "synthesise", "train", "warp",
    ]

    private func help(_ command: String) throws -> String {
        let run = try Command(
            command.split(separator: " ").map(String.init) + ["--help"], environment: ["COLUMNS": "80"])
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        return run.output
    }

    @Test(arguments: commands)
    func everyCommandHasAnExample(command: String) throws {
        let text = try help(command)
        #expect(text.contains("EXAMPLE"))
        #expect(text.contains("brainkit " + command))
    }

    @Test(arguments: commands)
    func theTextIsTheSnapshots(command: String) throws {
        let name = (["brainkit"] + command.split(separator: " ").map(String.init)).joined(separator: "-") + ".txt"
        let file = Command.root.appendingPathComponent("Tests/brainkitTests/Golden/help").appendingPathComponent(name)
        let text = try help(command)
        if ProcessInfo.processInfo.environment["BRAINKIT_SNAPSHOTS"] == "write" {
            try Data(text.utf8).write(to: file)
            return
        }
        let known = try String(contentsOf: file, encoding: .utf8)
        #expect(text == known, "if the new text is meant: make snapshots")
    }

    @Test func everyCommandIsInTheList() throws {
        let list = try #require(
            help("").components(separatedBy: "SUBCOMMANDS:\n").last?.components(separatedBy: "\n\n").first)
        let lines = list.split(separator: "\n").filter { !$0.hasPrefix("   ") }
        let names = lines.compactMap { $0.split(separator: " ").first }
        #expect(names.count > 5)
        for name in names { #expect(Self.commands.contains(String(name))) }
    }

    @Test func theVersionNamesTheEngine() throws {
        let run = try Command("--version")
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("brainkit ") && run.output.contains("libtorch"))
    }
}
