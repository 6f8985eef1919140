/// A part of the brain that registration aligns, left and right apart only where a structure is large.
enum BrainStructure: UInt8, CaseIterable, Sendable {
    case outside = 0
    case leftWhiteMatter, rightWhiteMatter, leftCortex, rightCortex, leftVentricle, rightVentricle
    case leftCerebellarCortex, rightCerebellarCortex, cerebellarWhiteMatter
    case thalamus, caudate, accumbens, putamen, pallidum, hippocampus, amygdala, ventralDiencephalon
    case thirdVentricle, fourthVentricle, brainstem
    /// Inside the brain's outline without a part in the loss: fluid between folds, vessels, choroid plexus.
    case fluid

    /// The structures that a loss compares, in the order of its channels.
    static let compared = allCases.filter { $0 != .outside && $0 != .fluid }

    /// The structure behind a number of FreeSurfer's colour table; fluid for what is none of them.
    init(freeSurfer label: UInt16) {
        self =
            switch label {
            case 0: .outside
            case 2, 77, 78, 25, 251...255, 3000...3035, 5001: .leftWhiteMatter
            case 41, 79, 57, 4000...4035, 5002: .rightWhiteMatter
            case 3, 1000...1035, 11100...11175: .leftCortex
            case 42, 2000...2035, 12100...12175: .rightCortex
            case 4, 5, 31: .leftVentricle
            case 43, 44, 63: .rightVentricle
            case 8: .leftCerebellarCortex
            case 47: .rightCerebellarCortex
            case 7, 46: .cerebellarWhiteMatter
            case 9, 10, 48, 49: .thalamus
            case 11, 50: .caudate
            case 26, 58: .accumbens
            case 12, 51, 80: .putamen
            case 13, 52: .pallidum
            case 17, 53: .hippocampus
            case 18, 54: .amygdala
            case 28, 60, 85: .ventralDiencephalon
            case 14: .thirdVentricle
            case 15: .fourthVentricle
            case 16: .brainstem
            default: .fluid
            }
    }

    /// What it looks like in a scan.
    var tissue: HeadTissue {
        switch self {
        case .outside, .fluid: .fluid
        case .leftWhiteMatter, .rightWhiteMatter: .whiteMatter
        case .leftCortex, .rightCortex: .cortex
        case .leftVentricle, .rightVentricle, .thirdVentricle, .fourthVentricle: .ventricle
        case .leftCerebellarCortex, .rightCerebellarCortex: .cerebellarCortex
        case .cerebellarWhiteMatter: .cerebellarWhiteMatter
        case .thalamus: .thalamus
        case .caudate, .accumbens: .caudate
        case .putamen: .putamen
        case .pallidum: .pallidum
        case .hippocampus, .amygdala: .hippocampus
        case .ventralDiencephalon, .brainstem: .brainstem
        }
    }
}
