import ArgumentParser
import BrainData
import BrainModels
import Foundation
import NeuralNet

struct FMRIConnect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Say how regions go together: correlations or partial correlations of their time series.",
        discussion: """
            Time series are read from .1D, .csv, .tsv, .npy and .mat (--variable). The matrix goes out as .npy, .csv or .tsv; the \
            covariance is that of Ledoit and Wolf, as nilearn has it, unless --estimator says empirical.

            EXAMPLE
              brainkit fmri connect -i series.tsv -o connectivity.csv --kind partial
              brainkit fmri connect -i 50003.mat --variable ROISignals --fisher -o connectivity.npy
            """)

    @Option(name: .shortAndLong, help: "Time series of regions.")
    var input: String
    @Option(help: "The variable of a MATLAB file.")
    var variable: String?
    @Option(name: .shortAndLong, help: "The new matrix, .npy, .csv or .tsv.")
    var output: String
    @Option(help: "correlation or partial.")
    var kind = "correlation"
    @Option(help: "empirical or ledoit-wolf.")
    var estimator = "ledoit-wolf"
    @Flag(help: "Fisher's transform of what is off the diagonal; the diagonal becomes 0.")
    var fisher = false

    func validate() throws {
        guard FunctionalConnectivity(rawValue: kind) != nil else {
            throw ValidationError("--kind is correlation or partial, not \(kind)")
        }
        guard FunctionalConnectivity.Estimator(rawValue: estimator) != nil else {
            throw ValidationError("--estimator is empirical or ledoit-wolf, not \(estimator)")
        }
    }

    func run() throws {
        guard let kind = FunctionalConnectivity(rawValue: kind),
            let estimator = FunctionalConnectivity.Estimator(rawValue: estimator)
        else { return }
        let place = try OutputPath.file(output)
        let series = try RegionSeriesFile.read(
            URL(fileURLWithPath: input), variable: variable, limit: ProcessMemory.free(limit: nil))
        var matrix = try kind(series, estimator)
        if fisher {
            for n in matrix.values.indices {
                matrix.values[n] =
                    n % (matrix.columns + 1) == 0 ? 0 : FunctionalConnectivity.fisher(matrix.values[n])
            }
        }
        if place.pathExtension.lowercased() == "npy" {
            try NumPyArray(matrix.values, shape: [matrix.rows, matrix.columns], single: false).write(to: place)
        } else {
            try RegionSeriesFile.write(RegionSeries(regions: series.regions, values: matrix), to: place)
        }
        Console.result(place.path)
    }
}
