public import Foundation

/// Finds the cases of tumour data sets in the layouts that people have them in. Files are listed, never opened (but for
/// `dataset.json` of a decathlon folder).
public enum TumourDataset {
    /// How deep a folder of case folders may be nested: a release's folder, its grades (HGG, LGG), a case.
    private static let depth = 3

    /// The cases at a path: a case folder, a folder of such folders, a decathlon folder (`imagesTr`, `labelsTr`), a BIDS
    /// data set, a BIDS subject, or a four-contrast file of the decathlon.
    ///
    /// Any subset of the contrasts will do. Names are compared without case.
    ///
    /// - Returns: at least one case, in order of their names, no name twice.
    /// - Throws: ``ImagingError/missing(path:)``, or ``ImagingError/layout(_:)`` where no case is found, a case has no image,
    ///   or two cases have one name.
    public static func cases(in url: URL) throws(ImagingError) -> [TumourCase] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw .missing(path: url.path)
        }
        guard isFolder.boolValue else { return [try DecathlonFolder.singleFile(url)] }
        let folder = try Folder(url)
        let cases: [TumourCase]
        if let decathlon = DecathlonFolder(folder) {
            cases = try decathlon.cases()
        } else if let dataset = BIDSFolder(folder) {
            cases = try dataset.cases()
        } else {
            cases = try found(in: folder, depth: depth)
        }
        guard !cases.isEmpty else { throw .layout("found no case in \(url.path): \(lookedFor)") }
        let sorted = cases.sorted { $0.name < $1.name }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.name == next.name {
            throw .layout("two cases in \(url.path) are called \(one.name); give them folders with different names")
        }
        return sorted
    }

    static let lookedFor =
        "expected images whose names end in "
        + Contrast.allCases.map { $0.tokens.prefix(3).joined(separator: "/") }.joined(separator: ", ")
        + " (.nii, .nii.gz, .nrrd …), a folder of such folders, imagesTr with four-contrast files, or BIDS (sub-*/anat)"

    private static func found(in folder: Folder, depth: Int) throws(ImagingError) -> [TumourCase] {
        let here = try ContrastFolder(folder).cases()
        guard here.isEmpty, depth > 0 else { return here }
        var cases: [TumourCase] = []
        for url in folder.folders { cases += try found(in: Folder(url), depth: depth - 1) }
        return cases
    }
}

/// What lies in a folder, in order of the names, without hidden entries.
struct Folder {
    let url: URL
    let folders: [URL]
    let files: [URL]

    init(_ url: URL) throws(ImagingError) {
        let entries: [URL]
        do {
            // By path, which follows a link to a folder; by URL it would not.
            entries = try FileManager.default.contentsOfDirectory(atPath: url.path)
                .filter { !$0.hasPrefix(".") }.map(url.appendingPathComponent)
        } catch {
            throw .unreadable(path: url.path, why: "the folder cannot be listed")
        }
        var (folders, files): ([URL], [URL]) = ([], [])
        for entry in entries.sorted(by: { $0.lastPathComponent < $1.lastPathComponent }) {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: entry.path, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue { folders.append(entry) } else { files.append(entry) }
        }
        (self.url, self.folders, self.files) = (url, folders, files)
    }

    /// The folder of a name inside this one, without case.
    func folder(_ name: String) -> URL? { folders.first { $0.lastPathComponent.lowercased() == name.lowercased() } }

    /// Images among the files.
    var images: [ImageName] { files.compactMap(ImageName.init) }
}

/// A folder whose files are named by case and contrast, as BraTS does: usually one case, or several side by side.
struct ContrastFolder {
    let folder: Folder

    init(_ folder: Folder) { self.folder = folder }

    private static let labelTokens = ["seg", "label", "labels", "segmentation"]

    func cases() throws(ImagingError) -> [TumourCase] {
        var images: [String: [Contrast: ImageReference]] = [:]
        var labels: [String: URL] = [:]
        var others: [ImageName] = []
        for image in folder.images {
            let name = image.caseName.isEmpty ? folder.url.lastPathComponent : image.caseName
            if let contrast = Contrast(token: image.token) {
                if let first = images[name]?[contrast] {
                    throw .layout(
                        "two files are the \(contrast.displayName) of \(name): \(first.file.lastPathComponent) and "
                            + image.url.lastPathComponent)
                }
                images[name, default: [:]][contrast] = ImageReference(file: image.url)
            } else if Self.labelTokens.contains(image.token.lowercased()) {
                if let first = labels[name] {
                    throw .layout(
                        "two files are the segmentation of \(name): \(first.lastPathComponent) and "
                            + image.url.lastPathComponent)
                }
                labels[name] = image.url
            } else {
                others.append(image)
            }
        }
        try check(labels, have: images)
        mend(&labels, of: images, from: others)
        return images.map { TumourCase(name: $0.key, images: $0.value, labels: labels[$0.key]) }
    }

    /// A segmentation beside no image is a case whose images are missing or named in an unknown way.
    private func check(
        _ labels: [String: URL], have images: [String: [Contrast: ImageReference]]
    ) throws(ImagingError) {
        guard images.isEmpty, let (name, _) = labels.min(by: { $0.key < $1.key }) else { return }
        throw .layout("case \(name) in \(folder.url.path) has a segmentation and no image: \(TumourDataset.lookedFor)")
    }

    /// Case 355 of BraTS 2020 has its segmentation under the name `W39_1998.09.19_Segm.nii`. So where a folder holds one
    /// case without labels and one more file with “seg” in its name, that file is its label map.
    private func mend(
        _ labels: inout [String: URL], of images: [String: [Contrast: ImageReference]], from others: [ImageName]
    ) {
        guard images.count == 1, let name = images.keys.first, labels[name] == nil else { return }
        let segmentations = others.filter { $0.stem.lowercased().contains("seg") }.map(\.url) + labels.values
        if segmentations.count == 1 { labels = [name: segmentations[0]] }
    }
}
