/// How synthetic cases are drawn: a section of an experiment's file. Lengths are in millimetres, volumes in millilitres, and a
/// range such as `[10, 200]` is drawn from evenly unless said otherwise.
public struct Synthesis: Codable, Sendable, Equatable {
    /// The share of cases whose tissues get intensities that have nothing to do with any contrast (SynthSeg's way).
    public var randomContrast = 0.0
    /// The share of cases that keep skull, skin and eyes.
    public var wholeHead = 0.0
    public var anatomy = Anatomy()
    public var tumour = Tumour()
    public var appearance = Appearance()
    public var acquisition = Acquisition()
    public var stripping = Stripping()

    public init() {}

    /// How label maps are deformed.
    public struct Anatomy: Codable, Sendable, Equatable {
        /// The largest turn about each axis, in degrees.
        public var rotation = 10.0
        /// Each axis is stretched by up to 1 ± this.
        public var scaling = 0.08
        /// The largest shear.
        public var shear = 0.03
        /// The largest shift of the head in its field of view; it counts for whole heads only.
        public var translation = 10.0
        /// How likely left and right change sides.
        public var mirror = 0.5
        /// The standard deviation of the elastic field along each axis, and the distance over which it stays alike.
        public var elastic = 2.2
        public var elasticScale = 60.0
        /// How much of the neck below the brain whole heads keep; below 0 the field of view ends inside the brain.
        public var neck = 10.0...90.0
        /// The same of what lies above the brain.
        public var crown = 40.0...40.0
    }

    /// What tumours grow.
    public struct Tumour: Codable, Sendable, Equatable {
        /// The share of cases with a tumour.
        public var share = 1.0
        /// The whole tumour, oedema included; its cube root is drawn evenly, and with it its width.
        public var volume = 10.0...200.0
        /// The core's share of it.
        public var core = 0.15...0.65
        /// The share of tumours without enhancement (lower grades), and the core's share of them.
        public var nonEnhancing = 0.2
        public var nonEnhancingCore = 0.3...0.9
        /// The share of tumours that enhance throughout, without necrosis.
        public var solid = 0.1
        /// The thickness of the enhancing rim.
        public var rim = 2.0...6.0
        /// The share of rims with gaps.
        public var broken = 0.4
        /// The share of tumours with more than one focus.
        public var multifocal = 0.15
        /// How much of the core's volume pushes the brain aside; the rest takes its place.
        public var massEffect = 0.2...0.9
    }

    /// How tissues look.
    public struct Appearance: Codable, Sendable, Equatable {
        /// The standard deviation of a tissue's mean, relative to the mean.
        public var departure = 0.07
        /// The contrast between grey and white matter is multiplied by this.
        public var contrast = 0.45...1.35
        /// The variation within a tissue is multiplied by this.
        public var texture = 0.5...1.5
    }

    /// What the scanner adds.
    public struct Acquisition: Codable, Sendable, Equatable {
        /// The largest standard deviation of the bias field's logarithm, and the distance over which it stays alike.
        public var bias = 0.12
        public var biasScale = 100.0
        /// The standard deviation of the noise, relative to white matter.
        public var noise = 0.005...0.05
        /// The standard deviation of the blur.
        public var blur = 0.3...0.75
        /// The largest departure of the exponent γ's logarithm from 0.
        public var gamma = 0.25
        /// The share of contrasts with thick slices, mostly axial ones, and how thick they are.
        public var thickSlices = 0.5
        public var thickness = 2.0...6.0
        /// The standard deviation of each contrast's shift against T1ce, and of its turn in degrees.
        public var misregistration = 0.4
    }

    /// How the brain is taken out of the head.
    public struct Stripping: Codable, Sendable, Equatable {
        /// The standard deviation of the whole outline's shift, and of its shift from place to place.
        public var shift = 0.7
        public var waviness = 0.8
    }
}

extension Synthesis {
    /// What cannot be drawn from, in one sentence; nil where all is well.
    public var flaw: String? {
        let shares = [
            ("randomContrast", randomContrast), ("wholeHead", wholeHead), ("anatomy.mirror", anatomy.mirror),
            ("tumour.share", tumour.share), ("tumour.nonEnhancing", tumour.nonEnhancing),
            ("tumour.solid", tumour.solid),
            ("tumour.broken", tumour.broken), ("tumour.multifocal", tumour.multifocal),
            ("acquisition.thickSlices", acquisition.thickSlices),
        ]
        for (name, value) in shares where !(0...1).contains(value) { return "\(name) is \(value), not from 0 to 1" }
        return flawOfSizes ?? flawOfRanges
    }

    private var flawOfSizes: String? {
        let sizes = [
            ("anatomy.rotation", anatomy.rotation, 180.0), ("anatomy.scaling", anatomy.scaling, 0.5),
            ("anatomy.shear", anatomy.shear, 0.5), ("anatomy.translation", anatomy.translation, 100),
            ("anatomy.elastic", anatomy.elastic, 20), ("appearance.departure", appearance.departure, 1),
            ("acquisition.bias", acquisition.bias, 3), ("acquisition.gamma", acquisition.gamma, 3),
            ("acquisition.misregistration", acquisition.misregistration, 20), ("stripping.shift", stripping.shift, 20),
            ("stripping.waviness", stripping.waviness, 20),
        ]
        for (name, value, most) in sizes where !(0...most).contains(value) {
            return "\(name) is \(value), not from 0 to \(most)"
        }
        let scales = [("anatomy.elasticScale", anatomy.elasticScale), ("acquisition.biasScale", acquisition.biasScale)]
        for (name, value) in scales where !(5...1000).contains(value) {
            return "\(name) is \(value), not from 5 to 1000"
        }
        return nil
    }

    private var flawOfRanges: String? {
        let ranges = [
            ("anatomy.neck", anatomy.neck, -100...500), ("anatomy.crown", anatomy.crown, -100...500),
            ("tumour.volume", tumour.volume, 0.1...2000),
            ("tumour.core", tumour.core, 0...1), ("tumour.nonEnhancingCore", tumour.nonEnhancingCore, 0...1),
            ("tumour.rim", tumour.rim, 0...100), ("tumour.massEffect", tumour.massEffect, 0...2),
            ("appearance.contrast", appearance.contrast, -5...5), ("appearance.texture", appearance.texture, 0...10),
            ("acquisition.noise", acquisition.noise, 0...1), ("acquisition.blur", acquisition.blur, 0...10),
            ("acquisition.thickness", acquisition.thickness, 0.1...50),
        ]
        for (name, range, allowed) in ranges
        where !allowed.contains(range.lowerBound) || !allowed.contains(range.upperBound) {
            return "\(name) is \(range), not within \(allowed)"
        }
        return nil
    }
}
