public import Foundation

/// A kind of image file. ``ImageFile`` asks each format in turn; a new one is a conforming type and a line in its list.
public protocol VolumeFormat: Sendable {
    /// What people call it.
    var name: String { get }
    /// How its files' names end, with the dot, the longest first.
    var endings: [String] { get }

    /// The file that holds the header of the image that `file` belongs to: itself but for formats of several files.
    func headerFile(for file: URL) -> URL
    /// Whether a file with these first bytes is of the format.
    func recognises(_ beginning: Data) -> Bool
    /// Reads the header, mends or refuses what is odd, and says where the voxels are.
    func open(_ file: FileBytes) throws(ImagingError) -> StoredImage
}

extension VolumeFormat {
    public func headerFile(for file: URL) -> URL { file }
}

/// A format that can be written as well.
public protocol WritableVolumeFormat: VolumeFormat {
    /// The files that make up the image, in the order in which they are to be written.
    func files(
        for voxels: EncodedVoxels, grid: Grid, frames: Int, description: String, at url: URL
    ) throws(ImagingError) -> [(url: URL, bytes: Data)]
}

/// An image that was opened: its header, and where its voxels are.
public struct StoredImage: Sendable {
    /// How the voxels are laid down.
    public enum Encoding: Sendable { case raw, gzip, zlib, text }

    public var header: ImageHeader
    /// The file that holds the voxels.
    var file: FileBytes
    /// Where the voxels start: in the content of the file, or, where `encoding` is packed, in the file itself.
    var offset: Int
    var encoding: Encoding = .raw
    /// Whether more than voxels is in the file by right.
    var hasFooter = false
    /// Bytes to skip after unpacking.
    var skip = 0
    /// Bytes of the packed stream; nil when it goes on to the end of the file.
    var packedCount: Int?
    /// The place of the axis of frames among the stored axes; 3 is behind the spatial ones.
    var frameAxis = 3
}
