import NeuralNet

/// How patches are varied, so that a network learns anatomy and not scanners.
public struct Augmentation: Codable, Sendable, Equatable {
    /// How likely each axis is mirrored.
    public var flip = 0.5
    /// Intensities are multiplied by up to 1 ± this.
    public var scale = 0.1
    /// Intensities are shifted by up to ± this, in standard deviations.
    public var shift = 0.1
    /// How likely scale and shift each are used.
    public var intensity = 0.5
    /// How likely some contrasts are left out, so that the network works with any of them; at least one stays.
    public var contrastDropout = 0.0

    public init() {}

    struct Look { var scale: Float = 1, shift: Float = 0 }

    /// How each channel looks; nil where it is left out.
    func looks(channels: Int, _ random: inout SplitMix) -> [Look?] {
        var looks: [Look?] = (0..<channels).map { _ in
            var look = Look()
            if random.uniform() < intensity { look.scale = Float(1 + scale * (2 * random.uniform() - 1)) }
            if random.uniform() < intensity { look.shift = Float(shift * (2 * random.uniform() - 1)) }
            return look
        }
        if random.uniform() < contrastDropout {
            let kept = Int(random.uniform() * Double(channels))
            for channel in 0..<channels where channel != kept && random.uniform() < 0.5 { looks[channel] = nil }
        }
        return looks
    }
}
