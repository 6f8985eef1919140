import ArgumentParser

/// Times networks on this machine.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time a network on this machine.",
        discussion: """
            EXAMPLE
              brainkit bench patch --threads 2
              brainkit bench case -i BraTS2021_00006 --json
            """,
        subcommands: [Patch.self, Case.self, Step.self])
}
