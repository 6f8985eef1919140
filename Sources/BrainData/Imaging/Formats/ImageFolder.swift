public import Foundation

extension ImageFile {
    /// The images of a folder in order of their names, those of folders inside it left out; a single file is its own list.
    ///
    /// - Throws: ``ImagingError`` where there is no such folder, or it cannot be listed.
    public static func files(in url: URL) throws(ImagingError) -> [URL] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw .missing(path: url.path)
        }
        guard isFolder.boolValue else { return [url] }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else {
            throw .unreadable(path: url.path, why: "the folder cannot be listed")
        }
        let images = names.filter { name in
            guard !name.hasPrefix("."), let ending = ending(of: name) else { return false }
            // The voxels of a pair are read by way of its header.
            let headers = [".hdr", ".hdr.gz"].map { stem(of: name) + $0 }
            return !ending.hasPrefix(".img") || !headers.contains(where: names.contains)
        }
        return images.sorted().map(url.appendingPathComponent)
    }

    /// A file's name without the ending of its format.
    public static func stem(of name: String) -> String { String(name.dropLast(ending(of: name)?.count ?? 0)) }

    private static func ending(of name: String) -> String? {
        formats.flatMap(\.endings).filter { name.lowercased().hasSuffix($0) }.max { $0.count < $1.count }
    }
}
