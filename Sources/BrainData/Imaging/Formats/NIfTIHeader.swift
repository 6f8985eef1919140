import Foundation

/// The fields of a NIfTI-1 or NIfTI-2 header that bear on the image, as stored and not yet judged.
///
/// NIfTI-1: Cox et al., *A (sort of) new image data format standard: NIfTI-1*, 2004; NIfTI-2: the working group's
/// header of 540 bytes, 2011.
struct NIfTIHeader {
    var version = 1
    var order = ByteOrder.little
    /// Whether the voxels are in an `.img` file of their own.
    var isPair = false
    /// The number of axes and the length of each.
    var dim = [Int](repeating: 0, count: 8)
    var datatype = 0
    var bitpix = 0
    /// The handedness of the qform and the step along each axis.
    var pixdim = [Double](repeating: 0, count: 8)
    var voxOffset = 0.0
    var slope = 0.0
    var intercept = 0.0
    var units = 0
    var description = ""
    /// What a voxel's numbers mean, where they are no scan.
    var intent = Intent.none
    var qformCode = 0
    var sformCode = 0
    /// b, c and d of the unit quaternion, then the offset in millimetres.
    var quaternion = SIMD3<Double>()
    var qoffset = SIMD3<Double>()
    /// The rows of the affine.
    var srow = [SIMD4<Double>](repeating: .zero, count: 3)

    enum Intent: Int {
        case none = 0
        /// Along the fifth axis lie the components of a vector.
        case vector = 1007
    }

    /// The bytes of a header.
    var length: Int { version == 1 ? 348 : 540 }

    init() {}

    /// Whether bytes start as a NIfTI or Analyze header does: with its own length, in either byte order.
    static func version(_ beginning: Data) -> (Int, ByteOrder)? {
        let reader = ByteReader(beginning.prefix(4), path: "")
        guard let length: UInt32 = try? reader.integer(at: 0) else { return nil }
        switch length {
        case 348: return (1, .little)
        case 540: return (2, .little)
        case UInt32(348).byteSwapped: return (1, .big)
        case UInt32(540).byteSwapped: return (2, .big)
        default: return nil
        }
    }

    /// Takes the fields from the first bytes of a file.
    init(_ beginning: Data, path: String) throws(ImagingError) {
        guard let (version, order) = Self.version(beginning) else {
            let found = beginning.prefix(4).map { String($0) }.joined(separator: " ")
            throw .malformed(
                path: path, expected: "a NIfTI header, which starts with 348 or 540", found: "bytes \(found)")
        }
        (self.version, self.order) = (version, order)
        guard beginning.count >= length else {
            throw .truncated(path: path, expected: length, found: beginning.count)
        }
        let reader = ByteReader(beginning, path: path, order: order)
        try readMagic(reader)
        if version == 1 { try readFirst(reader) } else { try readSecond(reader) }
    }

    private mutating func readMagic(_ reader: ByteReader) throws(ImagingError) {
        let magic = try reader.text(at: version == 1 ? 344 : 4, count: 4)
        switch (magic, version) {
        case ("n+1", 1), ("n+2", 2): isPair = false
        case ("ni1", 1), ("ni2", 2): isPair = true
        case ("", 1):
            throw .unsupported(
                path: reader.path, what: "Analyze 7.5 does not say which side is left; convert it to NIfTI first")
        default:
            throw .malformed(path: reader.path, expected: "the magic n+\(version) or ni\(version)", found: "“\(magic)”")
        }
    }

    private mutating func readFirst(_ reader: ByteReader) throws(ImagingError) {
        for n in 0..<8 {
            dim[n] = Int(try reader.integer(at: 40 + 2 * n, as: Int16.self))
            pixdim[n] = Double(try reader.float32(at: 76 + 4 * n))
        }
        datatype = Int(try reader.integer(at: 70, as: Int16.self))
        bitpix = Int(try reader.integer(at: 72, as: Int16.self))
        voxOffset = Double(try reader.float32(at: 108))
        slope = Double(try reader.float32(at: 112))
        intercept = Double(try reader.float32(at: 116))
        units = Int(try reader.integer(at: 123, as: UInt8.self))
        description = try reader.text(at: 148, count: 80)
        qformCode = Int(try reader.integer(at: 252, as: Int16.self))
        sformCode = Int(try reader.integer(at: 254, as: Int16.self))
        for n in 0..<3 {
            quaternion[n] = Double(try reader.float32(at: 256 + 4 * n))
            qoffset[n] = Double(try reader.float32(at: 268 + 4 * n))
            for m in 0..<4 { srow[n][m] = Double(try reader.float32(at: 280 + 16 * n + 4 * m)) }
        }
    }

