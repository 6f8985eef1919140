public import Foundation

extension NIfTI {
    public func files(
        for voxels: EncodedVoxels, grid: Grid, frames: Int, description: String, at url: URL
    ) throws(ImagingError) -> [(url: URL, bytes: Data)] {
        try files(for: voxels, grid: grid, frames: frames, description: description, areVectors: false, at: url)
    }

    /// The files of an image: NIfTI-1, or NIfTI-2 where an axis is longer than NIfTI-1 can say.
    ///
    /// - Parameter areVectors: whether the frames are the components of vectors, which lie along the fifth axis.
    func files(
        for voxels: EncodedVoxels, grid: Grid, frames: Int, description: String, areVectors: Bool, at url: URL
    ) throws(ImagingError) -> [(url: URL, bytes: Data)] {
        let name = url.lastPathComponent.lowercased()
        let isPacked = name.hasSuffix(".gz")
        let isPair = [".hdr", ".img", ".hdr.gz", ".img.gz"].contains { name.hasSuffix($0) }
        guard grid.affine.inverse != nil else {
            throw .unwritable(path: url.path, why: "its affine is singular, so that no place belongs to a voxel")
        }
        var header = header(for: voxels, grid: grid, frames: frames, description: description, isPair: isPair)
        if areVectors {
            (header.dim[0], header.dim[4], header.dim[5]) = (5, 1, frames)
            header.intent = .vector
        }
        guard isPair else {
            var bytes = header.bytes
            bytes.append(Data(count: 4))  // no extensions follow
            bytes.append(voxels.bytes)
            return [(url, try packed(bytes, isPacked, voxels.type, url))]
        }
        let stem = (isPacked ? url.deletingPathExtension() : url).deletingPathExtension()
        let parts = [("img", voxels.bytes), ("hdr", header.bytes + Data(count: 4))]
        return try parts.map { (ending, bytes) throws(ImagingError) in
            (stem.appendingPathExtension(isPacked ? "\(ending).gz" : ending), try packed(bytes, isPacked, voxels.type, url))
        }
    }

    private func header(
        for voxels: EncodedVoxels, grid: Grid, frames: Int, description: String, isPair: Bool
    ) -> NIfTIHeader {
        let size = [grid.size.x, grid.size.y, grid.size.z, frames]
        var header = NIfTIHeader()
        header.version = size.contains { $0 > Int(Int16.max) } ? 2 : 1
        header.isPair = isPair
        header.dim = [frames > 1 ? 4 : 3] + size + [1, 1, 1]
        header.pixdim = [Double](repeating: 1, count: 8)
        header.datatype = Self.types.first { $0.value == voxels.type }?.key ?? 0
        header.bitpix = voxels.type.bytes * 8
        header.voxOffset = isPair ? 0 : Double(header.length + 4)
        (header.slope, header.intercept) = (Double(voxels.slope), Double(voxels.intercept))
        header.units = 2
        header.description = description
        header.place(grid.affine)
        return header
    }

    private func packed(
        _ bytes: Data, _ isPacked: Bool, _ type: StoredType, _ url: URL
    ) throws(ImagingError) -> Data {
        guard isPacked else { return bytes }
        // The digits of measured numbers hardly pack, whatever the effort.
        guard let packed = Deflate.gzip(bytes, level: type.isFloatingPoint ? 1 : 5) else {
            throw .unwritable(path: url.path, why: "packing \(bytes.count) bytes took more memory than there is")
        }
        return packed
    }
}
