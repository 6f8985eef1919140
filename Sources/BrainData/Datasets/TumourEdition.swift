/// The data set whose naming a tumour case follows; it settles what the label numbers mean.
public enum TumourEdition: String, CaseIterable, Codable, Sendable {
    case brats2017, brats2018, brats2019, brats2020, brats2021, brats2023, msd, bids

    /// The meaning of the labels, or nil where the naming leaves it open.
    public var scheme: LabelScheme? {
        switch self {
        case .brats2017, .brats2018, .brats2019, .brats2020, .brats2021: .brats2021
        case .brats2023: .brats2023
        case .msd: .msd
        case .bids: nil
        }
    }

    private static let beginnings: [(String, TumourEdition)] = [
        ("brats17_", .brats2017), ("brats18_", .brats2018), ("brats19_", .brats2019), ("brats20_", .brats2020),
        ("brats2021_", .brats2021), ("brats-gli-", .brats2023), ("brats-ssa-", .brats2023), ("brats-met-", .brats2023),
        ("brats-men-", .brats2023), ("sub-", .bids),
    ]

    /// The edition that names cases so, or nil.
    ///
    /// Paediatric and radiotherapy sets (`BraTS-PED-`, `BraTS-MEN-RT-`) are none of these: their numbers mean other tissues,
    /// or changed from year to year.
    ///
    /// - Parameter caseName: the name of a case, its folder or one of its files; case does not matter.
    public init?(caseName: String) {
        let name = caseName.lowercased()
        if name.hasPrefix("brats-men-rt-") { return nil }
        if name.hasPrefix("brats_"), name.dropFirst(6).prefix(while: \.isNumber).count >= 3 {
            self = .msd
        } else if let (_, edition) = TumourEdition.beginnings.first(where: { name.hasPrefix($0.0) }) {
            self = edition
        } else {
            return nil
        }
    }

    /// The patient behind a case: `BraTS-GLI-00002-000` is a time point of `BraTS-GLI-00002`, `Brats18_TCIA10_241_1` one of
    /// `Brats18_TCIA10_241`; elsewhere a case is a patient.
    public func subject(of caseName: String) -> String {
        switch self {
        case .brats2023:
            return dropping(after: "-", digits: 3, of: caseName)
        case .brats2017, .brats2018, .brats2019:
            return dropping(after: "_", digits: 1, of: caseName)
        case .bids:
            return BIDSName(caseName + "_x").map { "sub-\($0.subject)" } ?? caseName
        case .brats2020, .brats2021, .msd:
            return caseName
        }
    }

    private func dropping(after separator: Character, digits: Int, of name: String) -> String {
        guard let cut = name.lastIndex(of: separator) else { return name }
        let tail = name[name.index(after: cut)...]
        return tail.count == digits && tail.allSatisfy(\.isNumber) ? String(name[..<cut]) : name
    }
}
