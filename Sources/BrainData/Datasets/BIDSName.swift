/// A file name as the Brain Imaging Data Structure writes it: `sub-01_ses-02_space-orig_desc-tumor_dseg.nii.gz`.
///
/// Gorgolewski et al., *The brain imaging data structure*, Scientific Data 3, 2016; entity order from the specification 1.10.
public struct BIDSName: Sendable, Equatable {
    /// Entities by key, without the subject's: `["ses": "02", "desc": "tumor"]`.
    public private(set) var entities: [String: String]
    /// What the file holds: `T1w`, `dseg`, `probseg`, `mask`.
    public var suffix: String
    /// With its dot: `.nii.gz`, `.json`, or empty.
    public var fileExtension: String
    /// The subject's label, without `sub-`.
    public var subject: String { entities["sub"] ?? "" }
    /// The session's label, without `ses-`, where there is one.
    public var session: String? { entities["ses"] }

    private static let order = [
        "sub", "ses", "sample", "task", "tracksys", "acq", "ce", "trc", "stain", "rec", "dir", "run", "mod", "echo",
        "flip",
        "inv", "mt", "part", "proc", "hemi", "space", "split", "recording", "chunk", "seg", "res", "den", "label",
        "desc",
    ]

    /// A name for a new file. Characters that an entity may not hold (all but letters, digits and `+`) are left out.
    public init(subject: String, suffix: String, fileExtension: String = ".nii.gz") {
        (entities, self.suffix, self.fileExtension) = (["sub": BIDSName.label(subject)], suffix, fileExtension)
    }

    /// The parts of a file name, or nil where it is none of BIDS: it begins with `sub-`, every further part but the last
    /// is `key-value` and comes once, and the last is a plain word.
    public init?(_ fileName: String) {
        guard fileName.lowercased().hasPrefix("sub-") else { return nil }
        let dot = fileName.firstIndex(of: ".") ?? fileName.endIndex
        let parts = fileName[..<dot].split(separator: "_", omittingEmptySubsequences: false)
        guard let last = parts.last, parts.count >= 2, !last.isEmpty, last.allSatisfy(BIDSName.allowed) else {
            return nil
        }
        entities = [:]
        for part in parts.dropLast() {
            guard let dash = part.firstIndex(of: "-") else { return nil }
            let (key, value) = (part[..<dash].lowercased(), String(part[part.index(after: dash)...]))
            guard !key.isEmpty, !value.isEmpty, value.allSatisfy(BIDSName.allowed), entities[key] == nil else {
                return nil
            }
            entities[key] = value
        }
        guard entities["sub"] != nil else { return nil }
        (suffix, fileExtension) = (String(last), String(fileName[dot...]))
    }

    /// The same name with an entity set, or taken away by nil; what an entity may not hold is left out of the value.
    public func with(_ key: String, _ value: String?) -> BIDSName {
        var name = self
        name.entities[key] = value.map(BIDSName.label)
        return name
    }

    /// The same name with another suffix and, where given, another extension.
    public func with(suffix: String, fileExtension: String? = nil) -> BIDSName {
        var name = self
        name.suffix = suffix
        name.fileExtension = fileExtension ?? self.fileExtension
        return name
    }

    /// `sub-01` or `sub-01_ses-02`: what a case is called.
    public var caseName: String { session.map { "sub-\(subject)_ses-\($0)" } ?? "sub-\(subject)" }

    /// The file name, entities in BIDS' order and unknown ones after them.
    public var fileName: String {
        let known = BIDSName.order.filter { entities[$0] != nil }
        let others = entities.keys.filter { !BIDSName.order.contains($0) }.sorted()
        let parts = (known + others).map { "\($0)-\(entities[$0] ?? "")" }
        return (parts + [suffix]).joined(separator: "_") + fileExtension
    }

    private static func allowed(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "+")
    }

    private static func label(_ text: String) -> String { String(text.filter(allowed)) }
}
