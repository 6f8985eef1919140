internal import CZip
public import Foundation

/// The arrays of a `.npz` file, by their names: what `numpy.savez` writes, packed or not.
public enum NumPyArchive {
    /// - Parameter limit: the most memory to take for an array, in bytes.
    /// - Throws: ``NetworkError/missingFile(_:)``, or ``NetworkError/malformed(file:why:)``.
    public static func read(_ url: URL, limit: Int = .max) throws(NetworkError) -> [String: NumPyArray] {
        guard FileManager.default.fileExists(atPath: url.path) else { throw .missingFile(url.path) }
        var code: Int32 = 0
        guard let archive = zip_open(url.path, ZIP_RDONLY, &code) else {
            throw .malformed(file: url.path, why: "it is no zip archive")
        }
        defer { zip_discard(archive) }
        var arrays: [String: NumPyArray] = [:]
        for index in 0..<UInt64(max(0, zip_get_num_entries(archive, 0))) {
            do throws(FileFault) {
                let (name, bytes) = try content(archive, index, limit)
                guard name.hasSuffix(".npy") else { continue }
                let parsed = bytes.withUnsafeBytes { bytes in
                    Result { () throws(FileFault) in try NumPyArray(bytes) }
                }
                arrays[String(name.dropLast(4))] = try parsed.get()
            } catch {
                throw .malformed(file: url.path, why: error.why)
            }
        }
        guard !arrays.isEmpty else { throw .malformed(file: url.path, why: "it holds no .npy array") }
        return arrays
    }

    private static func content(
        _ archive: OpaquePointer, _ index: UInt64, _ limit: Int
    ) throws(FileFault) -> (name: String, bytes: [UInt8]) {
        var status = zip_stat_t()
        guard zip_stat_index(archive, index, 0, &status) == 0, let title = status.name else {
            throw FileFault("its table of contents is damaged")
        }
        let name = String(cString: title)
        guard status.size <= limit, status.size / 1032 <= status.comp_size else {
            throw FileFault("\(quoted(name)) claims \(status.size) bytes")
        }
        guard let file = zip_fopen_index(archive, index, 0) else {
            throw FileFault("\(quoted(name)) cannot be unpacked")
        }
        defer { zip_fclose(file) }
        var bytes = [UInt8](repeating: 0, count: Int(status.size))
        let read = bytes.withUnsafeMutableBytes { zip_fread(file, $0.baseAddress, status.size) }
        guard read == Int64(status.size) else { throw FileFault("\(quoted(name)) is damaged or ends early") }
        return (name, bytes)
    }
}
