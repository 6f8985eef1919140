public import BrainData

/// A decoder of any kind, so that it can be stored.
public enum TrainedDecoder: TrialDecoder {
    case bandPower(BandPowerDecoder)
    case spatialPatterns(SpatialPatternDecoder)
    case riemannian(RiemannianDecoder)
    case network(NetworkDecoder)

    private var decoder: any TrialDecoder {
        switch self {
        case .bandPower(let decoder): decoder
        case .spatialPatterns(let decoder): decoder
        case .riemannian(let decoder): decoder
        case .network(let decoder): decoder
        }
    }

    public var classes: [String] { decoder.classes }

    public func probabilities(_ epochs: Epochs) throws(SignalError) -> [[Double]] {
        try decoder.probabilities(epochs)
    }
}
