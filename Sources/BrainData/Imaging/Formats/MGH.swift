public import Foundation

/// FreeSurfer's volumes: `.mgh`, and `.mgz` packed with gzip.
///
/// A header of 284 big-endian bytes, the voxels, and a footer with the protocol, which is not read. The header gives directions,
/// spacing and the place of the middle, in RAS.
public struct MGH: VolumeFormat {
    public let name = "MGH"
    public let endings = [".mgh.gz", ".mgz", ".mgh"]

    private static let headerBytes = 284
    private static let types: [Int32: StoredType] = [0: .uint8, 1: .int32, 3: .float32, 4: .int16, 10: .uint16]

    public init() {}

    /// Version 1, axes of at least one voxel, and a known type: the format has no magic number.
    public func recognises(_ beginning: Data) -> Bool {
        guard beginning.count >= Self.headerBytes else { return false }
        let reader = ByteReader(beginning, path: "", order: .big)
        guard let fields = try? Fields(reader) else { return false }
        return fields.version == 1 && fields.size.allSatisfy { $0 > 0 } && Self.types[fields.type] != nil
    }

    public func open(_ file: FileBytes) throws(ImagingError) -> StoredImage {
        guard file.beginning.count >= Self.headerBytes else {
            throw .truncated(path: file.path, expected: Self.headerBytes, found: file.beginning.count)
        }
        let reader = ByteReader(file.beginning, path: file.path, order: .big)
        let fields = try Fields(reader)
        guard fields.version == 1 else {
            throw .malformed(path: file.path, expected: "version 1 of the MGH format", found: "\(fields.version)")
        }
        let size = fields.size.map(Int.init)
        guard let shape = ImageHeader.shape(size) else {
            throw .malformed(path: file.path, expected: "four axes of at least one voxel", found: "\(size)")
        }
        guard let type = Self.types[fields.type] else {
            throw .unsupported(path: file.path, what: "voxels of MGH's type \(fields.type)")
        }
        var notes = file.notes
        let affine = try affine(reader, size: shape.grid, isPlaced: fields.isPlaced, &notes)
        let header = ImageHeader(
            format: name, type: type, order: .big, size: size, grid: Grid(size: shape.grid, affine: affine),
            frames: shape.frames, isPacked: file.isPacked, notes: notes)
        var image = StoredImage(header: header, file: file, offset: Self.headerBytes)
        image.hasFooter = true
        return image
    }

    private struct Fields {
        let version, type: Int32
        let size: [Int32]
        /// Whether the header says where the voxels lie.
        let isPlaced: Bool

        init(_ reader: ByteReader) throws(ImagingError) {
            version = try reader.integer(at: 0)
            var size: [Int32] = []
            for n in 0..<4 { size.append(try reader.integer(at: 4 + 4 * n)) }
            self.size = size
            type = try reader.integer(at: 20)
            isPlaced = try reader.integer(at: 28, as: Int16.self) > 0
        }
    }

    private func affine(
        _ reader: ByteReader, size: SIMD3<Int>, isPlaced: Bool, _ notes: inout [String]
    ) throws(ImagingError) -> Affine {
        func vector(_ at: Int) throws(ImagingError) -> SIMD3<Double> {
            [
                Double(try reader.float32(at: at)), Double(try reader.float32(at: at + 4)),
                Double(try reader.float32(at: at + 8)),
            ]
        }
        // FreeSurfer's own: coronal slices of 1 mm that run to the left, down and to the front.
        var affine = Affine(i: [-1, 0, 0], j: [0, 0, -1], k: [0, 1, 0], origin: .zero)
        var centre = SIMD3<Double>.zero
        if isPlaced {
            let spacing = try vector(30)
            let read = Affine(
                i: try vector(42) * spacing.x, j: try vector(54) * spacing.y, k: try vector(66) * spacing.z,
                origin: .zero)
            centre = try vector(78)
            if read.placesVoxels, (centre * 0) == .zero {
                affine = read
            } else {
                centre = .zero
                notes.append("the directions are singular or not finite; FreeSurfer's usual ones and 1 mm were assumed")
            }
        } else {
            notes.append(
                "the header does not say where the voxels lie; FreeSurfer's usual directions and 1 mm were assumed")
        }
        // The middle is the voxel half the size along, not the middle of the field of view.
        affine.origin = centre - affine(SIMD3<Double>(size) / 2)
        return affine
    }
}
