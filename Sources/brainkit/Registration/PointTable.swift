import BrainData
import Foundation

/// A table of points, one a line under a header with the columns x, y and z; other columns are carried along.
struct PointTable {
    private let header: [Substring]
    private var rows: [[String]]
    /// Where x, y and z stand.
    private let columns: [Int]

    /// - Throws: ``ImagingError`` where the file is no such table.
    init(_ file: URL) throws {
        guard FileManager.default.fileExists(atPath: file.path) else { throw ImagingError.missing(path: file.path) }
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw ImagingError.unreadable(path: file.path, why: "it is no text")
        }
        let lines = text.split(whereSeparator: \.isNewline)
        header = lines.first?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        let names = header.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
        columns = ["x", "y", "z"].compactMap(names.firstIndex(of:))
        guard columns.count == 3 else {
            throw ImagingError.malformed(
                path: file.path, expected: "a header with x, y and z",
                found: String(lines.first?.prefix(60) ?? "nothing"))
        }
        rows = lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        for (n, row) in rows.enumerated() {
            let numbers = columns.compactMap {
                $0 < row.count ? Double(row[$0].trimmingCharacters(in: .whitespaces)) : nil
            }
            guard numbers.count == 3, numbers.allSatisfy(\.isFinite) else {
                throw ImagingError.malformed(
                    path: file.path, expected: "three numbers in line \(n + 2)", found: String(lines[n + 1].prefix(60)))
            }
        }
    }

    /// Takes every point along the way of a warp.
    ///
    /// - Parameter ras: whether x and y grow to the right and the front, not to the left and the back.
    mutating func move(by warp: Warp, ras: Bool) {
        let turn: SIMD3<Double> = ras ? [1, 1, 1] : [-1, -1, 1]
        for n in rows.indices {
            let numbers = columns.map { Double(rows[n][$0].trimmingCharacters(in: .whitespaces)) ?? 0 }
            let moved = warp(SIMD3(numbers[0], numbers[1], numbers[2]) * turn) * turn
            for (axis, column) in columns.enumerated() { rows[n][column] = String(format: "%.6f", moved[axis]) }
        }
    }

    func write(to file: URL) throws {
        let lines = [header.joined(separator: ",")] + rows.map { $0.joined(separator: ",") }
        try AtomicFile.write(Data((lines.joined(separator: "\n") + "\n").utf8), to: file)
    }
}
