public import BrainData
public import Foundation
import NeuralNet

/// Reads and writes time series of regions: `.1D`, `.csv`, `.tsv`, `.txt`, `.npy` and `.mat`.
public enum RegionSeriesFile {
    /// How the names of such files end.
    public static let endings = [".1D", ".csv", ".tsv", ".txt", ".npy", ".mat"]

    /// Reads a file of frames × regions. A first line that is no numbers holds the regions' names.
    ///
    /// - Parameters:
    ///   - variable: of a MATLAB file; its only array of two axes if left out.
    ///   - repetition: seconds between frames, which none of these formats tells.
    ///   - limit: the most memory to take, in bytes.
    /// - Throws: ``SignalError`` or ``NetworkError`` where the file is missing, damaged or holds something else.
    public static func read(
        _ file: URL, variable: String? = nil, repetition: Double? = nil, limit: Int = .max
    ) throws -> RegionSeries {
        let (names, values): ([String]?, Matrix)
        switch file.pathExtension.lowercased() {
        case "npy": (names, values) = (nil, try matrix(NumPyArray(file), file))
        case "mat": (names, values) = (nil, try matrix(file, variable, limit))
        default: (names, values) = try text(file)
        }
        guard values.rows > 1, values.columns > 0 else {
            throw SignalError.malformed(
                path: file.path, expected: "frames × regions", found: "\(values.rows) × \(values.columns)")
        }
        return RegionSeries(
            regions: names ?? (1...values.columns).map { "\($0)" }, repetition: repetition, values: values)
    }

    /// Writes a table with the regions' names, parted by tabs (`.tsv`) or commas.
    public static func write(_ series: RegionSeries, to file: URL) throws {
        let separator = file.pathExtension.lowercased() == "tsv" ? "\t" : ","
        var lines = [series.regions.map { $0.replacing(separator, with: " ") }.joined(separator: separator)]
        for frame in 0..<series.frames {
            lines.append(series.regions.indices.map { "\(series.values[frame, $0])" }.joined(separator: separator))
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file, options: .atomic)
    }

    private static func matrix(_ array: NumPyArray, _ file: URL) throws -> Matrix {
        guard array.entry.shape.count == 2 else {
            throw SignalError.malformed(
                path: file.path, expected: "an array of frames × regions", found: "the shape \(array.entry.shape)")
        }
        return Matrix(rows: array.entry.shape[0], columns: array.entry.shape[1], values: try array.doubles())
    }

    private static func matrix(_ file: URL, _ variable: String?, _ limit: Int) throws -> Matrix {
        let all = try MATFile(file, limit: limit).variables.filter {
            $0.value.numbers.map { $0.size.count == 2 && $0.size[0] > 1 && !$0.isComplex } ?? false
        }
        let wanted = variable.map { name in all.first { $0.key == name } } ?? (all.count == 1 ? all.first : nil)
        guard let numbers = wanted?.value.numbers else {
            throw SignalError.malformed(
                path: file.path, expected: variable ?? "one array of frames × regions",
                found: all.isEmpty ? "none" : all.keys.sorted().joined(separator: ", "))
        }
        return Matrix(rows: numbers.size[1], columns: numbers.size[0], values: numbers.values()).transposed
    }

    private static func text(_ file: URL) throws -> (names: [String]?, values: Matrix) {
        guard FileManager.default.fileExists(atPath: file.path) else { throw SignalError.missing(path: file.path) }
        guard let content = try? Data(contentsOf: file) else {
            throw SignalError.unreadable(path: file.path, why: "it is a folder, or may not be read")
        }
        let lines = String(decoding: content, as: UTF8.self).split(whereSeparator: \.isNewline)
        var (names, values, width) = ([String]?.none, [Double](), 0)
        for (n, line) in lines.enumerated() {
            let isTitle = line.hasPrefix("#")
            let cells = line.drop { $0 == "#" }.split { $0 == "," || $0 == ";" || $0.isWhitespace }
            let numbers = cells.compactMap { Double($0) }
            if numbers.count < cells.count || isTitle, n == 0 {
                names = line.drop { $0 == "#" }.split { $0 == "," || $0 == "\t" }.map(\.description)
                continue
            }
            guard numbers.count == cells.count, width == 0 || numbers.count == width else {
                throw SignalError.malformed(
                    path: file.path, expected: "\(max(width, 1)) numbers in line \(n + 1)",
                    found: "“\(line.prefix(40))”")
            }
            width = numbers.count
            values += numbers
        }
        let count = width > 0 ? values.count / width : 0
        return (names?.count == width ? names : nil, Matrix(rows: count, columns: width, values: values))
    }
}
