/// What a voxel of a head consists of, as far as an MR scan tells tissues apart.
enum HeadTissue: UInt8, CaseIterable, Sendable {
    case air = 0
    // The brain's own tissue
    case whiteMatter, cortex, cerebellarWhiteMatter, cerebellarCortex, thalamus, caudate, putamen, pallidum
    case hippocampus, brainstem, lesion
    // Inside the brain's outline
    case ventricle, choroidPlexus, fluid, dura
    // The rest of the head
    case artery, vein, eye, softTissue, muscle, mucosa, skin, nerve, compactBone, spongyBone

    /// Whether nerve cells or their fibres make it up: where a glioma can grow.
    var isParenchyma: Bool { (HeadTissue.whiteMatter.rawValue...HeadTissue.lesion.rawValue).contains(rawValue) }

    /// Whether it belongs to the brain wherever it lies; ``fluid``, ``dura`` and vessels do so only between its folds.
    var isBrain: Bool { isParenchyma || self == .ventricle || self == .choroidPlexus }

    /// The tissue behind a number of FreeSurfer's colour table, nil for numbers that mean none known here.
    ///
    /// Numbers above 500 and below 600 are those that the label maps published with SynthSeg give to the rest of the head;
    /// they are in no table, and their meaning was read off the maps.
    init?(freeSurfer label: UInt16) {
        switch label {
        case 0: self = .air
        case 2, 41, 77...79, 192, 251...255, 3000...3035, 4000...4035, 5001, 5002: self = .whiteMatter
        case 3, 42, 1000...1035, 2000...2035, 11100...11175, 12100...12175: self = .cortex
        case 7, 46: self = .cerebellarWhiteMatter
        case 8, 47: self = .cerebellarCortex
        case 9, 10, 48, 49: self = .thalamus
        case 11, 26, 50, 58: self = .caudate
        case 12, 51, 80: self = .putamen
        case 13, 52: self = .pallidum
        case 17, 18, 53, 54: self = .hippocampus
        case 16, 28, 60, 85: self = .brainstem
        case 25, 57: self = .lesion
        // 30 and 62 are called vessels and are the fluid-filled spaces around them.
        case 4, 5, 14, 15, 30, 43, 44, 62, 72: self = .ventricle
        case 31, 63, 136, 137, 163, 164: self = .choroidPlexus
        case 24, 257: self = .fluid
        case 98: self = .dura
        case 502: self = .artery
        case 514: self = .vein
        case 259, 506: self = .eye
        case 258, 507: self = .softTissue
        case 508: self = .muscle
        case 509: self = .mucosa
        case 511: self = .skin
        case 512, 530: self = .nerve
        case 165, 515: self = .compactBone
        case 516: self = .spongyBone
        default: return nil
        }
    }
}
