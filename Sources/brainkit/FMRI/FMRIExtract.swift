import ArgumentParser
import BrainData
import BrainModels
import Foundation

struct FMRIExtract: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Take the time series of an atlas' regions out of a 4-D scan, and clean them.",
        discussion: """
            The atlas comes onto the scan's grid, each voxel taking the closest label; both have to be in one space. The scan is read frame \
            by frame. Cleaning follows nilearn: detrending, band-pass, regression on the confounds (filtered alike), scaling.

            EXAMPLE
              brainkit fmri extract -i bold.nii.gz --atlas aal.nii.gz --names aal.csv --band 0.01:0.1 -o series.tsv
              brainkit fmri extract -i sub-01_bold.nii.gz --atlas schaefer.nii.gz --confounds sub-01_confounds.tsv \
            --strategy motion24 -o sub-01.tsv
            """)

    @Option(name: .shortAndLong, help: "The 4-D scan.")
    var input: String
    @Option(help: "A label map.")
    var atlas: String
    @Option(help: "A table of the labels' numbers and names.")
    var names: String?
    @Option(name: .shortAndLong, help: "The new table, .tsv or .csv: a line a frame, a column a region.")
    var output: String
    @OptionGroup var cleaning: CleaningOptions
    @Flag(help: "Leave the series as they are in the scan.")
    var raw = false
    @Flag(help: "Print one JSON object.")
    var json = false

    private struct Summary: Encodable {
        let output: String
        let frames, regions: Int
        let repetition: Double?
        let outside: [String]
    }

    func run() throws {
        let place = try OutputPath.file(output)
        let names = try names.map { try Parcellation.names(URL(fileURLWithPath: $0)) } ?? [:]
        let parcellation = Parcellation(
            try ImageFile.readLabels(URL(fileURLWithPath: atlas), limit: ProcessMemory.free(limit: nil)), names: names)
        let reader = try FrameReader(URL(fileURLWithPath: input))
        let bar = Progress("extract")
        let found = try parcellation.series(of: reader) { bar.show($0, of: $1) }
        let timed = RegionSeries(
            regions: found.series.regions, repetition: cleaning.repetition ?? found.series.repetition,
            values: found.series.values)
        let series = raw ? timed : try cleaning.clean(timed)
        if !found.outside.isEmpty {
            Console.warning(
                "\(found.outside.count) regions lie outside the scan: \(found.outside.joined(separator: ", "))")
        }
        try RegionSeriesFile.write(series, to: place)
        let summary = Summary(
            output: place.path, frames: series.frames, regions: series.regions.count, repetition: series.repetition,
            outside: found.outside)
        if json { return try Console.result(summary) }
        Console.result(place.path)
    }
}

/// How time series are cleaned.
struct CleaningOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The frequencies that stay, in hertz; either end may be left out.", valueName: "low:high"))
    var band: String?
    @Option(
        name: .customLong("tr"),
        help: ArgumentHelp("Seconds from frame to frame, where the file does not tell.", valueName: "seconds"))
    var repetition: Double?
    @Option(help: "A table with a column a confound, such as fMRIPrep's.")
    var confounds: String?
    @Option(
        help:
            "Columns of fMRIPrep's table: \(ConfoundStrategy.allCases.map(\.rawValue).joined(separator: ", ")); all that are numbers if left out."
    )
    var strategy: String?

    func validate() throws {
        guard repetition.map({ $0 > 0 && $0 < 1000 }) ?? true else {
            throw ValidationError("--tr is a number of seconds above 0")
        }
        if let band { _ = try ends(band) }
        guard strategy.map({ ConfoundStrategy(rawValue: $0) != nil }) ?? true else {
            throw ValidationError(
                "--strategy is one of \(ConfoundStrategy.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard strategy == nil || confounds != nil else { throw ValidationError("--strategy picks from --confounds") }
    }

    private func ends(_ text: String) throws -> (low: Double?, high: Double?) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Double($0) }
        guard parts.count == 2, numbers.count == parts.count(where: { !$0.isEmpty }), !numbers.isEmpty,
            numbers.allSatisfy({ $0 > 0 }), numbers == numbers.sorted(), Set(numbers).count == numbers.count
        else { throw ValidationError("--band is LOW:HIGH in hertz, such as 0.01:0.1 or :0.1, not \(text)") }
        return (Double(parts[0]), Double(parts[1]))
    }

    func clean(_ series: RegionSeries) throws -> RegionSeries {
        var cleaning = SeriesCleaning()
        if let band { (cleaning.slowest, cleaning.fastest) = try ends(band) }
        let table = try confounds.map { file in
            try ConfoundTable(URL(fileURLWithPath: file)).picking(strategy.flatMap(ConfoundStrategy.init(rawValue:)))
        }
        return try cleaning(series, confounds: table)
    }
}
