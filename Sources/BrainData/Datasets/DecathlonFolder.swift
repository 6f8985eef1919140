internal import Foundation

/// Task01 of the Medical Segmentation Decathlon: `imagesTr` with one four-contrast file a case, `labelsTr` with a label
/// map of the same name, `imagesTs` without labels, `dataset.json` with the order of the contrasts.
///
/// Antonelli et al., *The Medical Segmentation Decathlon*, Nature Communications 13, 2022.
struct DecathlonFolder {
    let root: Folder

    /// Nil where the folder has no `imagesTr`.
    init?(_ folder: Folder) {
        guard folder.folder("imagesTr") != nil else { return nil }
        root = folder
    }

    /// FLAIR, T1w, T1gd, T2w: the order where `dataset.json` is absent.
    static let order: [Contrast] = [.flair, .t1, .t1ce, .t2]

    func cases() throws(ImagingError) -> [TumourCase] {
        guard let imagesURL = root.folder("imagesTr") else { return [] }
        let order = try Self.order(in: root)
        var labels: [String: URL] = [:]
        if let url = root.folder("labelsTr") {
            for image in try Folder(url).images { labels[image.stem] = image.url }
        }
        let images = try Folder(imagesURL).images
        return images.map { Self.makeCase($0, order: order, labels: labels[$0.stem]) }
    }

    /// The case in one file, with the order and the label map that lie around it where they do.
    static func singleFile(_ url: URL) throws(ImagingError) -> TumourCase {
        guard let image = ImageName(url), TumourEdition(caseName: image.stem) == .msd else {
            throw .layout(
                "\(url.path) is one file, and its name does not say which contrast it is; expected a folder, or a "
                    + "four-contrast file called BRATS_001.nii.gz")
        }
        let parent = url.deletingLastPathComponent().deletingLastPathComponent()
        guard let root = try? Folder(parent), let folder = DecathlonFolder(root) else {
            return makeCase(image, order: order, labels: nil)
        }
        let known = try folder.cases().first { $0.name == image.stem }
        let order = try order(in: root)
        return makeCase(image, order: order, labels: known?.labels)
    }

    private static func makeCase(_ image: ImageName, order: [Contrast], labels: URL?) -> TumourCase {
        var images: [Contrast: ImageReference] = [:]
        for (frame, contrast) in order.enumerated() { images[contrast] = ImageReference(file: image.url, frame: frame) }
        return TumourCase(name: image.stem, images: images, labels: labels, edition: .msd)
    }

    private struct Description: Decodable {
        let modality: [String: String]?
        let channels: [String: String]?

        enum CodingKeys: String, CodingKey {
            case modality
            case channels = "channel_names"
        }
    }

    private static func order(in root: Folder) throws(ImagingError) -> [Contrast] {
        guard let url = root.files.first(where: { $0.lastPathComponent.lowercased() == "dataset.json" }) else {
            return order
        }
        guard let data = try? Data(contentsOf: url) else { throw .unreadable(path: url.path, why: "no permission") }
        guard let description = try? JSONDecoder().decode(Description.self, from: data),
            let names = description.modality ?? description.channels
        else {
            throw .malformed(path: url.path, expected: "JSON with the contrasts under “modality”", found: "none")
        }
        var contrasts: [Contrast] = []
        for index in 0..<names.count {
            guard let name = names["\(index)"], let contrast = Contrast(token: name), !contrasts.contains(contrast)
            else {
                throw .malformed(
                    path: url.path, expected: "frame \(index) to be one of FLAIR, T1w, T1gd, T2w, each once",
                    found: names["\(index)"] ?? "none")
            }
            contrasts.append(contrast)
        }
        return contrasts
    }
}
