internal import CPictures
public import Foundation

/// Reads pictures, JPEG and PNG; what a file is shows in its first bytes, not in its name.
public enum PictureFile: String, Sendable, CaseIterable {
    case jpeg = "JPEG"
    case png = "PNG"

    /// How the names of picture files end.
    public static let endings = [".jpeg", ".jpg", ".png"]

    /// Whether a file is called like a picture.
    public static func isNamed(_ name: String) -> Bool { endings.contains { name.lowercased().hasSuffix($0) } }

    /// What a file says of itself before its pixels are read.
    public struct Header: Sendable, Equatable {
        public let format: PictureFile
        /// Pixels along a row, and rows.
        public let width, height: Int
        /// 1 for grey, 3 for colour; and the bits of one value, 8 or 16.
        public let channels, bits: Int
    }

    /// The most that a picture may take in memory unless a caller says otherwise: 256 MB.
    public static let usualLimit = 256_000_000

    /// The format of a file that begins so, if it is one of these.
    public init?(beginning: Data) {
        if beginning.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if beginning.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else {
            return nil
        }
    }

    /// What a file says of itself; no memory is taken for its pixels.
    public static func header(of file: URL) throws(ImagingError) -> Header {
        let bytes = try FileBytes(file, expecting: "a picture")
        let (format, head) = try open(bytes.raw, path: file.path)
        return Header(format, head)
    }

    /// Reads a picture.
    ///
    /// - Parameter limit: the most memory to take for the values, in bytes.
    public static func read(_ file: URL, limit: Int = usualLimit) throws(ImagingError) -> Picture {
        try decode(FileBytes(file, expecting: "a picture").raw, path: file.path, limit: limit)
    }

    /// Decodes a picture in memory.
    ///
    /// - Parameter path: what errors call it.
    /// - Throws: ``ImagingError/tooLarge(path:bytes:limit:)`` before any memory is taken, and
    ///   ``ImagingError/malformed(path:expected:found:)`` for damage anywhere: no pixel is made up.
    public static func decode(
        _ bytes: Data, path: String, limit: Int = usualLimit
    ) throws(ImagingError) -> Picture {
        var (format, head) = try open(bytes, path: path)
        let header = Header(format, head)
        // Sides come from the file: 16-bit values of every channel, and one more byte each while libraries work.
        let (pixels, overflow) = header.width.multipliedReportingOverflow(by: header.height)
        let (needed, tooMany) = pixels.multipliedReportingOverflow(by: header.channels * 3)
        guard !overflow, !tooMany, needed <= limit else {
            throw .tooLarge(path: path, bytes: overflow || tooMany ? .max : needed, limit: limit)
        }
        let count = pixels * header.channels
        var status = Int32(picture_damaged)
        let values = [UInt16](unsafeUninitializedCapacity: count) { target, filled in
            status = bytes.withUnsafeBytes { source in
                guard let from = source.baseAddress, let to = target.baseAddress else { return status }
                let decode = format == .jpeg ? jpeg_pixels : png_pixels
                return decode(from, source.count, &head, to, count * header.bits / 8)
            }
            guard status == picture_done else { return }
            if header.bits == 8 { widen(target, count: count) }
            filled = count
        }
        try check(status, head, format, path)
        return Picture(
            width: header.width, height: header.height, channels: header.channels, bits: header.bits, values: values,
            notes: notes(head))
    }

    private static func open(_ bytes: Data, path: String) throws(ImagingError) -> (PictureFile, PictureHead) {
        guard let format = PictureFile(beginning: bytes.prefix(8)) else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw .unsupported(path: path, what: "it is no picture of a known kind (\(known))")
        }
        var head = PictureHead()
        let status = bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress else { return Int32(picture_damaged) }
            return (format == .jpeg ? jpeg_head : png_head)(from, source.count, &head)
        }
        try check(status, head, format, path)
        guard head.width > 0, head.height > 0, [1, 3].contains(head.channels), [8, 16].contains(head.bits) else {
            throw .malformed(
                path: path, expected: "grey or colour in 8 or 16 bits",
                found: "\(head.width) × \(head.height) pixels of \(head.channels) × \(head.bits) bits")
        }
        return (format, head)
    }

    /// - Throws: what the library said, if it refused.
    private static func check(
        _ status: Int32, _ head: PictureHead, _ format: PictureFile, _ path: String
    ) throws(ImagingError) {
        guard status != picture_done else { return }
        let message = withUnsafeBytes(of: head.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if status == picture_unsupported { throw .unsupported(path: path, what: message) }
        throw .malformed(path: path, expected: "a whole \(format.rawValue)", found: message)
    }

    private static func notes(_ head: PictureHead) -> [String] {
        var notes: [String] = []
        if head.has_alpha != 0 { notes.append("how opaque its pixels are was ignored") }
        if head.notes > 0 { notes.append("\(head.notes) oddities outside the pixels were ignored") }
        return notes
    }

    /// Spreads bytes that lie packed at the start of a buffer, from the last one on so that none is overwritten unread.
    private static func widen(_ target: UnsafeMutableBufferPointer<UInt16>, count: Int) {
        let bytes = UnsafeRawBufferPointer(target)
        for n in stride(from: count - 1, through: 0, by: -1) { target[n] = UInt16(bytes[n]) }
    }
}

extension PictureFile.Header {
    fileprivate init(_ format: PictureFile, _ head: PictureHead) {
        self.init(
            format: format, width: Int(head.width), height: Int(head.height), channels: Int(head.channels),
            bits: Int(head.bits))
    }
}
