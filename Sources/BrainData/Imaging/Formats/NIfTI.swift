public import Foundation

/// NIfTI-1 and NIfTI-2: `.nii` and pairs of `.hdr` and `.img`, plain or packed, in either byte order.
public struct NIfTI: WritableVolumeFormat {
    public let name = "NIfTI"
    public let endings = [".nii.gz", ".hdr.gz", ".img.gz", ".nii", ".hdr", ".img"]

    /// NIfTI's numbers for the types of voxels read here.
    static let types: [Int: StoredType] = [
        2: .uint8, 4: .int16, 8: .int32, 16: .float32, 64: .float64, 256: .int8, 512: .uint16, 768: .uint32,
        1024: .int64, 1280: .uint64,
    ]
    private static let refused = [
        1: "one bit a voxel", 32: "complex numbers (complex64)", 128: "colours (RGB24)",
        1536: "float128", 1792: "complex numbers (complex128)", 2048: "complex numbers (complex256)",
        2304: "colours (RGBA32)",
    ]

    public init() {}

    public func recognises(_ beginning: Data) -> Bool { NIfTIHeader.version(beginning) != nil }

    public func headerFile(for file: URL) -> URL {
        Self.partner(of: file, from: "img", to: "hdr") ?? file
    }

    public func open(_ file: FileBytes) throws(ImagingError) -> StoredImage {
        let raw = try NIfTIHeader(file.beginning, path: file.path)
        let header = try judge(raw, file)
        guard raw.isPair else {
            return StoredImage(header: header, file: file, offset: try offset(raw, file.path))
        }
        guard let image = Self.partner(of: file.url, from: "hdr", to: "img") else {
            throw .missing(path: file.url.deletingPathExtension().appendingPathExtension("img").path)
        }
        return StoredImage(header: header, file: try FileBytes(image), offset: try offset(raw, file.path))
    }

    private func judge(_ raw: NIfTIHeader, _ file: FileBytes) throws(ImagingError) -> ImageHeader {
        let size = try size(raw, file.path)
        guard let shape = ImageHeader.shape(size) else {
            throw .malformed(path: file.path, expected: "axes whose product can be counted", found: "\(size)")
        }
        guard let type = Self.types[raw.datatype] else {
            guard let what = Self.refused[raw.datatype] else {
                throw .malformed(path: file.path, expected: "a NIfTI datatype", found: "number \(raw.datatype)")
            }
            throw .unsupported(path: file.path, what: "it stores \(what); real numbers are wanted")
        }
        let geometry = NIfTIGeometry(raw, size: shape.grid)
        var header = ImageHeader(
            format: "NIfTI-\(raw.version)", type: type, order: raw.order, size: size,
            grid: Grid(size: shape.grid, affine: geometry.affine), frames: shape.frames,
            sformCode: raw.sformCode, qformCode: raw.qformCode, units: geometry.units,
            description: raw.description, isPacked: file.isPacked, notes: file.notes + geometry.notes)
        if raw.bitpix != type.bytes * 8 {
            header.notes.append("the header counts \(raw.bitpix) bits a voxel; \(type) has \(type.bytes * 8)")
        }
        scale(&header, raw)
        header.secondsPerFrame = secondsPerFrame(raw)
        return header
    }

    private func size(_ raw: NIfTIHeader, _ path: String) throws(ImagingError) -> [Int] {
        guard (1...7).contains(raw.dim[0]) else {
            throw .malformed(path: path, expected: "1 to 7 axes", found: "\(raw.dim[0])")
        }
        let size = Array(raw.dim[1...raw.dim[0]])
        guard size.allSatisfy({ $0 > 0 }) else {
            throw .malformed(path: path, expected: "axes of at least one voxel", found: "\(size)")
        }
        return size
    }

    private func scale(_ header: inout ImageHeader, _ raw: NIfTIHeader) {
        guard raw.slope != 0 else { return }  // the standard's way of saying: no scaling
        guard raw.slope.isFinite else {
            header.notes.append("the scaling's slope is \(raw.slope); the stored numbers were taken as they are")
            return
        }
        header.slope = raw.slope
        if raw.intercept.isFinite {
            header.intercept = raw.intercept
        } else {
            header.notes.append("the scaling's intercept is \(raw.intercept); 0 was taken")
        }
    }

    private func secondsPerFrame(_ raw: NIfTIHeader) -> Double? {
        let step = raw.pixdim[4]
        guard raw.dim[0] >= 4, raw.dim[4] > 1, step.isFinite, step > 0 else { return nil }
        return switch raw.units & 0x38 {
        case 8: step
        case 16: step / 1000
        case 24: step / 1_000_000
        default: nil
        }
    }

    private func offset(_ raw: NIfTIHeader, _ path: String) throws(ImagingError) -> Int {
        let least = raw.isPair ? 0 : raw.length + 4
        if raw.voxOffset == 0 { return least }
        guard let offset = Int(exactly: raw.voxOffset), offset >= least else {
            throw .malformed(
                path: path, expected: "voxels from byte \(least) on", found: "a vox_offset of \(raw.voxOffset)")
        }
        return offset
    }

    /// The other file of a pair, if `file` ends in `.from` or `.from.gz` and the other is there, packed or not.
    private static func partner(of file: URL, from ending: String, to other: String) -> URL? {
        let isPacked = file.pathExtension.lowercased() == "gz"
        let plain = isPacked ? file.deletingPathExtension() : file
        guard plain.pathExtension.lowercased() == ending else { return nil }
        let stem = plain.deletingPathExtension()
        let endings = isPacked ? ["\(other).gz", other] : [other, "\(other).gz"]
        return (endings + endings.map { $0.uppercased() })
            .map { stem.appendingPathExtension($0) }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }
}
