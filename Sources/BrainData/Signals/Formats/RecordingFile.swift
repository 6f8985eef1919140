public import Foundation

/// Reads and writes recordings of every known format.
public enum RecordingFile {
    /// The formats, in the order in which they are asked.
    public static let formats: [any RecordingFormat] = [EDF(), GDF(), BrainVision(), EEGLAB()]

    /// Opens a recording: its header and events. Samples stay in the file until they are asked for.
    ///
    /// - Parameter limit: the most memory to take, in bytes, for what cannot stay in the file (packed or written as
    ///   text).
    public static func open(_ file: URL, limit: Int = .max) throws(SignalError) -> Recording {
        let owner = formats.first { owns($0, file) }
        let bytes: FileBytes
        do throws(ImagingError) {
            bytes = try FileBytes(owner?.headerFile(for: file) ?? file, expecting: "a recording")
        } catch {
            throw SignalError(error)
        }
        guard !bytes.isPacked else {
            throw .unsupported(path: file.path, what: "it is packed with gzip: unpack it first (gunzip)")
        }
        if let format = formats.first(where: { $0.recognises(bytes.beginning) }) ?? owner {
            return try format.open(bytes, limit: limit)
        }
        throw .unsupported(path: file.path, what: "it is none of \(formats.map(\.name).joined(separator: ", "))")
    }

    /// Whether a file's name ends like one of a recording, or its first bytes are those of one.
    public static func recognises(_ file: URL) -> Bool {
        if formats.contains(where: { owns($0, file) }) { return true }
        guard let handle = try? FileHandle(forReadingFrom: file) else { return false }
        defer { try? handle.close() }
        let beginning = (try? handle.read(upToCount: 4096)) ?? Data()
        return formats.contains { $0.recognises(beginning) }
    }

    /// Writes a recording; the name's ending decides the format.
    ///
    /// Every file is written to a temporary name in the same folder, brought to the disk and renamed, the header last.
    ///
    /// - Returns: what the format does not keep, one sentence each.
    @discardableResult
    public static func write(_ recording: Recording, to file: URL) throws(SignalError) -> [String] {
        let known = formats.compactMap { $0 as? any WritableRecordingFormat }
        guard let format = known.first(where: { owns($0, file) }) else {
            throw .unwritable(path: file.path, why: "recordings are written as .edf (EDF+) or .vhdr (BrainVision)")
        }
        let result = try format.files(for: recording, at: file)
        for (url, bytes) in result.files {
            do throws(ImagingError) { try AtomicFile.write(bytes, to: url) } catch { throw SignalError(error) }
        }
        return result.notes
    }

    private static func owns(_ format: any RecordingFormat, _ file: URL) -> Bool {
        format.endings.contains { file.lastPathComponent.lowercased().hasSuffix($0) }
    }
}
