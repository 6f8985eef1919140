import BrainData
import Foundation

/// What a study's table says of its subjects.
struct Phenotypes {
    private let table: TextTable
    private let subjectTitle, labelTitle: String
    private let siteTitle: String?

    init(_ file: URL) throws(SignalError) {
        table = try TextTable(file)
        let titles = Dictionary(table.titles.map { ($0.lowercased(), $0) }) { first, _ in first }
        func title(_ names: String...) -> String? { names.compactMap { titles[$0] }.first }
        guard let subject = title("sub_id", "subject", "participant_id", "subject_id", "id"),
            let label = title("dx_group", "diagnosis", "group", "class", "label")
        else {
            throw .malformed(
                path: file.path,
                expected: "columns for the subject (SUB_ID, subject) and the class (DX_GROUP, diagnosis)",
                found: table.titles.prefix(8).joined(separator: ", "))
        }
        (subjectTitle, labelTitle, siteTitle) = (subject, label, title("site_id", "site"))
    }

    var count: Int { table.count }

    func subject(_ row: Int) -> String { table[row, subjectTitle] ?? "\(row)" }

    /// The number in the subject's name.
    func number(_ row: Int) -> Int? { Int(subject(row).filter(\.isNumber)) }

    func site(_ row: Int) -> String { siteTitle.flatMap { table[row, $0] } ?? "one site" }

    /// Nil where the table does not tell.
    func label(_ row: Int) -> String? {
        guard let text = table[row, labelTitle] else { return nil }
        guard labelTitle.lowercased() == "dx_group" else { return text }
        return ["1": "ASD", "2": "control"][text] ?? text
    }
}
