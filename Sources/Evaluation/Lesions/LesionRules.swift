/// What counts as one lesion, and which lesions count, in a task of the BraTS 2023 challenge.
///
/// The evaluation script of that edition, `BraTS-2023-Metrics` by R. Saluja and others, read at commit 43c9052.
public struct LesionRules: Sendable, Hashable, Codable {
    /// Gliomas before and after treatment.
    public static let gliomas = LesionRules(name: "gli", dilations: 3, largestIgnored: 50)
    /// Gliomas of sub-Saharan Africa.
    public static let africa = LesionRules(name: "ssa", dilations: 3, largestIgnored: 50)
    /// Paediatric tumours.
    public static let paediatric = LesionRules(name: "ped", dilations: 3, largestIgnored: 50)
    /// Meningiomas.
    public static let meningiomas = LesionRules(name: "men", dilations: 1, largestIgnored: 50)
    /// Metastases.
    public static let metastases = LesionRules(name: "met", dilations: 1, largestIgnored: 2)

    /// Every task.
    public static let all: [LesionRules] = [.gliomas, .africa, .paediatric, .meningiomas, .metastases]

    /// The task, as it stands in the names of cases: `gli` in `BraTS-GLI-00002-000`.
    public let name: String
    /// How often the expert's region is grown by its 18 neighbours; parts that then hang together are one lesion.
    public let dilations: Int
    /// Lesions of the expert up to this many cubic millimetres are left out.
    public let largestIgnored: Double

    public init(name: String, dilations: Int, largestIgnored: Double) {
        (self.name, self.dilations, self.largestIgnored) = (name, max(0, dilations), largestIgnored)
    }

    /// The rules of a task by its name, whatever the case of the letters; nil for an unknown one.
    public init?(named name: String) {
        guard let rules = Self.all.first(where: { $0.name == name.lowercased() }) else { return nil }
        self = rules
    }

    /// The rules of the task that a case's name tells, those of gliomas where it tells none.
    public init(caseName: String) {
        let parts = caseName.split(separator: "-")
        let isChallenge = parts.count > 2 && parts[0].lowercased() == "brats"
        self = (isChallenge ? LesionRules(named: String(parts[1])) : nil) ?? .gliomas
    }
}
