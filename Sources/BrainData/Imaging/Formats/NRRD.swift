public import Foundation

/// NRRD, versions 1 to 5: `.nrrd` with its data attached and `.nhdr` with a data file beside it; raw, gzip and text.
///
/// The format of Teem (Kindlmann); *Definition of NRRD file format*, teem.sourceforge.net/nrrd/format.html.
public struct NRRD: VolumeFormat {
    public let name = "NRRD"
    public let endings = [".nrrd", ".nhdr"]

    public init() {}

    public func recognises(_ beginning: Data) -> Bool { beginning.starts(with: "NRRD".utf8) }

    public func open(_ file: FileBytes) throws(ImagingError) -> StoredImage {
        let version = String(decoding: file.beginning.prefix(8), as: UTF8.self)
        guard (1...5).contains(where: { version == "NRRD000\($0)" }) else {
            throw .unsupported(path: file.path, what: "NRRD of version “\(version)”; 1 to 5 are read")
        }
        let (isWhole, text) = try TextHeader.read(
            file.beginning, path: file.path, separator: ":",
            skips: { $0.hasPrefix("#") || $0.hasPrefix("NRRD") || $0.contains(":=") }, ends: \.isEmpty)
        let detached = text["datafile"]
        guard isWhole || detached != nil else {
            throw .malformed(path: file.path, expected: "an empty line that ends the header", found: "none in 64 KiB")
        }
        let axes = try NRRDAxes(text)
        var image = StoredImage(header: try header(text, axes, file), file: file, offset: text.length)
        image.frameAxis = axes.frameAxis
        if let detached {
            guard !detached.hasPrefix("LIST"), !detached.contains("%") else {
                throw .unsupported(path: file.path, what: "its voxels are spread over several data files")
            }
            (image.file, image.offset) = (try file.sibling(detached), 0)
        }
        try encode(&image, text)
        return image
    }

    private func header(_ text: TextHeader, _ axes: NRRDAxes, _ file: FileBytes) throws(ImagingError) -> ImageHeader {
        guard let type = Self.type(try text.required("type")) else {
            throw .unsupported(path: file.path, what: "voxels of type “\(text["type"] ?? "")”")
        }
        var notes = file.notes + axes.notes
        if text["endian"] == nil, type.bytes > 1, !(text["encoding"] ?? "").lowercased().hasPrefix("t") {
            notes.append("the byte order is not given; little-endian was assumed")
        }
        return ImageHeader(
            format: "NRRD", type: type, order: text["endian"]?.lowercased() == "big" ? .big : .little,
            size: axes.size, grid: axes.grid, frames: axes.frames, units: axes.units,
            description: text["content"] ?? "", notes: notes)
    }

    /// Fills in how the voxels are packed and what lies before them.
    private func encode(_ image: inout StoredImage, _ text: TextHeader) throws(ImagingError) {
        let path = image.file.path
        let encoding = try text.required("encoding").lowercased()
        switch encoding {
        case "raw": image.encoding = .raw
        case "gzip", "gz": image.encoding = .gzip
        case "text", "txt", "ascii": image.encoding = .text
        default: throw .unsupported(path: path, what: "the encoding “\(encoding)”; raw, gzip and text are read")
        }
        image.header.isPacked = image.encoding == .gzip || image.file.isPacked
        if image.encoding != .raw, image.offset > 0, image.file.isPacked {
            throw .unsupported(path: path, what: "gzip around an NRRD that is itself of encoding \(encoding)")
        }
        guard let lines = Int(text["lineskip"] ?? "0"), lines >= 0,
            let bytes = Int(text["byteskip"] ?? "0"), bytes >= (image.encoding == .raw ? -1 : 0)
        else {
            throw .malformed(path: path, expected: "lines and bytes to skip", found: "numbers that cannot be")
        }
        image.offset = try Self.skip(lines, in: image.file, from: image.offset)
        switch (image.encoding, bytes) {
        case (.gzip, _): image.skip = bytes
        case (_, -1):  // the voxels are the last bytes of the file
            let count = image.header.grid.count * image.header.frames * image.header.type.bytes
            guard count <= image.file.raw.count, !image.file.isPacked else {
                throw .truncated(path: path, expected: count, found: image.file.raw.count)
            }
            image.offset = image.file.raw.count - count
        default:
            let (offset, overflow) = image.offset.addingReportingOverflow(bytes)
            guard !overflow else { throw .truncated(path: path, expected: .max, found: image.file.raw.count) }
            image.offset = offset
        }
    }

    private static func skip(_ lines: Int, in file: FileBytes, from start: Int) throws(ImagingError) -> Int {
        var offset = start
        for _ in 0..<lines {
            let rest = file.raw.dropFirst(offset)
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                throw .truncated(path: file.path, expected: file.raw.count + 1, found: file.raw.count)
            }
            offset = end - file.raw.startIndex + 1
        }
        return offset
    }

    private static func type(_ name: String) -> StoredType? {
        switch name.lowercased().split(separator: " ").joined(separator: " ") {
        case "signed char", "int8", "int8_t": .int8
        case "uchar", "unsigned char", "uint8", "uint8_t": .uint8
        case "short", "short int", "signed short", "signed short int", "int16", "int16_t": .int16
        case "ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t": .uint16
        case "int", "signed int", "int32", "int32_t": .int32
        case "uint", "unsigned int", "uint32", "uint32_t": .uint32
        case "longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t":
            .int64
        case "ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t": .uint64
        case "float": .float32
        case "double": .float64
        default: nil
        }
    }
}
