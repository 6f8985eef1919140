public import BrainModels
public import NeuralNet

/// How a network on functional connectivity or time series learns.
public struct ConnectomeTraining: Codable, Sendable, Equatable {
    /// How rare classes get the weight of frequent ones.
    public enum Balance: String, Codable, Sendable, CaseIterable {
        case none
        /// Subjects are drawn by the rarity of their class.
        case sampling
        /// Made-up subjects of the rarer class fill it up: see ``ConnectomeGenerator``.
        case generator
    }

    /// The catalog's name of the network, and the sizes that differ from its own.
    public var network: String
    public var configuration = CardSettings.table([:])
    /// Rounds over all subjects.
    public var epochs = 30
    /// Subjects of a step.
    public var batch = 16
    /// The highest learning rate; it climbs over the first twentieth of the steps, then falls along half a cosine.
    public var rate = 3e-4
    public var optimiser = AdamW.Settings()
    /// How far the certain answer is moved towards the even one, Szegedy et al., CVPR 2016.
    public var smoothing = 0.1
    /// The deviation of noise that is added to correlations and to standardised series.
    public var noise = 0.1
    public var balance = Balance.sampling

    public init(network: String) {
        self.network = network
        optimiser.weightDecay = 0.01
    }

    /// Whether the network reads time series; the others read correlations.
    public var readsSeries: Bool { network == "st-transformer-style" }
}
