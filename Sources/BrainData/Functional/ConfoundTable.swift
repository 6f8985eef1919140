public import Foundation

/// Which of fMRIPrep's confounds are taken out.
///
/// Parkes et al., *An evaluation of the efficacy, reliability, and sensitivity of motion correction strategies for resting-state functional
/// MRI*, NeuroImage 171, 2018.
public enum ConfoundStrategy: String, Sendable, CaseIterable {
    /// Six parameters of motion.
    case motion6
    /// These, their derivatives, and the squares of both.
    case motion24
    /// `motion24`, the mean signals of white matter and cerebrospinal fluid, their derivatives and squares.
    case motion24Tissue = "motion24-tissue"
    /// `motion24-tissue` and the global signal with its derivative and squares.
    case global36 = "global36"
    /// Six parameters of motion and the first five components of `a_comp_cor`.
    case compcor

    func holds(_ title: String) -> Bool {
        let motion = ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"]
        let forms = ["", "_derivative1", "_power2", "_derivative1_power2"]
        func all(_ names: [String]) -> Bool { names.contains { name in forms.contains { title == name + $0 } } }
        switch self {
        case .motion6: return motion.contains(title)
        case .motion24: return all(motion)
        case .motion24Tissue: return all(motion + ["white_matter", "csf"])
        case .global36: return all(motion + ["white_matter", "csf", "global_signal"])
        case .compcor: return motion.contains(title) || (0..<5).contains { title == "a_comp_cor_0\($0)" }
        }
    }
}

/// A table of confounds, a line a frame.
public struct ConfoundTable: Sendable {
    private let table: TextTable
    private let path: String

    public init(_ file: URL) throws(SignalError) { (table, path) = (try TextTable(file), file.path) }

    /// The columns of a strategy, or all that hold numbers; `n/a`, as in the first line of derivatives, becomes 0.
    ///
    /// - Throws: ``SignalError/malformed(path:expected:found:)`` where the table has none of them.
    public func picking(_ strategy: ConfoundStrategy?) throws(SignalError) -> Matrix {
        let titles = table.titles.filter { title in
            guard strategy?.holds(title) ?? true else { return false }
            let cells = (0..<table.count).compactMap { table[$0, title] }
            return !cells.isEmpty && cells.allSatisfy { Double($0)?.isFinite ?? false }
        }
        guard !titles.isEmpty else {
            throw .malformed(
                path: path, expected: "columns of numbers\(strategy.map { " of \($0.rawValue)" } ?? "")",
                found: table.titles.prefix(8).joined(separator: ", "))
        }
        let values = (0..<table.count).flatMap { line in titles.map { table[line, $0].flatMap { Double($0) } ?? 0 } }
        return Matrix(rows: table.count, columns: titles.count, values: values)
    }
}
