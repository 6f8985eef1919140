internal import Foundation

/// The files beside a BIDS recording that speak of it, in its own folder and in those above.
///
/// BIDS' inheritance principle: a file applies where its entities are among the recording's; of tables the nearest is
/// taken, and metadata of nearer files goes before that of farther ones.
struct BIDSSidecars {
    private let folders: [URL]
    private let entities: [String: String]

    /// Nil where the file's name is none of BIDS.
    init?(of file: URL) {
        guard let name = BIDSName(file.lastPathComponent) else { return nil }
        entities = name.entities
        var (folder, folders) = (file.standardizedFileURL.deletingLastPathComponent(), [URL]())
        for _ in 0..<8 {
            folders.append(folder)
            let isRoot = FileManager.default.fileExists(
                atPath: folder.appendingPathComponent("dataset_description.json").path)
            let isSubject = folder.lastPathComponent.hasPrefix("sub-")
            let parent = folder.deletingLastPathComponent()
            if isRoot || parent.path == folder.path { break }
            // Without a description, the data set ends above the subject's folder.
            if isSubject {
                folders.append(parent)
                break
            }
            folder = parent
        }
        self.folders = folders
    }

    /// The files of a suffix that apply, the nearest first, and the more particular before the more general.
    func files(_ suffix: String, _ ending: String) -> [URL] {
        folders.flatMap { folder -> [URL] in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            let fitting = names.sorted().compactMap { name -> (url: URL, entities: Int)? in
                guard let found = Self.entities(of: name, suffix, ending) else { return nil }
                guard found.allSatisfy({ entities[$0.key] == $0.value }) else { return nil }
                return (folder.appendingPathComponent(name), found.count)
            }
            return fitting.sorted { $0.entities > $1.entities }.map(\.url)
        }
    }

    /// The entities of a sidecar's name, which may lack a subject; nil for another suffix.
    private static func entities(of name: String, _ suffix: String, _ ending: String) -> [String: String]? {
        guard name.hasSuffix(ending) else { return nil }
        let parts = name.dropLast(ending.count).split(separator: "_")
        guard parts.last.map(String.init) == suffix else { return nil }
        var entities: [String: String] = [:]
        for part in parts.dropLast() {
            guard let dash = part.firstIndex(of: "-") else { return nil }
            entities[part[..<dash].lowercased()] = String(part[part.index(after: dash)...])
        }
        return entities
    }

    /// Metadata of all JSON files of a suffix, nearer ones going before.
    func metadata(_ suffix: String) throws(SignalError) -> [String: Any] {
        var merged: [String: Any] = [:]
        for url in files(suffix, ".json") {
            let bytes = try Self.bytes(url)
            guard let object = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any] else {
                throw .malformed(path: url.path, expected: "a JSON object", found: "something else")
            }
            merged.merge(object) { nearer, _ in nearer }
        }
        return merged
    }

    /// The nearest table of a suffix.
    func table(_ suffix: String) throws(SignalError) -> TextTable? {
        guard let url = files(suffix, ".tsv").first else { return nil }
        return TextTable(try Self.bytes(url))
    }

    private static func bytes(_ url: URL) throws(SignalError) -> Data {
        let file = try SignalError.rethrown { () throws(ImagingError) in try FileBytes(url, expecting: "a sidecar") }
        guard file.raw.count <= 1 << 26 else {
            throw .unsupported(path: url.path, what: "a sidecar of more than 64 MB")
        }
        return file.raw
    }
}
