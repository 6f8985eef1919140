import BrainData
import BrainModels
import Foundation

/// What a run on slices is given: pictures, the items of a folder of several views, or whole scans.
struct SliceSource {
    struct Item {
        let name: String
        /// One picture a view, or one scan.
        let files: [URL]
        let isScan: Bool
    }

    let items: [Item]
    private let contract: SliceInput.Contract
    private let extractor = Lazy { try ModelStore.extractor(.processor) }

    /// - Parameter contract: of the network, with what is known of whether it saw heads or brains alone.
    init(_ path: String, _ contract: SliceInput.Contract) throws {
        self.contract = contract
        let source = URL(fileURLWithPath: path)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: source.path, isDirectory: &isFolder) else {
            throw ImagingError.missing(path: source.path)
        }
        let scans = try isFolder.boolValue || !PictureFile.isNamed(path) ? ImageFile.files(in: source) : []
        guard scans.isEmpty else {
            items = scans.map { Item(name: $0.lastPathComponent, files: [$0], isScan: true) }
            return
        }
        items =
            contract.views.count == 1
            ? try Self.pictures(source, isFolder: isFolder.boolValue) : try Self.views(source, contract)
    }

    private static func pictures(_ source: URL, isFolder: Bool) throws -> [Item] {
        guard isFolder else { return [Item(name: source.lastPathComponent, files: [source], isScan: false)] }
        let names = FileManager.default.enumerator(atPath: source.path)?.compactMap { $0 as? String } ?? []
        let pictures = names.filter(PictureFile.isNamed).sorted()
        guard !pictures.isEmpty else {
            throw Failure(.missing, "expected pictures or scans in \(source.path), found none")
        }
        return pictures.map { Item(name: $0, files: [source.appendingPathComponent($0)], isScan: false) }
    }

    private static func views(_ source: URL, _ contract: SliceInput.Contract) throws -> [Item] {
        let collection = try SliceCollection(folder: source)
        guard collection.views == contract.views else {
            throw ImagingError.layout("expected the views \(contract.views.joined(separator: ", "))")
        }
        return collection.items.map { Item(name: $0.subject, files: $0.files, isScan: false) }
    }

    /// What the network sees of an item.
    func values(of item: Item) throws -> [Float] {
        guard item.isScan, let file = item.files.first else {
            var pictures: [Picture] = []
            for file in item.files { pictures.append(try PictureFile.read(file)) }
            return try SliceInput.values(pictures, contract)
        }
        let scan = try ImageFile.read(file).frame(0).finite().volume
        // Where only the place of the planes hangs on the brain, its surface is enough.
        let brain =
            try contract.isExtracted == true
            ? extractor.value()?.brain(in: scan).mask ?? BrainMask.estimate(scan) : BrainMask.estimate(scan)
        return try SliceInput.values(slices: ScanSlices.cut(scan, brain: brain, contract), contract)
    }
}
