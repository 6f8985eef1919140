public import Foundation

/// Displacement fields as ITK, ANTs and 3D Slicer exchange them: a NIfTI image of five axes, the fifth being the three components of
/// each vector, in millimetres along left, posterior and superior, with the intent "vector".
public enum FieldFile {
    /// - Throws: ``ImagingError/unwritable(path:why:)``, also for a name that does not end in `.nii` or `.nii.gz`.
    public static func write(_ field: DisplacementField, to file: URL) throws(ImagingError) {
        let name = file.lastPathComponent.lowercased()
        guard name.hasSuffix(".nii") || name.hasSuffix(".nii.gz") else {
            throw .unwritable(path: file.path, why: "a displacement field is written as .nii or .nii.gz")
        }
        var planes = [Float](repeating: 0, count: 3 * field.vectors.count)
        for (n, vector) in field.vectors.enumerated() {
            planes[n] = -vector.x
            planes[n + field.vectors.count] = -vector.y
            planes[n + 2 * field.vectors.count] = vector.z
        }
        let voxels = try EncodedVoxels(planes, as: .float32, path: file.path)
        let files = try NIfTI().files(
            for: voxels, grid: field.grid, frames: 3, description: "displacements in mm, LPS", areVectors: true,
            at: file)
        for (url, bytes) in files { try AtomicFile.write(bytes, to: url) }
    }

    /// Reads a field of any tool that follows ITK.
    ///
    /// - Throws: ``ImagingError`` where the file is damaged or holds no vectors of three components.
    public static func read(_ file: URL, limit: Int = .max) throws(ImagingError) -> DisplacementField {
        let header = try ImageFile.header(of: file)
        guard header.frames == 3, header.size.count == 5, header.size[3] == 1 else {
            let size = header.size.map(String.init).joined(separator: " × ")
            throw .unsupported(
                path: file.path, what: "a displacement field has the axes x × y × z × 1 × 3, and this file has \(size)")
        }
        let volume = try ImageFile.read(file, limit: limit)
        let count = volume.grid.count
        let vectors = (0..<count).map { n in
            SIMD3(-volume.voxels[n], -volume.voxels[n + count], volume.voxels[n + 2 * count])
        }
        guard vectors.allSatisfy({ ($0 * 0) == .zero }) else {
            throw .unsupported(path: file.path, what: "it holds displacements that are infinite or no numbers")
        }
        return DisplacementField(grid: volume.grid, vectors: vectors)
    }
}
