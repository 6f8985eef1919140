public import BrainModels

/// How a registration network is trained: a section of an experiment's file.
public struct RegistrationSettings: Codable, Sendable, Equatable {
    /// Which form of TransMorph learns.
    public var model = Model.diffeomorphic
    /// Its sizes; for `transmorph` those under `network` count.
    public var network = TransMorphDiff.Configuration()
    /// Voxels of the network's input along i, j and k, multiples of 32.
    public var size = [96, 96, 96]
    public var pairs = Pairs()
    public var loss = Loss()

    public init() {}

    /// A form of TransMorph, by its name in the catalog.
    public enum Model: String, Codable, Sendable, CaseIterable {
        /// A field of displacements at full resolution.
        case displacement = "transmorph"
        /// A velocity at half resolution, followed for a unit of time.
        case diffeomorphic = "transmorph-diff"
    }

    /// How two made-up brains differ.
    public struct Pairs: Codable, Sendable, Equatable {
        /// The share of pairs that show one label map twice, under two deformations; the others show two maps.
        public var sameMap = 0.5
        /// The share of pairs whose brains are shown in one contrast; the others have a contrast each.
        public var sameContrast = 0.0
        /// What affine alignment is thought to leave between the two: turns about each axis in degrees, stretches as shares,
        /// shears, and shifts in millimetres, each up to this.
        public var rotation = 5.0
        public var scaling = 0.05
        public var shear = 0.03
        public var translation = 5.0
        /// The standard deviation of a second, finer elastic field in millimetres, and the distance over which it stays alike.
        public var fine = 1.0
        public var fineScale = 24.0
        /// Pairs of the validation.
        public var validation = 6
    }

    /// What is added up to the loss, each with its weight; 0 leaves it out.
    public struct Loss: Codable, Sendable, Equatable {
        /// 1 − Dice of the structures at half resolution, as they are and blurred, half each.
        public var dice = 1.0
        /// Minus the local correlation of the images in windows of 9 voxels: for pairs of one contrast.
        public var correlation = 0.0
        /// The diffusion of the velocity, or of the displacements where there is no velocity.
        public var smoothness = 0.5
        /// The squared distance, in voxels of half resolution, to where the tissue truly went; pairs of one map only.
        public var correspondence = 0.0
        /// Whether the way back is learned too, by the velocity's opposite.
        public var symmetric = true
    }
}

extension RegistrationSettings {
    /// What cannot be trained, in one sentence; nil where all is well.
    var flaw: String? {
        guard size.count == 3, size.allSatisfy({ $0 > 0 && $0 % 32 == 0 }) else {
            return "size is \(size), not three multiples of 32"
        }
        guard (0...1).contains(pairs.sameMap) else { return "pairs.sameMap is \(pairs.sameMap), not from 0 to 1" }
        guard (0...1).contains(pairs.sameContrast) else {
            return "pairs.sameContrast is \(pairs.sameContrast), not from 0 to 1"
        }
        let lengths = [
            ("rotation", pairs.rotation, 90.0), ("scaling", pairs.scaling, 0.5), ("shear", pairs.shear, 0.5),
            ("translation", pairs.translation, 100), ("fine", pairs.fine, 20),
        ]
        for (name, value, most) in lengths where !(0...most).contains(value) {
            return "pairs.\(name) is \(value), not from 0 to \(most)"
        }
        guard (5...1000).contains(pairs.fineScale) else {
            return "pairs.fineScale is \(pairs.fineScale), not from 5 to 1000"
        }
        guard (0...1000).contains(pairs.validation) else {
            return "pairs.validation is \(pairs.validation), not from 0 to 1000"
        }
        let weights = [
            ("dice", loss.dice), ("correlation", loss.correlation), ("smoothness", loss.smoothness),
            ("correspondence", loss.correspondence),
        ]
        for (name, value) in weights where !(value >= 0 && value.isFinite) {
            return "loss.\(name) is \(value), not above zero"
        }
        return nil
    }
}
