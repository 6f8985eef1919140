internal import CZlib
public import Foundation

/// Reads a 4-D scan frame by frame: one frame is in memory at a time, however long the series.
public final class FrameReader {
    public let header: ImageHeader
    private let image: StoredImage
    private let decoding: VoxelDecoding
    private let stream: gzFile?
    private var next = 0

    /// - Throws: ``ImagingError`` where the file is no image, or lays its frames out so that one cannot be read after the other.
    public init(_ url: URL) throws(ImagingError) {
        image = try ImageFile.open(url)
        header = image.header
        guard image.frameAxis == 3, image.encoding == .raw else {
            throw .unsupported(path: url.path, what: "its frames do not lie one after the other: convert it to NIfTI")
        }
        decoding = VoxelDecoding(
            type: header.type, order: header.order, slope: header.slope, intercept: header.intercept)
        guard image.file.isPacked else {
            stream = nil
            return
        }
        stream = gzopen(image.file.url.path, "rb")
        guard let stream, gzseek(stream, image.offset, SEEK_SET) >= 0 else {
            throw .unreadable(path: url.path, why: "its packed content cannot be opened")
        }
    }

    deinit { if let stream { gzclose(stream) } }

    /// The next frame; nil behind the last.
    ///
    /// - Throws: ``ImagingError/truncated(path:expected:found:)`` where the file ends early.
    public func frame() throws(ImagingError) -> Volume? {
        guard next < header.frames else { return nil }
        defer { next += 1 }
        let count = header.grid.count, bytes = count * header.type.bytes
        let start = image.offset + next * bytes  // the header's product was checked when it was read
        let raw: Data
        if let stream {
            var part = Data(count: bytes)
            // A frame of more bytes than a C int counts is read in pieces.
            let read = part.withUnsafeMutableBytes { target in
                var done = 0
                while done < bytes {
                    let got = gzread(stream, target.baseAddress.map { $0 + done }, UInt32(min(bytes - done, 1 << 30)))
                    guard got > 0 else { break }
                    done += Int(got)
                }
                return done
            }
            guard read == bytes else {
                throw .truncated(path: image.file.url.path, expected: start + bytes, found: start + read)
            }
            raw = part
        } else {
            raw = try image.file.section(from: start, count: bytes).bytes
        }
        return Volume(grid: header.grid, voxels: decoding.values(raw, count: count).voxels)
    }
}
