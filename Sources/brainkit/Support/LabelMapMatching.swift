import BrainData
import Foundation

/// Label maps of results beside those of experts, matched by the case in their names.
struct LabelMapMatching {
    struct Pair {
        let name: String
        let prediction, truth: URL
    }

    let pairs: [Pair]
    /// One sentence for each file without a counterpart.
    let alone: [String]
    /// Whether two folders were given, so that one bad case does not end the run.
    let areFolders: Bool

    /// - Parameters: two label maps, or two folders of them.
    /// - Throws: ``Failure`` where one is missing, one is a file and the other a folder, or nothing matches.
    init(_ prediction: URL, _ truth: URL) throws {
        switch (try Self.isFolder(prediction), try Self.isFolder(truth)) {
        case (false, false):
            pairs = [Pair(name: Self.caseName(prediction), prediction: prediction, truth: truth)]
            (alone, areFolders) = ([], false)
        case (true, true):
            let found = try Self.labelMaps(in: prediction), drawn = try Self.labelMaps(in: truth)
            pairs = found.keys.sorted().compactMap { name in
                guard let own = found[name], let other = drawn[name] else { return nil }
                return Pair(name: name, prediction: own, truth: other)
            }
            let unseen = found.keys.filter { drawn[$0] == nil }.sorted().map { "\($0) has a result and no truth" }
            alone = unseen + drawn.keys.filter { found[$0] == nil }.sorted().map { "\($0) has a truth and no result" }
            areFolders = true
            guard !pairs.isEmpty else {
                throw Failure(.missing, "no label map in \(prediction.path) has a counterpart in \(truth.path)")
            }
        default:
            throw Failure(
                .usage, "give two label maps or two folders, not one of each: \(prediction.path) and \(truth.path)")
        }
    }

    private static func isFolder(_ url: URL) throws -> Bool {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw Failure(.missing, "expected a label map or a folder at \(url.path), found none")
        }
        return isFolder.boolValue
    }

    /// All files below a folder, links followed a few levels deep, so that a circle of links ends.
    private static func files(in folder: URL, levels: Int = 6) -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { !$0.hasPrefix(".") }.flatMap { name -> [URL] in
            let file = folder.appendingPathComponent(name)
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
            guard isFolder.boolValue else { return [file] }
            return levels > 0 ? files(in: file, levels: levels - 1) : []
        }
    }

    /// The label maps of a folder by their cases. Where some names say that they are label maps, the others are images.
    private static func labelMaps(in folder: URL) throws -> [String: URL] {
        // The other half of a .hdr is no map of its own.
        let images = files(in: folder).filter { baseName($0) != nil && $0.pathExtension != "img" }
        let named = images.filter { file in
            baseName(file).map { base in endings.contains { base.lowercased().hasSuffix($0) } } ?? false
        }
        var maps: [String: URL] = [:]
        for file in (named.isEmpty ? images : named).sorted(by: { $0.path < $1.path }) {
            let name = caseName(file)
            if let other = maps[name] {
                throw Failure(.badData, "two label maps are of the case \(name): \(other.path) and \(file.path)")
            }
            maps[name] = file
        }
        return maps
    }

    private static let endings = ["_dseg", "_seg", "-seg"]

    /// The name without the ending of its format; nil for what is no image.
    private static func baseName(_ file: URL) -> String? {
        let name = file.lastPathComponent
        let known = ImageFile.formats.flatMap(\.endings).sorted { $0.count > $1.count }
        return known.first { name.lowercased().hasSuffix($0) }.map { String(name.dropLast($0.count)) }
    }

    private static func caseName(_ file: URL) -> String {
        let base = baseName(file) ?? file.lastPathComponent
        if let bids = BIDSName(file.lastPathComponent), !bids.subject.isEmpty { return bids.caseName }
        guard let ending = endings.first(where: { base.lowercased().hasSuffix($0) }) else { return base }
        return String(base.dropLast(ending.count))
    }
}
