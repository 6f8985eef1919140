import Foundation

/// Where results go, checked before the work that they cost.
enum OutputPath {
    /// The place of a file to be written.
    ///
    /// - Throws: ``Failure`` if its folder is not there, or if it is itself a folder.
    static func file(_ path: String) throws -> URL {
        let url = URL(fileURLWithPath: path)
        guard isFolder(url.deletingLastPathComponent()) else {
            throw Failure(
                .cannotWrite, "cannot write \(path): there is no folder \(url.deletingLastPathComponent().path)")
        }
        guard !isFolder(url) else { throw Failure(.cannotWrite, "cannot write \(path): it is a folder") }
        return url
    }

    /// A folder to write into, made if need be.
    static func folder(_ path: String) throws -> URL {
        let url = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw Failure(.cannotWrite, "cannot make the folder \(path): \(error.localizedDescription)")
        }
        return url
    }

    private static func isFolder(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
