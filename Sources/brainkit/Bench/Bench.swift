import ArgumentParser

/// Times networks and readers on this machine.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time a network, or the reading of a file, on this machine.",
        discussion: """
            EXAMPLE
              brainkit bench patch --threads 2
              brainkit bench case -i BraTS2021_00006 --json
            """,
        subcommands: [Patch.self, Case.self, Step.self, Reading.self, WarpedVolume.self])
}
