public import Foundation

/// Reads and writes images of every known format.
public enum ImageFile {
    /// The formats, in the order in which they are asked.
    public static let formats: [any VolumeFormat] = [NIfTI(), NRRD(), MetaImage(), MGH()]

    /// What a file says of itself; only its beginning is read.
    public static func header(of file: URL) throws(ImagingError) -> ImageHeader {
        try open(file).header
    }

    /// Reads a scan or a series. Axes behind the third are taken together as frames.
    ///
    /// - Parameter limit: the most memory to take, in bytes, for the values and for the file's unpacked content.
    public static func read(_ file: URL, limit: Int = .max) throws(ImagingError) -> Volume {
        let image = try open(file)
        let header = image.header
        let count = header.grid.count * header.frames
        let stored = try image.voxels(limit: limit)
        let decoding = VoxelDecoding(
            type: stored.type, order: stored.order, slope: header.slope, intercept: header.intercept)
        let values = decoding.values(stored.bytes, count: count)
        var notes = header.notes + stored.notes
        if values.rounded > 0 {
            notes.append("\(values.rounded) of the \(header.type) values were rounded to single precision")
        }
        let odd = countNonFinite(values.voxels)
        if odd > 0 { notes.append("\(odd) voxels are infinite or no numbers") }
        let voxels = framesLast(values.voxels, image)
        return Volume(grid: header.grid, frames: header.frames, voxels: voxels, notes: notes)
    }

    /// Reads a label map: one frame of whole numbers from 0 to 65535.
    ///
    /// - Parameter limit: the most memory to take, in bytes.
    /// - Throws: ``ImagingError/unsupported(path:what:)`` for other values and for several frames.
    public static func readLabels(_ file: URL, limit: Int = .max) throws(ImagingError) -> LabelMap {
        let image = try open(file)
        let header = image.header
        guard header.frames == 1 else {
            throw .unsupported(path: file.path, what: "a label map has one frame, and this file holds \(header.frames)")
        }
        let stored = try image.voxels(limit: limit)
        let decoding = VoxelDecoding(
            type: stored.type, order: stored.order, slope: header.slope, intercept: header.intercept)
        let values = decoding.values(stored.bytes, count: header.grid.count).voxels
        // A scaled label comes back with the rounding of a slope in single precision.
        let tolerance: Float = header.slope == 1 && header.intercept == 0 ? 0 : 1e-3
        var wrong: Int?
        let labels = [UInt16](unsafeUninitializedCapacity: values.count) { target, filled in
            for n in 0..<values.count {
                let value = values[n]
                let isInRange = value >= -tolerance && value <= 65535 + tolerance
                let label = isInRange ? Int32(value + 0.5) : 0
                if !isInRange || abs(value - Float(label)) > tolerance, wrong == nil { wrong = n }
                target[n] = UInt16(truncatingIfNeeded: label)
            }
            filled = values.count
        }
        if let wrong {
            let size = header.grid.size
            let (i, j, k) = (wrong % size.x, wrong / size.x % size.y, wrong / size.x / size.y)
            let what = "labels are whole numbers from 0 to 65535, and voxel (\(i), \(j), \(k)) holds \(values[wrong])"
            throw .unsupported(path: file.path, what: what)
        }
        return LabelMap(grid: header.grid, voxels: labels)
    }

    static func open(_ file: URL) throws(ImagingError) -> StoredImage {
        let owner = formats.first { owns($0, file) }
        let bytes = try FileBytes(owner?.headerFile(for: file) ?? file)
        if let format = formats.first(where: { $0.recognises(bytes.beginning) }) ?? owner {
            return try format.open(bytes)
        }
        throw .unsupported(path: file.path, what: "it is none of \(formats.map(\.name).joined(separator: ", "))")
    }

    static func owns(_ format: any VolumeFormat, _ file: URL) -> Bool {
        format.endings.contains { file.lastPathComponent.lowercased().hasSuffix($0) }
    }

    /// Moves the axis of frames behind the spatial ones.
    private static func framesLast(_ voxels: [Float], _ image: StoredImage) -> [Float] {
        let (size, frames) = (image.header.grid.size, image.header.frames)
        guard image.frameAxis < 3, frames > 1 else { return voxels }
        let inner = [size.x, size.y, size.z].prefix(image.frameAxis).reduce(1, *)
        let (count, outer) = (image.header.grid.count, image.header.grid.count / inner)
        return [Float](unsafeUninitializedCapacity: voxels.count) { target, filled in
            voxels.withUnsafeBufferPointer { source in
                for block in 0..<outer {
                    for frame in 0..<frames {
                        let (to, from) = (frame * count + block * inner, inner * (frame + frames * block))
                        for n in 0..<inner { target[to + n] = source[from + n] }
                    }
                }
            }
            filled = voxels.count
        }
    }
}
