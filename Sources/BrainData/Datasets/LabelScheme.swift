/// A tissue of a glioma that experts outline.
public enum TumourTissue: String, CaseIterable, Codable, Sendable {
    /// Necrosis and tumour that does not enhance.
    case core
    /// Oedema and infiltrated tissue around the core.
    case oedema
    /// Tumour that takes up contrast agent.
    case enhancing
}

/// A region that BraTS scores; the regions lie inside one another: ET in TC in WT.
public enum TumourRegion: String, CaseIterable, Codable, Sendable {
    /// Whole tumour: all tissues.
    case wt
    /// Tumour core: all but the oedema.
    case tc
    /// Enhancing tumour.
    case et

    /// The tissues that make up the region.
    public var tissues: [TumourTissue] {
        switch self {
        case .wt: [.core, .oedema, .enhancing]
        case .tc: [.core, .enhancing]
        case .et: [.enhancing]
        }
    }

    /// The abbreviation as reports print it.
    public var displayName: String { rawValue.uppercased() }
}

/// The numbers that an edition's label maps give to the tissues of a tumour, with names and colours for people.
///
/// Three schemes are in use, and the same number means different tissues in them, so a scheme is always named.
public struct LabelScheme: Sendable, Equatable, Codable {
    /// One number of a scheme.
    public struct Label: Sendable, Equatable, Codable {
        public let number: UInt16
        public let tissue: TumourTissue
        public let name: String
        /// `#RRGGBB`, as in a BIDS look-up table.
        public let colour: String
    }

    public let name: String
    public let labels: [Label]

    /// BraTS up to 2021: 1 necrosis and non-enhancing core, 2 oedema, 4 enhancing tumour.
    public static let brats2021 = LabelScheme(name: "brats2021", core: 1, oedema: 2, enhancing: 4)
    /// BraTS 2023, pre-treatment tasks: 1 necrosis and non-enhancing core, 2 oedema, 3 enhancing tumour.
    public static let brats2023 = LabelScheme(name: "brats2023", core: 1, oedema: 2, enhancing: 3)
    /// Medical Segmentation Decathlon, Task01: 1 oedema, 2 non-enhancing tumour, 3 enhancing tumour.
    public static let msd = LabelScheme(name: "msd", core: 2, oedema: 1, enhancing: 3)
    /// All schemes, for lists and look-ups.
    public static let all: [LabelScheme] = [.brats2021, .brats2023, .msd]

    private init(name: String, core: UInt16, oedema: UInt16, enhancing: UInt16) {
        self.name = name
        labels = [
            Label(number: core, tissue: .core, name: "necrosis and non-enhancing core", colour: "#D7263D"),
            Label(number: oedema, tissue: .oedema, name: "oedema", colour: "#3FA34D"),
            Label(number: enhancing, tissue: .enhancing, name: "enhancing tumour", colour: "#F6C026"),
        ].sorted { $0.number < $1.number }
    }

    /// The scheme of a name, as flags and cards spell it.
    public init(named name: String) throws(ImagingError) {
        guard let known = LabelScheme.all.first(where: { $0.name == name.lowercased() }) else {
            let names = LabelScheme.all.map(\.name).joined(separator: ", ")
            throw .layout("no label scheme is called “\(name)”; known are \(names)")
        }
        self = known
    }

    /// The number of a tissue.
    public func number(of tissue: TumourTissue) -> UInt16 { labels.first { $0.tissue == tissue }?.number ?? 0 }

    /// The numbers that make up each region, in order.
    public var regions: [TumourRegion: [UInt16]] {
        var regions: [TumourRegion: [UInt16]] = [:]
        for region in TumourRegion.allCases { regions[region] = region.tissues.map(number(of:)).sorted() }
        return regions
    }
}

extension LabelScheme {
    /// The scheme of a label map, from the numbers in it and the name of its file or folder.
    ///
    /// A 4 occurs only up to 2021. Numbers 1 to 3 mean different tissues in BraTS 2023 and MSD, so without a telling name
    /// nothing is guessed. Nor is it when name and numbers contradict each other: post-treatment sets of 2024 use 4 for the
    /// resection cavity under names like those of 2023.
    ///
    /// - Parameter name: of the case, its file or its folder; the path is only shown in errors.
    public static func guess(for map: LabelMap, named name: String) throws(ImagingError) -> LabelScheme {
        let named = TumourEdition(caseName: name)?.scheme
        let found = map.labels.filter { $0 != 0 }
        if found.contains(4) {
            guard named == nil || named == .brats2021 else {
                throw .layout(
                    "\(name) is named like \(named?.name ?? ""), which has no label 4, but its label map holds one "
                        + "(a resection cavity, perhaps); name the label scheme")
            }
            return .brats2021
        }
        guard let named else {
            throw .layout(
                "cannot tell the label scheme of \(name): labels 1 to 3 mean different tissues in BraTS 2021, BraTS 2023 "
                    + "and MSD, and the name is of none of them; name the label scheme")
        }
        return named
    }
}
