/// One of the four MR contrasts of a brain-tumour protocol.
public enum Contrast: String, CaseIterable, Codable, Sendable {
    /// T2 with the fluid suppressed: oedema is bright.
    case flair
    /// T1 before contrast agent.
    case t1
    /// T1 after gadolinium: enhancing tumour is bright.
    case t1ce
    /// T2: fluid and oedema are bright.
    case t2

    /// The way the contrast is written for people.
    public var displayName: String {
        switch self {
        case .flair: "FLAIR"
        case .t1: "T1"
        case .t1ce: "T1ce"
        case .t2: "T2"
        }
    }

    /// The endings by which files and tables call the contrast: BraTS up to 2021, BraTS 2023 and later, MSD, BIDS.
    public var tokens: [String] {
        switch self {
        case .flair: ["flair", "t2f", "t2flair"]
        case .t1: ["t1", "t1n", "t1w"]
        case .t1ce: ["t1ce", "t1c", "t1gd", "t1gad"]
        case .t2: ["t2", "t2w"]
        }
    }

    /// The contrast that a token such as `t2f`, `T1gd` or `FLAIR` means, or nil; case does not matter.
    public init?(token: some StringProtocol) {
        let token = token.lowercased()
        guard let known = Contrast.allCases.first(where: { $0.tokens.contains(token) }) else { return nil }
        self = known
    }
}
