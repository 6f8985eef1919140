internal import Foundation

/// A file that appears under its name only when it is whole: it grows beside it under another name.
final class AtomicFile {
    private let target, temporary: String
    private let descriptor: Int32
    private var finished = false

    init(_ url: URL) throws(NetworkError) {
        target = url.path
        let name = ".brainkit-\(getpid())-\(UInt64.random(in: 0 ... .max)).partial"
        temporary = url.deletingLastPathComponent().appendingPathComponent(name).path
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw AtomicFile.failure(target) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if descriptor >= 0 && !finished { unlink(temporary) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(NetworkError) {
        var done = 0
        while done < bytes.count {
            let written = Foundation.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if written < 0 && errno == EINTR { continue }
            if written <= 0 { throw AtomicFile.failure(target) }
            done += written
        }
    }

    func write(_ bytes: [UInt8]) throws(NetworkError) {
        let failure: NetworkError? = bytes.withUnsafeBytes { bytes in
            do throws(NetworkError) { try write(bytes) } catch { return error }
            return nil
        }
        if let failure { throw failure }
    }

    /// Puts the file on the disk under its own name, in place of whatever was there.
    func finish() throws(NetworkError) {
        guard fsync(descriptor) == 0, rename(temporary, target) == 0 else { throw AtomicFile.failure(target) }
        finished = true
    }

    private static func failure(_ path: String) -> NetworkError {
        .unwritable(file: path, why: String(cString: strerror(errno)))
    }
}
