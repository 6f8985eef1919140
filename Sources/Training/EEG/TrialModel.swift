public import BrainData
public import BrainModels

/// The decoders that a benchmark compares and a user trains, with the settings that they are trained with.
public enum TrialModel: String, Codable, Sendable, CaseIterable {
    case bandPower = "band-power"
    case spatialPatterns = "csp-lda"
    case riemannian, s3t, eegformer, conformer, eegnet

    /// The network, or nil for a classical decoder, whose training hangs on no seed.
    public var network: TrialNetworkKind? {
        switch self {
        case .bandPower, .spatialPatterns, .riemannian: nil
        case .s3t: .s3t
        case .eegformer: .eegformer
        case .conformer: .conformer
        case .eegnet: .eegnet
        }
    }

    /// What trials go through before the network: half the rate where it is above 128 Hz, 4 to 40 Hz, and one scale for all
    /// trials and channels. How strong a rhythm is over one hand's area against the other is what tells them apart, so a scale
    /// of each channel's own would take it away.
    public func preparation(rate: Double) -> TrialPreparation.Settings {
        var settings = TrialPreparation.Settings()
        settings.rate = rate > 128 ? rate / 2 : nil
        settings.band = [4, min(40, 0.45 * (settings.rate ?? rate))]
        settings.scaling = .training
        return settings
    }

    /// How it is trained: on all trials to the last round, as few trials are better learned from than watched.
    public var training: TrialTraining {
        var settings = TrialTraining()
        settings.augmentation.segments = 8
        settings.validation = 0
        switch self {
        case .eegnet: settings.epochs = 150
        case .s3t: settings.epochs = 200
        case .conformer: settings.epochs = 50
        case .eegformer: (settings.epochs, settings.augmentation.shift) = (20, 4)
        case .bandPower, .spatialPatterns, .riemannian: break
        }
        return settings
    }

    /// Trains on trials.
    public func train(
        on epochs: Epochs, seed: UInt64,
        changing: (inout TrialPreparation.Settings, inout TrialTraining) -> Void = { _, _ in },
        progress: ((Int, Double) -> Void)? = nil
    ) throws -> TrainedDecoder {
        switch self {
        case .bandPower: return .bandPower(try BandPowerDecoder(training: epochs))
        case .spatialPatterns: return .spatialPatterns(try SpatialPatternDecoder(training: epochs))
        case .riemannian: return .riemannian(try RiemannianDecoder(training: epochs))
        case .s3t, .eegformer, .conformer, .eegnet:
            guard let network else { throw TrainingError.run("\(rawValue) is no network") }
            var (prepared, learned) = (preparation(rate: epochs.rate), training)
            changing(&prepared, &learned)
            return .network(
                try TrialTrainer.train(
                    network, on: epochs, preparation: prepared, learned, seed: seed, progress: progress
                ).decoder)
        }
    }
}
