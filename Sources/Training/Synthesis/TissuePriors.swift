import BrainData

/// How bright tissues are in each contrast: typical values on a scale on which the white matter of a T1 is 100.
///
/// The order within a contrast is what a textbook shows (T1: white matter, grey matter, fluid; T2 the other way round; FLAIR
/// as T2 with the fluid dark; T1ce as T1 with vessels, dura and choroid plexus bright). The distances were set by eye and by
/// the percentiles of public tumour scans.
enum TissuePriors {
    /// The mean of a tissue.
    static func mean(of tissue: HeadTissue, in contrast: Contrast) -> Float {
        let row = table[tissue] ?? [0, 0, 0, 0]
        return row[column(contrast)]
    }

    /// The mean of a tissue of the tumour, and how much it varies from tumour to tumour.
    static func tumour(_ tissue: TumourTissue, in contrast: Contrast) -> (mean: Float, spread: Float) {
        switch (tissue, contrast) {
        case (.core, .t1): (66, 11)
        case (.core, .t1ce): (62, 9)
        case (.core, .t2): (102, 18)
        case (.core, .flair): (74, 21)
        case (.oedema, .t1): (76, 6)
        case (.oedema, .t1ce): (74, 6)
        case (.oedema, .t2): (92, 11)
        case (.oedema, .flair): (93, 14)
        case (.enhancing, .t1): (80, 10)
        case (.enhancing, .t1ce): (142, 18)
        case (.enhancing, .t2): (92, 15)
        case (.enhancing, .flair): (79, 15)
        }
    }

    /// How much a tissue varies from place to place, relative to its mean.
    static func texture(of tissue: HeadTissue) -> Float {
        switch tissue {
        case .air: 0
        case .whiteMatter, .cerebellarWhiteMatter, .thalamus, .pallidum, .brainstem, .putamen, .caudate: 0.045
        case .cortex, .cerebellarCortex, .hippocampus: 0.06
        case .ventricle, .fluid, .eye: 0.1
        default: 0.25
        }
    }

    /// How much a tissue of the tumour varies from place to place, relative to its mean.
    static func texture(of tissue: TumourTissue) -> Float {
        switch tissue {
        case .core: 0.15
        case .oedema: 0.09
        case .enhancing: 0.16
        }
    }

    private static func column(_ contrast: Contrast) -> Int {
        switch contrast {
        case .t1: 0
        case .t1ce: 1
        case .t2: 2
        case .flair: 3
        }
    }

    /// T1, T1ce, T2, FLAIR.
    private static let table: [HeadTissue: [Float]] = [
        .air: [0, 0, 0, 0],
        .whiteMatter: [100, 100, 42, 52], .cortex: [76, 78, 57, 63],
        .cerebellarWhiteMatter: [97, 97, 40, 54], .cerebellarCortex: [76, 80, 52, 60],
        .thalamus: [86, 88, 44, 57], .caudate: [78, 80, 49, 60], .putamen: [82, 84, 45, 58],
        .pallidum: [94, 95, 34, 48],
        .hippocampus: [76, 78, 56, 66], .brainstem: [92, 93, 42, 54], .lesion: [80, 82, 66, 84],
        .ventricle: [24, 26, 112, 12], .choroidPlexus: [56, 150, 84, 52], .fluid: [28, 30, 98, 17],
        .dura: [50, 104, 62, 38],
        .artery: [58, 165, 16, 20], .vein: [52, 170, 20, 24], .eye: [34, 35, 118, 22], .softTissue: [92, 96, 44, 52],
        .muscle: [62, 74, 30, 36], .mucosa: [66, 110, 92, 84], .skin: [116, 122, 62, 68], .nerve: [84, 86, 44, 52],
        .compactBone: [16, 16, 8, 9], .spongyBone: [84, 88, 42, 46],
    ]
}
