public import BrainData
import BrainModels
public import Foundation
import NeuralNet

/// Subjects of a study with their functional connectivity, the time series of regions where they are there, and what is known of each:
/// class and site.
///
/// Three layouts are read. One array of all subjects (`.npz` or `.npy`), a row a subject in the order of the phenotypes: what lies above
/// the diagonal of the correlation matrix, row by row; whole numbers are taken as shares of the largest of their type. Or a file of time
/// series a subject, whose name holds the subject's number as in ABIDE's `50003.mat` and `Pitt_0050003_rois_cc200.1D`.
public struct FunctionalCollection: Sendable {
    /// One subject.
    public struct Item: Sendable, Equatable {
        public let subject, site, label: String
        /// What lies above the diagonal of the matrix of correlations, row by row.
        public let triangle: [Float]
        public let series: RegionSeries?

        public init(subject: String, site: String, label: String, triangle: [Float], series: RegionSeries? = nil) {
            (self.subject, self.site, self.label) = (subject, site, label)
            (self.triangle, self.series) = (triangle, series)
        }
    }

    public let items: [Item]
    /// The number of regions.
    public let regions: Int
    /// Controls first, so that the second of two is the condition.
    public let classes: [String]
    /// Subjects that were left out, a sentence each.
    public let notes: [String]

    /// - Throws: ``TrainingError/run(_:)`` where subjects have different numbers of regions.
    public init(_ items: [Item], notes: [String] = []) throws(TrainingError) {
        guard let first = items.first,
            let matrix = FunctionalConnectivity.matrix(upperTriangle: first.triangle.map { Double($0) })
        else { throw .run("expected subjects with connectivity, found none") }
        guard items.allSatisfy({ $0.triangle.count == first.triangle.count }) else {
            throw .run("subjects have different numbers of regions")
        }
        (self.items, self.notes, regions) = (items, notes, matrix.rows)
        let labels = Set(items.map(\.label)).sorted()
        classes = labels.filter(Self.isControl) + labels.filter { !Self.isControl($0) }
    }

    private static func isControl(_ label: String) -> Bool {
        ["control", "controls", "hc", "tc", "td", "cn", "healthy", "normal", "0"].contains(label.lowercased())
    }

    /// Reads a study.
    ///
    /// - Parameters:
    ///   - phenotypes: a table with a subject (`SUB_ID`, `subject`, `participant_id`), a class (`DX_GROUP`, `diagnosis`) and, where sites
    ///     differ, a site (`SITE_ID`, `site`). In `DX_GROUP`, 1 is autism and 2 control, as ABIDE has it.
    ///   - repetition: seconds between frames of time series.
    ///   - progress: hears how many subjects are read.
    public static func open(
        _ folder: URL, phenotypes: URL, repetition: Double? = nil, limit: Int = .max,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> FunctionalCollection {
        let people = try Phenotypes(phenotypes)
        let names = try folderNames(folder)
        if let array = names.first(where: { $0.hasSuffix(".npz") || $0.hasSuffix(".npy") }),
            names.count(where: { isSeries($0) }) <= 1
        {
            return try rows(folder.appendingPathComponent(array), people, limit)
        }
        return try files(folder, names.filter(isSeries), people, repetition, limit, progress)
    }

    private static func folderNames(_ folder: URL) throws -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            throw SignalError.missing(path: folder.path)
        }
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    private static func isSeries(_ name: String) -> Bool {
        RegionSeriesFile.endings.contains { name.lowercased().hasSuffix($0.lowercased()) }
            && name.contains(where: \.isNumber)
    }

    private static func rows(_ file: URL, _ people: Phenotypes, _ limit: Int) throws -> FunctionalCollection {
        let arrays =
            file.pathExtension == "npz" ? try NumPyArchive.read(file, limit: limit) : ["": try NumPyArray(file)]
        guard let array = arrays.values.first(where: { $0.entry.shape.count == 2 && $0.entry.shape[0] == people.count })
        else {
            throw SignalError.malformed(
                path: file.path, expected: "an array with a row for each of the \(people.count) subjects",
                found: arrays.values.map { "\($0.entry.shape)" }.joined(separator: ", "))
        }
        let (width, values) = (array.entry.shape[1], try array.doubles())
        let scale: Double =
            switch array.entry.type {
            case .int8: 127
            case .int16: 32_767
            default: 1
            }
        var items: [Item] = []
        for row in 0..<people.count {
            guard let label = people.label(row) else { continue }
            items.append(
                Item(
                    subject: people.subject(row), site: people.site(row), label: label,
                    triangle: values[row * width..<(row + 1) * width].map { Float($0 / scale) }))
        }
        return try FunctionalCollection(items)
    }

    private static func files(
        _ folder: URL, _ names: [String], _ people: Phenotypes, _ repetition: Double?, _ limit: Int,
        _ progress: (Int, Int) -> Void
    ) throws -> FunctionalCollection {
        var (items, notes, lines) = ([Item](), [String](), [Int: Int]())
        for row in 0..<people.count { if let number = people.number(row) { lines[number] = row } }
        for (n, name) in names.enumerated() {
            let numbers = name.split { !$0.isNumber }.compactMap { Int($0) }
            guard let row = numbers.compactMap({ lines[$0] }).first, let label = people.label(row) else { continue }
            let series = try RegionSeriesFile.read(
                folder.appendingPathComponent(name), repetition: repetition, limit: limit)
            guard let triangle = triangle(series) else {
                notes.append("\(name) holds numbers that are not finite and is left out")
                continue
            }
            items.append(
                Item(
                    subject: people.subject(row), site: people.site(row), label: label, triangle: triangle,
                    series: series))
            progress(n + 1, names.count)
        }
        guard !items.isEmpty else {
            throw TrainingError.run("no file in \(folder.path) carries the number of a subject of the phenotypes")
        }
        return try FunctionalCollection(items, notes: notes)
    }

    /// Correlations, zero for regions that never change.
    private static func triangle(_ series: RegionSeries) -> [Float]? {
        let silent = Set(series.silent), kept = series.regions.indices.filter { !silent.contains($0) }
        let part = Matrix(
            rows: series.frames, columns: kept.count,
            values: (0..<series.frames).flatMap { frame in kept.map { series.values[frame, $0] } })
        let heard = RegionSeries(regions: kept.map { series.regions[$0] }, values: part)
        guard let matrix = try? FunctionalConnectivity.correlation(heard, .empirical) else { return nil }
        var whole = Matrix.identity(series.regions.count)
        for (a, row) in kept.enumerated() { for (b, column) in kept.enumerated() { whole[row, column] = matrix[a, b] } }
        return FunctionalConnectivity.upperTriangle(whole).map { Float($0) }
    }
}
