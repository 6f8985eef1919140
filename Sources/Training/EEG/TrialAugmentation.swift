import NeuralNet

/// Random changes of training trials that leave their class as it is.
public struct TrialAugmentation: Codable, Sendable, Equatable {
    /// The most samples that a trial is moved by, either way; what leaves at one end comes back mirrored at the other.
    public var shift = 0
    /// The share of trials that lose a channel.
    public var channelDropout = 0.0
    /// Segments that trials are cut into; each is then taken from a random trial of the class. Below 2 for none.
    ///
    /// Lotte, *Signal Processing Approaches to Minimize or Suppress Calibration Time in Oscillatory Activity-Based BCI*,
    /// Proc. IEEE 103, 2015, as EEG-Conformer is trained.
    public var segments = 0
    /// The share of trials that are made of segments.
    public var recombination = 0.5
    /// The deviation of Gaussian noise, as a share of the trial's own.
    public var noise = 0.0

    public init() {}

    /// Changes one trial of `[channel, time]`.
    ///
    /// - Parameter alike: a trial of the same class, at random.
    func apply(
        to trial: inout [Float], channels: Int, _ random: inout SplitMix, alike: (inout SplitMix) -> [Float]
    ) {
        let samples = trial.count / max(1, channels)
        if segments > 1, random.uniform() < recombination {
            for segment in 0..<segments {
                let range = samples * segment / segments..<samples * (segment + 1) / segments
                let other = alike(&random)
                for channel in 0..<channels {
                    for t in range { trial[channel * samples + t] = other[channel * samples + t] }
                }
            }
        }
        if shift > 0 { move(&trial, channels, samples, by: Int(random.uniform() * Double(2 * shift + 1)) - shift) }
        if channels > 1, random.uniform() < channelDropout {
            let channel = Int(random.uniform() * Double(channels))
            for t in 0..<samples { trial[channel * samples + t] = 0 }
        }
        if noise > 0 {
            let power = trial.reduce(Float(0)) { $0 + $1 * $1 } / Float(max(1, trial.count))
            let deviation = noise * Double(power.squareRoot())
            for n in trial.indices { trial[n] += Float(deviation * random.normal()) }
        }
    }

    private func move(_ trial: inout [Float], _ channels: Int, _ samples: Int, by shift: Int) {
        guard shift != 0, abs(shift) < samples else { return }
        let source = trial
        for channel in 0..<channels {
            for t in 0..<samples {
                var from = t - shift
                if from < 0 { from = -from } else if from >= samples { from = 2 * (samples - 1) - from }
                trial[channel * samples + t] = source[channel * samples + min(max(from, 0), samples - 1)]
            }
        }
    }
}
