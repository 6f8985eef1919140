import NeuralNet

/// How patches are varied, so that a network learns anatomy and not scanners.
///
/// Every step is off where its probability is 0, as all but mirroring, scale and shift are by default. Voxels that are 0, air
/// outside the brain, stay 0. A strong recipe, close to nnU-Net's (Isensee et al., Nature Methods 2021, supplement):
///
///     rotation: { probability: 0.2, upTo: 30 }      gamma: { probability: 0.15, upTo: 0.5 }
///     scaling: { probability: 0.2, upTo: 0.3 }      noise: { probability: 0.15, upTo: 0.3 }
///     blur: { probability: 0.1, upTo: 1 }           lowResolution: { probability: 0.12, upTo: 4 }
public struct Augmentation: Codable, Sendable, Equatable {
    /// How likely each axis is mirrored.
    public var flip = 0.5
    /// Turns about each of the three axes, in degrees.
    public var rotation = Step(upTo: 15)
    /// Grows or shrinks by a factor between 1 / (1 + `upTo`) and 1 + `upTo`.
    public var scaling = Step(upTo: 0.2)
    /// Moves control points, about 24 voxels apart, by that many voxels along each axis; linear in between.
    public var elastic = Step(upTo: 4)
    /// Blurs with a Gaussian whose standard deviation is that many voxels. Each channel draws for itself, here and below.
    public var blur = Step(upTo: 1)
    /// Averages blocks of that many voxels, along all axes or, as often, along one (thick slices), and interpolates back.
    public var lowResolution = Step(upTo: 3)
    /// Averages up to that many voxels along k, alike in all channels, and interpolates back: the thick slices of a clinical scan.
    public var slices = Step(upTo: 7)
    /// Multiplies intensities, counted from the patch's darkest, by a smooth field between 1 / (1 + `upTo`) and 1 + `upTo`.
    public var bias = Step(upTo: 0.3)
    /// Raises intensities, scaled to 0…1, to a power between 1 / (1 + `upTo`) and 1 + `upTo`; mean and deviation stay.
    public var gamma = Step(upTo: 0.4)
    /// Adds noise of that standard deviation, in standard deviations of the brain.
    public var noise = Step(upTo: 0.2)
    /// Intensities are multiplied by up to 1 ± this.
    public var scale = 0.1
    /// Intensities are shifted by up to ± this, in standard deviations.
    public var shift = 0.1
    /// How likely scale and shift each are used.
    public var intensity = 0.5
    /// How likely some contrasts are left out, so that the network works with any of them: every number from one to all but one
    /// stays as often, so that each alone is seen.
    public var contrastDropout = 0.0

    public init() {}

    /// One way to vary a patch: how likely, and how strongly at most.
    public struct Step: Codable, Sendable, Equatable {
        public var probability = 0.0
        public var upTo: Double

        init(upTo: Double) { self.upTo = upTo }

        /// A strength from 0 to ``upTo``, or nil where the step is not drawn.
        func draw(_ random: inout SplitMix) -> Double? {
            let (chance, strength) = (random.uniform(), random.uniform())
            return chance < probability ? strength * upTo : nil
        }

        /// A side of 2 to ``upTo`` voxels for blocks that are averaged.
        func block(_ random: inout SplitMix) -> Int { 2 + Int(random.uniform() * Double(max(1, Int(upTo) - 1))) }
    }

    /// What makes no sense, as a key and a sentence; nil where all is well.
    var flaw: String? {
        let steps: [(String, Step, Double)] = [
            ("rotation", rotation, 180), ("scaling", scaling, 4), ("elastic", elastic, 10), ("blur", blur, 8),
            ("lowResolution", lowResolution, 16), ("slices", slices, 16), ("bias", bias, 4), ("gamma", gamma, 4),
            ("noise", noise, 10),
        ]
        for (name, step, most) in steps {
            if !(0...1).contains(step.probability) {
                return "\(name).probability is \(step.probability), not from 0 to 1"
            }
            if !(0...most).contains(step.upTo) { return "\(name).upTo is \(step.upTo), not from 0 to \(most)" }
        }
        let chances = [("flip", flip), ("intensity", intensity), ("contrastDropout", contrastDropout)]
        return chances.first { !(0...1).contains($0.1) }.map { "\($0.0) is \($0.1), not from 0 to 1" }
    }

    /// What is on, in one line.
    var summary: String {
        let steps = [
            ("rotation", rotation), ("scaling", scaling), ("elastic", elastic), ("blur", blur),
            ("low resolution", lowResolution), ("thick slices", slices), ("bias", bias), ("gamma", gamma),
            ("noise", noise),
        ]
        let drawn = steps.filter { $0.1.probability > 0 }.map(\.0)
        let chances = [("mirroring", flip), ("scale and shift", intensity), ("contrast dropout", contrastDropout)]
        let list = chances.filter { $0.1 > 0 }.map(\.0) + drawn
        return list.isEmpty ? "none" : list.joined(separator: ", ")
    }

    /// How many voxels along k make one slice of a patch; nil where its slices stay as they are.
    func sliceThickness(_ random: inout SplitMix) -> Int? { slices.draw(&random).map { _ in slices.block(&random) } }

    struct Look: Equatable { var scale: Float = 1, shift: Float = 0 }

    /// How each channel looks; nil where it is left out.
    ///
    /// - Parameter present: the channels that the case has.
    func looks(channels: Int, present: [Int], _ random: inout SplitMix) -> [Look?] {
        var looks: [Look?] = (0..<channels).map { _ in
            var look = Look()
            if random.uniform() < intensity { look.scale = Float(1 + scale * (2 * random.uniform() - 1)) }
            if random.uniform() < intensity { look.shift = Float(shift * (2 * random.uniform() - 1)) }
            return look
        }
        if random.uniform() < contrastDropout, present.count > 1 {
            var left = present
            let kept = 1 + Int(random.uniform() * Double(present.count - 1))
            while left.count > kept { looks[left.remove(at: Int(random.uniform() * Double(left.count)))] = nil }
        }
        return looks
    }
}
