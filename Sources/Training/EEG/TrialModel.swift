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

    /// What trials go through before the network.
    public func preparation(rate: Double) -> TrialPreparation.Settings {
        var settings = TrialPreparation.Settings()
        settings.rate = rate > 128 ? rate / 2 : nil
        settings.band = [4, min(40, 0.45 * (settings.rate ?? rate))]
        return settings
    }

    /// How it is trained.
    public var training: TrialTraining {
        var settings = TrialTraining()
        settings.augmentation.segments = 8
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
