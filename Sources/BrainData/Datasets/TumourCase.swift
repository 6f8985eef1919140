public import Foundation

/// An image in a file: the whole file, or one frame of a series.
public struct ImageReference: Sendable, Hashable, Codable {
    public var file: URL
    /// Which frame of the file holds the image; 0 for an ordinary scan.
    public var frame: Int

    public init(file: URL, frame: Int = 0) { (self.file, self.frame) = (file, frame) }
}

/// The scans of one patient at one time, and the expert's label map where there is one. Nothing is read yet.
public struct TumourCase: Sendable, Equatable {
    /// What outputs are called after: `BraTS2021_00006`, `sub-01_ses-02`.
    public var name: String
    /// The patient; cases of one subject never stand on both sides of a split.
    public var subject: String
    /// The data set whose naming the files follow, or nil for names of no known set.
    public var edition: TumourEdition?
    /// The contrasts that are there; at least one.
    public var images: [Contrast: ImageReference]
    /// The expert's label map.
    public var labels: URL?
    /// What its numbers mean, or nil where the names leave it open.
    public var scheme: LabelScheme?

    /// - Parameters:
    ///   - edition: found from the name if left out.
    ///   - subject: the edition's patient of this name if left out.
    ///   - scheme: the edition's if left out.
    public init(
        name: String, images: [Contrast: ImageReference], labels: URL? = nil, edition: TumourEdition? = nil,
        subject: String? = nil, scheme: LabelScheme? = nil
    ) {
        let edition = edition ?? TumourEdition(caseName: name)
        (self.name, self.images, self.labels, self.edition) = (name, images, labels, edition)
        self.subject = subject ?? edition?.subject(of: name) ?? name
        self.scheme = scheme ?? edition?.scheme
    }

    /// The contrasts that are there, in a fixed order.
    public var contrasts: [Contrast] { Contrast.allCases.filter { images[$0] != nil } }
}

/// A file of a folder, by the parts of its name.
struct ImageName {
    let url: URL
    /// The name without its extension.
    let stem: String

    private static let extensions = [".nii.gz", ".nii", ".nrrd", ".nhdr", ".mgz", ".mgh", ".mha", ".mhd", ".hdr"]

    /// Nil where the file is hidden or its extension is of no image.
    init?(_ url: URL) {
        let name = url.lastPathComponent
        guard !name.hasPrefix("."), let ending = Self.extensions.first(where: { name.lowercased().hasSuffix($0) })
        else {
            return nil
        }
        (self.url, stem) = (url, String(name.dropLast(ending.count)))
    }

    /// What stands after the last `_` or `-`: `t1ce` of `BraTS2021_00006_t1ce`; the whole stem where there is neither.
    var token: Substring {
        guard let cut = stem.lastIndex(where: { $0 == "_" || $0 == "-" }) else { return stem[...] }
        return stem[stem.index(after: cut)...]
    }

    /// What stands before the token: the case that the file belongs to; empty where the name is the token alone.
    var caseName: String { String(stem.dropLast(token.count + (token.count < stem.count ? 1 : 0))) }
}
