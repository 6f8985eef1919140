public import Foundation

/// Writes files so that they are there whole or not at all.
public enum AtomicFile {
    /// Writes to a temporary name in the same folder, brings the bytes to the disk, and renames.
    ///
    /// - Throws: ``ImagingError/unwritable(path:why:)``; the temporary file is gone then, and an older file of the
    ///   name stays.
    public static func write(_ data: Data, to url: URL) throws(ImagingError) {
        let name = ".\(url.lastPathComponent.prefix(100)).\(UUID().uuidString.prefix(8)).part"
        let temporary = url.deletingLastPathComponent().appendingPathComponent(name).path
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw .unwritable(path: url.path, why: reason(errno)) }
        var fault = put(data, into: file)
        if fault == nil, fsync(file) != 0 { fault = errno }
        if close(file) != 0, fault == nil { fault = errno }
        if fault == nil, rename(temporary, url.path) != 0 { fault = errno }
        if let fault {
            unlink(temporary)
            throw .unwritable(path: url.path, why: reason(fault))
        }
    }

    /// - Returns: the error number, or nil when every byte was taken.
    private static func put(_ data: Data, into file: Int32) -> Int32? {
        data.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = Foundation.write(file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count > 0 { done += count } else if count == 0 { return EIO } else if errno != EINTR { return errno }
            }
            return nil
        }
    }

    private static func reason(_ number: Int32) -> String {
        switch number {
        case ENOENT: "its folder does not exist"
        case ENOSPC, EDQUOT: "no space is left on the disk"
        case EACCES, EPERM, EROFS: "no permission to write there"
        case EISDIR: "a folder of that name is there"
        default: String(cString: strerror(number))
        }
    }
}
