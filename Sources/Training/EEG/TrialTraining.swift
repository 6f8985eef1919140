public import NeuralNet

/// How a network learns to tell trials apart.
public struct TrialTraining: Codable, Sendable, Equatable {
    /// Rounds over all trials, at most.
    public var epochs = 200
    /// Trials of a step.
    public var batch = 32
    /// The highest learning rate; it climbs over the first twentieth of the steps, then falls along half a cosine.
    public var rate = 1e-3
    public var optimiser = AdamW.Settings()
    /// The share of the training trials, class by class, that early stopping looks at and no step learns from; 0 to learn
    /// from all and keep the last weights.
    public var validation = 0.2
    /// Rounds without a better loss on them before it stops.
    public var patience = 50
    /// How far the certain answer is moved towards the even one, Szegedy et al., CVPR 2016.
    public var smoothing = 0.0
    public var augmentation = TrialAugmentation()
    /// Whether tokens attend to themselves and earlier ones alone; networks with an encoder over time have that, S3T and
    /// EEG-Conformer.
    public var causal = false

    public init() { optimiser.weightDecay = 0.01 }
}
