import ArgumentParser

/// Functional MRI: from a 4-D scan to time series, connectivity and classes of subjects.
struct FMRI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmri",
        abstract: "Functional MRI: time series of regions, connectivity, and what tells subjects apart.",
        discussion: """
            EXAMPLE
              brainkit fmri extract -i bold.nii.gz --atlas aal.nii.gz --names aal.csv -o series.tsv
              brainkit fmri connect -i series.tsv -o connectivity.npy
              brainkit fmri benchmark --data abide --phenotypes phenotypes.csv --model st-transformer-style
            """,
        subcommands: [FMRIExtract.self, FMRIConnect.self, FMRIBenchmark.self])
}
