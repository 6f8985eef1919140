internal import Foundation

/// A BIDS data set, or one subject of it: `sub-*/[ses-*/]anat/*_{T1w,T2w,FLAIR}` with a `ce-*` entity for T1 after contrast.
struct BIDSFolder {
    private let subjects: [URL]
    private let root: URL

    /// Nil where the folder neither is a subject nor holds one.
    init?(_ folder: Folder) {
        root = folder.url
        let isSubject = folder.url.lastPathComponent.lowercased().hasPrefix("sub-")
        if isSubject, folder.folder("anat") != nil || folder.folders.contains(where: Self.isSession) {
            subjects = [folder.url]
        } else {
            subjects = folder.folders.filter { subject in
                guard subject.lastPathComponent.lowercased().hasPrefix("sub-"), let inside = try? Folder(subject) else {
                    return false
                }
                return inside.folder("anat") != nil || inside.folders.contains(where: Self.isSession)
            }
        }
        if subjects.isEmpty { return nil }
    }

    func cases() throws(ImagingError) -> [TumourCase] {
        var cases: [TumourCase] = []
        for url in subjects {
            let subject = try Folder(url)
            var places = [url]
            places += subject.folders.filter(Self.isSession)
            for place in places {
                guard let anatomy = try Folder(place).folder("anat") else { continue }
                if let found = try Self.makeCase(Folder(anatomy)) { cases.append(found) }
            }
        }
        guard !cases.isEmpty else {
            throw .layout(
                "the BIDS data set \(root.path) has no sub-*/[ses-*/]anat/*_{T1w,T2w,FLAIR} image; a contrast-enhanced T1 "
                    + "carries a ce- entity")
        }
        return cases
    }

    private static func isSession(_ url: URL) -> Bool { url.lastPathComponent.lowercased().hasPrefix("ses-") }

    /// Of several runs or acquisitions of a contrast, the one with the fewest entities is taken, then the first by name.
    private static func makeCase(_ anatomy: Folder) throws(ImagingError) -> TumourCase? {
        var images: [Contrast: (file: URL, name: BIDSName)] = [:]
        var labels: (file: URL, name: BIDSName)?
        for image in anatomy.images {
            guard let name = BIDSName(image.url.lastPathComponent) else { continue }
            if let contrast = contrast(of: name) {
                if let rival = images[contrast], rival.name.entities.count <= name.entities.count { continue }
                images[contrast] = (image.url, name)
            } else if name.suffix.lowercased() == "dseg" {
                if let rival = labels, rival.name.entities.count <= name.entities.count { continue }
                labels = (image.url, name)
            }
        }
        guard let any = images.values.map(\.name).min(by: { $0.fileName < $1.fileName }) else { return nil }
        return TumourCase(
            name: any.caseName, images: images.mapValues { ImageReference(file: $0.file) }, labels: labels?.file,
            edition: .bids, subject: "sub-\(any.subject)")
    }

    private static func contrast(of name: BIDSName) -> Contrast? {
        switch name.suffix.lowercased() {
        case "t1w": name.entities["ce"] == nil ? .t1 : .t1ce
        case "t2w" where name.entities["ce"] == nil: .t2
        case "flair" where name.entities["ce"] == nil: .flair
        default: nil
        }
    }
}
