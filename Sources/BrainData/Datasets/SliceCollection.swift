public import Foundation

/// Pictures of brains with what is known of each: a class, an age, or both.
///
/// Two layouts are read. A folder of classes holds pictures, `CLASS/PICTURE.jpg`; nothing says which pictures show one
/// patient, so each counts for itself. Slices of OASIS-1 in three planes are `axial|coronal|sagittal/CLASS/ID_*.jpg` beside
/// `subjects.csv` with the columns `ID` and `Age`.
public struct SliceCollection: Sendable {
    /// One brain.
    public struct Item: Sendable, Equatable {
        public let subject: String
        /// One picture a view, in the order of the collection's.
        public let files: [URL]
        public let label: String
        /// In years.
        public let age: Double?
    }

    /// The planes of an OASIS folder.
    public static let planes = ["axial", "coronal", "sagittal"]

    /// What an item's pictures show, one after the other: planes, or `slice` where nothing is known.
    public let views: [String]
    /// In the order of subjects.
    public let items: [Item]
    /// Items that were left out, a sentence each.
    public let notes: [String]

    public var classes: [String] { Set(items.map(\.label)).sorted() }

    /// - Throws: ``ImagingError`` where the folder is missing or holds no pictures in a known layout.
    public init(folder: URL) throws(ImagingError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue else {
            throw .missing(path: folder.path)
        }
        let table = folder.appendingPathComponent("subjects.csv")
        var notes: [String] = []
        if FileManager.default.fileExists(atPath: table.path) {
            views = Self.planes
            items = try Self.threePlanes(folder, ages: Self.ages(table), &notes)
        } else {
            views = ["slice"]
            items = Self.pictures(in: folder).map { file, label in
                Item(subject: "\(label)/\(file.lastPathComponent)", files: [file], label: label, age: nil)
            }
        }
        self.notes = notes
        guard !items.isEmpty else {
            throw .layout(
                "expected pictures as CLASS/PICTURE.jpg in \(folder.path), or axial, coronal and sagittal beside "
                    + "subjects.csv; found none")
        }
    }

    /// Pictures in the folders of classes, in the order of their names.
    private static func pictures(in folder: URL) -> [(file: URL, label: String)] {
        names(in: folder).flatMap { label in
            let inner = folder.appendingPathComponent(label)
            return names(in: inner).filter(PictureFile.isNamed)
                .map { (inner.appendingPathComponent($0), label) }
        }
    }

    private static func names(in folder: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { !$0.hasPrefix(".") }
            .sorted()
    }

    private static func threePlanes(
        _ folder: URL, ages: [String: Double], _ notes: inout [String]
    ) throws(ImagingError) -> [Item] {
        var found: [String: (label: String, files: [String: URL])] = [:]
        for plane in planes {
            for (file, label) in pictures(in: folder.appendingPathComponent(plane)) {
                let subject = subject(of: file)
                guard found[subject].map({ $0.label == label }) ?? true else {
                    throw .layout("\(subject) is in two classes, \(label) and \(found[subject]?.label ?? "")")
                }
                found[subject, default: (label, [:])].files[plane] = file
            }
        }
        return found.keys.sorted().compactMap { subject in
            guard let entry = found[subject] else { return nil }
            let files = planes.compactMap { entry.files[$0] }
            guard files.count == planes.count else {
                notes.append("\(subject) has no picture of every plane and is left out")
                return nil
            }
            return Item(subject: subject, files: files, label: entry.label, age: ages[subject])
        }
    }

    /// `OAS1_0010_MR1_a.jpg` shows `OAS1_0010_MR1`.
    private static func subject(of file: URL) -> String {
        let name = file.deletingPathExtension().lastPathComponent
        return name.lastIndex(of: "_").map { String(name[..<$0]) } ?? name
    }

    private static func ages(_ table: URL) throws(ImagingError) -> [String: Double] {
        guard let text = try? String(contentsOf: table, encoding: .utf8) else { throw .missing(path: table.path) }
        let rows = text.split(whereSeparator: \.isNewline).map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        guard let header = rows.first, let name = header.firstIndex(of: "ID"), let age = header.firstIndex(of: "Age")
        else {
            throw .malformed(path: table.path, expected: "the columns ID and Age", found: String(text.prefix(80)))
        }
        var ages: [String: Double] = [:]
        for row in rows.dropFirst() where row.count == header.count {
            if let years = Double(row[age]), (0...130).contains(years) { ages[row[name]] = years }
        }
        return ages
    }
}
