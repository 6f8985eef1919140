public import Foundation

/// A brain scan with the anatomical labels that registration is judged by.
public struct LabelledScan: Sendable, Equatable {
    /// The subject, by the name that the data set gives to the scan.
    public let name: String
    public let image: URL
    /// Nil where nobody labelled the scan.
    public let labels: URL?
}

/// Finds the scans of data sets that registration learns from and is judged by. Files are listed, never opened.
public enum RegistrationDataset {
    /// How deep a folder of subjects may be nested.
    private static let depth = 2
    /// The files of a subject's folder in OASIS as prepared for Learn2Reg 2021: scan, and label maps by preference.
    private static let oasis = (image: "aligned_norm", labels: ["aligned_seg35", "aligned_seg4"])
    /// What follows a scan's name in the names of its label maps.
    private static let labelEndings = ["seg", "dseg", "aseg", "aparc+aseg", "synthseg", "labels", "label", "dlmuse"]

    /// The scans at a path: folders that hold `aligned_norm.nii.gz` beside `aligned_seg35.nii.gz` (OASIS of Learn2Reg 2021), or
    /// images beside label maps whose names go on with `_seg`, `_dseg`, `_labels` or the like (IXI as
    /// `IXI002-Guys-0828-T1.nii.gz`, or any others).
    ///
    /// TransMorph's IXI files are Python pickles, which can run programs when they are opened: they are not read.
    ///
    /// - Parameter contrast: of names that end in one, as those of IXI, only scans of this contrast count.
    /// - Returns: at least one scan, in order of the names, no name twice.
    /// - Throws: ``ImagingError/missing(path:)``, or ``ImagingError/layout(_:)`` where no scan is found or two have one name.
    public static func scans(in url: URL, contrast: Contrast = .t1) throws(ImagingError) -> [LabelledScan] {
        guard FileManager.default.fileExists(atPath: url.path) else { throw .missing(path: url.path) }
        let found = try scans(in: Folder(url), contrast, depth: depth).sorted { $0.name < $1.name }
        guard !found.isEmpty else { throw .layout("found no scan in \(url.path): \(lookedFor)") }
        for (one, next) in zip(found, found.dropFirst()) where one.name == next.name {
            throw .layout("two scans in \(url.path) are called \(one.name); give them folders with different names")
        }
        return found
    }

    private static let lookedFor =
        "expected folders with aligned_norm.nii.gz and aligned_seg35.nii.gz, or images such as IXI002-Guys-0828-T1.nii.gz beside "
        + "IXI002-Guys-0828-T1_seg.nii.gz (pickles of TransMorph are not read: convert them to NIfTI)"

    private static func scans(
        in folder: Folder, _ contrast: Contrast, depth: Int
    ) throws(ImagingError) -> [LabelledScan] {
        let images = folder.images
        if let norm = images.first(where: { $0.stem.lowercased() == oasis.image }) {
            let labels = oasis.labels.lazy.compactMap { name in images.first { $0.stem.lowercased() == name } }.first
            return [LabelledScan(name: folder.url.lastPathComponent, image: norm.url, labels: labels?.url)]
        }
        let labelMaps = images.filter { scanStem(of: $0.stem) != nil }
        var scans = images.filter { scanStem(of: $0.stem) == nil && shows(contrast, $0.stem) }.map { image in
            let labels = labelMaps.first { scanStem(of: $0.stem) == image.stem.lowercased() }
            return LabelledScan(name: image.stem, image: image.url, labels: labels?.url)
        }
        guard depth > 0 else { return scans }
        for url in folder.folders { scans += try self.scans(in: Folder(url), contrast, depth: depth - 1) }
        return scans
    }

    /// The name, in small letters, of the scan that a label map of this name belongs to; nil for what is no label map.
    private static func scanStem(of stem: String) -> String? {
        let name = stem.lowercased()
        guard let ending = labelEndings.first(where: { name.hasSuffix("_" + $0) || name.hasSuffix("-" + $0) }) else {
            return nil
        }
        return String(name.dropLast(ending.count + 1))
    }

    /// Whether a name is of the contrast, or of none: IXI's names end in the contrast, after which others may say more.
    private static func shows(_ contrast: Contrast, _ stem: String) -> Bool {
        let parts = stem.lowercased().split(separator: "-")
        guard parts.count >= 4, parts[0].hasPrefix("ixi"), let last = parts.last else { return true }
        let token = last.prefix { $0.isLetter || $0.isNumber }
        return contrast.tokens.contains { $0 == token }
    }
}