    private mutating func readSecond(_ reader: ByteReader) throws(ImagingError) {
        for n in 0..<8 {
            dim[n] = Int(try reader.integer(at: 16 + 8 * n, as: Int64.self))
            pixdim[n] = try reader.float64(at: 104 + 8 * n)
        }
        datatype = Int(try reader.integer(at: 12, as: Int16.self))
        bitpix = Int(try reader.integer(at: 14, as: Int16.self))
        voxOffset = Double(try reader.integer(at: 168, as: Int64.self))
        slope = try reader.float64(at: 176)
        intercept = try reader.float64(at: 184)
        description = try reader.text(at: 240, count: 80)
        qformCode = Int(try reader.integer(at: 344, as: Int32.self))
        sformCode = Int(try reader.integer(at: 348, as: Int32.self))
        for n in 0..<3 {
            quaternion[n] = try reader.float64(at: 352 + 8 * n)
            qoffset[n] = try reader.float64(at: 376 + 8 * n)
            for m in 0..<4 { srow[n][m] = try reader.float64(at: 400 + 32 * n + 8 * m) }
        }
        units = Int(try reader.integer(at: 500, as: Int32.self))
    }

    /// The header's bytes, little-endian, zero wherever nothing is said.
    var bytes: Data { version == 1 ? first : second }

    private var first: Data {
        var out = ByteWriter(count: 348)
        out.put(Int32(348), at: 0)
        out.put(UInt8(ascii: "r"), at: 38)  // "regular", which Analyze readers ask for
        for n in 0..<8 {
            out.put(Int16(clamping: dim[n]), at: 40 + 2 * n)
            out.put(Float(pixdim[n]), at: 76 + 4 * n)
        }
        out.put(Int16(clamping: intent.rawValue), at: 68)
        out.put(Int16(clamping: datatype), at: 70)
        out.put(Int16(clamping: bitpix), at: 72)
        out.put(Float(voxOffset), at: 108)
        out.put(Float(slope), at: 112)
        out.put(Float(intercept), at: 116)
        out.put(UInt8(truncatingIfNeeded: units), at: 123)
        out.put(description, at: 148, count: 80)
        out.put(Int16(clamping: qformCode), at: 252)
        out.put(Int16(clamping: sformCode), at: 254)
        for n in 0..<3 {
            out.put(Float(quaternion[n]), at: 256 + 4 * n)
            out.put(Float(qoffset[n]), at: 268 + 4 * n)
            for m in 0..<4 { out.put(Float(srow[n][m]), at: 280 + 16 * n + 4 * m) }
        }
        out.put(isPair ? "ni1" : "n+1", at: 344, count: 4)
        return out.bytes
    }

    private var second: Data {
        var out = ByteWriter(count: 540)
        out.put(Int32(540), at: 0)
        out.put(isPair ? "ni2" : "n+2", at: 4, count: 4)
        for (n, byte) in [0x0D, 0x0A, 0x1A, 0x0A].enumerated() { out.put(UInt8(byte), at: 8 + n) }
        out.put(Int16(clamping: datatype), at: 12)
        out.put(Int16(clamping: bitpix), at: 14)
        for n in 0..<8 {
            out.put(Int64(dim[n]), at: 16 + 8 * n)
            out.put(pixdim[n], at: 104 + 8 * n)
        }
        out.put(Int64(voxOffset), at: 168)
        out.put(slope, at: 176)
        out.put(intercept, at: 184)
        out.put(description, at: 240, count: 80)
        out.put(Int32(clamping: qformCode), at: 344)
        out.put(Int32(clamping: sformCode), at: 348)
        for n in 0..<3 {
            out.put(quaternion[n], at: 352 + 8 * n)
            out.put(qoffset[n], at: 376 + 8 * n)
            for m in 0..<4 { out.put(srow[n][m], at: 400 + 32 * n + 8 * m) }
        }
        out.put(Int32(clamping: units), at: 500)
        out.put(Int32(clamping: intent.rawValue), at: 504)
        return out.bytes
    }
}
