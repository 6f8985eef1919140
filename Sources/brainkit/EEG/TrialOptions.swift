import ArgumentParser
import BrainData
import BrainModels
import Foundation
import NeuralNet
import Training

/// How trials are cut out of recordings; sessions in MATLAB files hold trials already.
struct CuttingOptions: ParsableArguments {
    @Option(
        name: .customLong("label"),
        help: ArgumentHelp(
            "An event and what its trials are called, such as T1=left; several times.", valueName: "event=class"))
    var labels: [String] = []
    @Option(help: ArgumentHelp("Seconds from the event to a trial's begin and end.", valueName: "from:to"))
    var window = "0:4"
    @Option(
        help: ArgumentHelp(
            "Filter whole recordings forwards alone, as a stream has to, in this band in hertz.", valueName: "low:high")
    )
    var causalBand: String?
    @Option(help: ArgumentHelp("Samples a second of trials in .ts files, which do not tell.", valueName: "Hz"))
    var frequency: Double?

    func validate() throws {
        guard frequency.map({ $0 > 0 && $0 < 1e6 }) ?? true else {
            throw ValidationError("--frequency is a number of samples a second, above 0")
        }
        for label in labels where label.split(separator: "=").count != 2 {
            throw ValidationError("--label is EVENT=CLASS, such as T1=left, not \(label)")
        }
        _ = try range(window, "--window")
        if let causalBand { _ = try range(causalBand, "--causal-band") }
    }

    private func range(_ text: String, _ flag: String) throws -> ClosedRange<Double> {
        let ends = text.split(separator: ":").compactMap { Double($0) }
        guard ends.count == 2, ends[0] < ends[1], ends.allSatisfy({ abs($0) < 1e6 }) else {
            throw ValidationError("\(flag) is two numbers that ascend, such as 0:4, not \(text)")
        }
        return ends[0]...ends[1]
    }

    func cutting(limit: Int) throws -> TrialCollection.Cutting {
        let pairs = labels.map { $0.split(separator: "=").map(String.init) }
        var cutting = TrialCollection.Cutting(
            labels: Dictionary(pairs.map { ($0[0], $0[1]) }) { $1 }, window: try range(window, "--window"),
            causalBand: try causalBand.map { try range($0, "--causal-band") }, rate: frequency)
        cutting.limit = limit
        return cutting
    }
}

/// How a network is trained; what is left out is what the model is known to need.
struct TrialTrainingOptions: ParsableArguments {
    @Option(help: "Rounds over all training trials, at most.")
    var epochs: Int?
    @Option(help: "Trials of a step.")
    var batch: Int?
    @Option(help: "The highest learning rate.")
    var rate: Double?
    @Option(help: "The share of the training trials that early stopping looks at; 0 for no early stopping.")
    var validation: Double?
    @Option(help: "Rounds without a better loss before it stops.")
    var patience: Int?
    @Option(help: "The most samples that a trial is moved by.")
    var shift: Int?
    @Option(help: "Segments that trials of a class exchange; 0 for none.")
    var segments: Int?
    @Option(help: "The share of trials that lose a channel.")
    var channelDropout: Double?
    @Option(help: "The deviation of noise that is added, as a share of the trial's own.")
    var noise: Double?
    @Option(help: "Common spatial patterns before the network; 0 for none.")
    var patterns: Int?
    @Option(help: "How values are scaled: training, trial or running.")
    var scaling: String?
    @Option(
        help: ArgumentHelp(
            "The band that trials are filtered in before a network, in hertz, or none.", valueName: "low:high"))
    var band: String?
    @Option(help: "Samples a second that trials are brought to before a network.")
    var resample: Double?
    @Flag(help: "Hide later tokens from earlier ones, in s3t and conformer.")
    var causalAttention = false

    func validate() throws {
        guard [epochs, batch, patience].compactMap({ $0 }).allSatisfy({ (1...1_000_000).contains($0) }) else {
            throw ValidationError("--epochs, --batch and --patience are from 1 to 1000000")
        }
        guard [shift, segments, patterns].compactMap({ $0 }).allSatisfy({ (0...100_000).contains($0) }) else {
            throw ValidationError("--shift, --segments and --patterns are from 0 to 100000")
        }
        guard validation.map({ (0..<0.9).contains($0) }) ?? true, rate.map({ $0 > 0 && $0 < 10 }) ?? true,
            channelDropout.map({ (0...1).contains($0) }) ?? true, noise.map({ (0...10).contains($0) }) ?? true
        else {
            throw ValidationError(
                "--validation is from 0 to below 0.9, --rate above 0, --channel-dropout from 0 to 1, --noise from 0 to 10"
            )
        }
        guard scaling.map({ TrialPreparation.Scaling(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("--scaling is training, trial or running")
        }
        guard band.map({ $0 == "none" || ends($0) != nil }) ?? true else {
            throw ValidationError("--band is two numbers that ascend, such as 4:40, or none")
        }
        guard resample.map({ $0 > 0 && $0 < 1e6 }) ?? true else {
            throw ValidationError("--resample is a rate in hertz")
        }
    }

    private func ends(_ text: String) -> [Double]? {
        let ends = text.split(separator: ":").compactMap { Double($0) }
        return ends.count == 2 && 0 < ends[0] && ends[0] < ends[1] ? ends : nil
    }

    /// Puts in what was asked for.
    func change(_ preparation: inout TrialPreparation.Settings, _ training: inout TrialTraining) {
        training.epochs = epochs ?? training.epochs
        training.batch = batch ?? training.batch
        training.causal = causalAttention || training.causal
        training.rate = rate ?? training.rate
        training.validation = validation ?? training.validation
        training.patience = patience ?? training.patience
        training.augmentation.shift = shift ?? training.augmentation.shift
        training.augmentation.segments = segments ?? training.augmentation.segments
        training.augmentation.channelDropout = channelDropout ?? training.augmentation.channelDropout
        training.augmentation.noise = noise ?? training.augmentation.noise
        preparation.patterns = patterns ?? preparation.patterns
        preparation.scaling = scaling.flatMap(TrialPreparation.Scaling.init) ?? preparation.scaling
        preparation.rate = resample ?? preparation.rate
        if let band { preparation.band = ends(band) }
    }
}
