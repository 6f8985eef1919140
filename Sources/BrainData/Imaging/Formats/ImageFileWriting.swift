public import Foundation

extension ImageFile {
    /// Writes a scan or a series; the name's ending decides the format.
    ///
    /// Every file is written to a temporary name in the same folder, brought to the disk and renamed, so that it is
    /// there whole or not at all.
    ///
    /// - Parameters:
    ///   - type: how to store a voxel; an integer type scales values that it cannot hold as they are.
    ///   - description: at most 79 bytes; more is cut.
    /// - Throws: ``ImagingError/unwritable(path:why:)``.
    public static func write(
        _ volume: Volume, to file: URL, as type: StoredType = .float32, description: String = ""
    ) throws(ImagingError) {
        let format = try writable(file)
        let voxels = try EncodedVoxels(volume.voxels, as: type, path: file.path)
        try put(
            format.files(for: voxels, grid: volume.grid, frames: volume.frames, description: description, at: file))
    }

    /// Writes a label map in the smallest type that holds it.
    public static func write(_ labels: LabelMap, to file: URL, description: String = "") throws(ImagingError) {
        let format = try writable(file)
        try put(
            format.files(for: EncodedVoxels(labels), grid: labels.grid, frames: 1, description: description, at: file))
    }

    private static func writable(_ file: URL) throws(ImagingError) -> any WritableVolumeFormat {
        let known = formats.compactMap { $0 as? any WritableVolumeFormat }
        guard let format = known.first(where: { owns($0, file) }) else {
            let endings = known.flatMap(\.endings).joined(separator: ", ")
            throw .unwritable(path: file.path, why: "its name ends in none of \(endings)")
        }
        return format
    }

    private static func put(_ files: [(url: URL, bytes: Data)]) throws(ImagingError) {
        for (url, bytes) in files { try AtomicFile.write(bytes, to: url) }
    }
}
