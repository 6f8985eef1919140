public import Foundation

/// The content of a file, unpacked on demand where it is gzip. What a file is shows in its first bytes, not in its
/// name.
public struct FileBytes: Sendable {
    public let url: URL
    /// Whether the file is gzip.
    public let isPacked: Bool
    /// The first bytes of the content, 64 KiB or all there are.
    public let beginning: Data
    /// What was odd, one sentence each.
    public private(set) var notes: [String] = []
    /// The file as it lies on the disk, mapped.
    let raw: Data

    /// The path that errors name.
    var path: String { url.path }

    /// Opens a file and looks at its beginning.
    ///
    /// - Parameter content: what the file should hold, for the error of an empty one.
    /// - Throws: ``ImagingError/missing(path:)``, ``ImagingError/unreadable(path:why:)``, or
    ///   ``ImagingError/malformed(path:expected:found:)`` for an empty file and a damaged gzip.
    public init(_ url: URL, expecting content: String = "an image") throws(ImagingError) {
        self.url = url
        raw = try Self.map(url)
        guard !raw.isEmpty else { throw .malformed(path: url.path, expected: content, found: "an empty file") }
        isPacked = Deflate.isGzip(raw)
        if isPacked {
            beginning = try Deflate.unpack(raw, first: 65_536, isGlance: true, path: url.path).bytes
        } else {
            beginning = raw.prefix(65_536)
            if url.pathExtension.lowercased() == "gz" {
                notes.append("the file is named .gz and is not packed; it was read as it is")
            }
        }
    }

    /// A part of the content.
    ///
    /// - Parameter exact: whether the content should end there; if it does not, a note says so.
    /// - Throws: ``ImagingError/truncated(path:expected:found:)`` before any memory is taken if the file cannot hold
    ///   so much.
    func section(from offset: Int, count: Int) throws(ImagingError) -> (bytes: Data, notes: [String]) {
        let (end, overflow) = offset.addingReportingOverflow(count)
        guard offset >= 0, count >= 0, !overflow else {
            throw .malformed(path: path, expected: "a place inside the file", found: "\(count) bytes from \(offset) on")
        }
        guard isPacked else {
            guard end <= raw.count else { throw .truncated(path: path, expected: end, found: raw.count) }
            let surplus = raw.count - end
            return (
                raw.dropFirst(offset).prefix(count),
                surplus == 0 ? [] : ["\(surplus) bytes behind the voxels were ignored"]
            )
        }
        return try Self.unpack(raw, .gzip, from: offset, to: end, path: path)
    }

    /// Unpacks the part from `offset` to `end` of a stream that must reach that far.
    static func unpack(
        _ packed: Data, _ container: Deflate.Container, from offset: Int, to end: Int, path: String
    ) throws(ImagingError) -> (bytes: Data, notes: [String]) {
        let highest = packed.count.multipliedReportingOverflow(by: Deflate.highestRatio)
        guard highest.overflow || end <= highest.partialValue else {
            throw .truncated(path: path, expected: end, found: highest.partialValue)
        }
        let unpacked = try Deflate.unpack(packed, container, first: end, path: path)
        guard unpacked.bytes.count == end else {
            throw .truncated(path: path, expected: end, found: unpacked.bytes.count)
        }
        var notes: [String] = []
        if unpacked.hasMore { notes.append("the packed data goes on behind the voxels; the rest was ignored") }
        if unpacked.garbage > 0 {
            notes.append("\(unpacked.garbage) bytes behind the \(container) stream are no part of it and were ignored")
        }
        return (unpacked.bytes.dropFirst(offset), notes)
    }

    private static func map(_ url: URL) throws(ImagingError) -> Data {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw .missing(path: url.path)
        }
        guard !isFolder.boolValue else { throw .unreadable(path: url.path, why: "it is a folder") }
        let type = (try? FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path))?[.type]
        guard type as? FileAttributeType == .typeRegular else {
            throw .unreadable(path: url.path, why: "it is no ordinary file")
        }
        do { return try Data(contentsOf: url, options: .alwaysMapped) } catch {
            throw .unreadable(path: url.path, why: error.localizedDescription)
        }
    }
}
