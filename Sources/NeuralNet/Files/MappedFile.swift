internal import Foundation

/// A file that lies in memory without being read: pages come when they are touched.
///
/// Its pages follow the file: nobody may shorten it meanwhile. Everything written here replaces files whole instead.
final class MappedFile: Sendable {
    let path: String
    let count: Int
    private nonisolated(unsafe) let start: UnsafeMutableRawPointer?

    init(_ url: URL) throws(NetworkError) {
        path = url.path
        // Without O_NONBLOCK, opening a pipe would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT || errno == ENOTDIR
                ? .missingFile(path) : .malformed(file: path, why: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .malformed(file: path, why: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .malformed(
                file: path, why: status.st_mode & S_IFMT == S_IFDIR ? "it is a folder" : "it is no ordinary file")
        }
        count = Int(status.st_size)
        guard count > 0 else {
            start = nil
            return
        }
        let mapped = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else {
            throw .malformed(file: path, why: "it cannot be mapped: " + String(cString: strerror(errno)))
        }
        start = mapped
    }

    deinit { if let start { munmap(start, count) } }

    /// Lends the file's bytes for the length of `body`.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Lends the file's bytes to a parser, and puts the path to what it finds wrong.
    func parsed<Result>(
        _ body: (UnsafeRawBufferPointer) throws(FileFault) -> Result
    ) throws(NetworkError) -> Result {
        do { return try withBytes(body) } catch { throw .malformed(file: path, why: error.why) }
    }
}
