public import BrainData
public import BrainModels
import Foundation

/// One labelled patient in memory, ready to cut patches from.
public struct PreparedCase: Sendable {
    public let name: String
    /// The prepared images, nil where a contrast is absent; i varies fastest.
    let channels: [[Float]?]
    /// What they show, on their grid: the brain, or all of a head's scan.
    let shown: Mask
    /// The regions that a voxel belongs to: bit r for the network's r-th output.
    let regions: [UInt8]
    /// The voxels of any region, where patches of the foreground are centred.
    let foreground: [Int32]

    var grid: Grid { shown.grid }

    /// Reads and prepares a case.
    ///
    /// - Parameter extractor: finds the brain where the skull was not taken off; a classical method does without it.
    /// - Throws: ``ImagingError`` where a file is missing or damaged, there are no labels, or a label is unknown.
    public init(
        _ tumour: TumourCase, for contract: TumourInput.Contract, extractor: BrainExtractor? = nil
    ) throws {
        guard let file = tumour.labels else {
            throw ImagingError.layout("expected an expert's label map for \(tumour.name), found none")
        }
        let images = try tumour.read()
        let labels = try ImageFile.readLabels(file)
        let scheme =
            if let known = tumour.scheme { known } else { try LabelScheme.guess(for: labels, named: tumour.name) }
        try self.init(
            name: tumour.name, images: images, labels: labels, scheme: scheme, path: file.path,
            brain: BrainExtractor.brain(in: images, contract.contrasts) { extractor }, for: contract)
    }

    /// Prepares a case that is in memory.
    ///
    /// - Parameters:
    ///   - path: where the labels came from, for errors.
    ///   - brain: the brain on the images' grid, and how it was found; found in the images if left out.
    init(
        name: String, images: [Contrast: Volume], labels: LabelMap, scheme: LabelScheme, path: String? = nil,
        brain: (mask: Mask, method: BrainExtractor.Method)? = nil, for contract: TumourInput.Contract
    ) throws(ImagingError) {
        let input = try TumourInput(images, brain: brain, for: contract)
        guard labels.grid.matches(input.source) else {
            throw .geometry("the labels of \(name) lie on another grid than its images")
        }
        let masks = try labels.masks(for: scheme, path: path ?? "the label map of \(name)")
        var regions = [UInt8](repeating: 0, count: input.grid.count)
        for (bit, region) in TumourSegmenter.outputs.enumerated() {
            guard let mask = masks[region] else { continue }
            let prepared = try input.prepared(mask)
            for n in regions.indices where prepared.voxels[n] { regions[n] |= 1 << UInt8(bit) }
        }
        self.init(name: name, channels: input.channels, shown: input.brain, regions: regions)
    }

    /// Prepares a scan of a head whose brain is to be found.
    ///
    /// - Parameters:
    ///   - brain: on the scan's grid.
    ///   - spacing: the side of the network's voxels in millimetres.
    init(name: String, scan: Volume, brain: Mask, spacing: Double) throws(ImagingError) {
        let input = try HeadInput(scan, spacing: spacing)
        let truth = try input.prepared(brain)
        let all = Mask(grid: input.grid, voxels: [Bool](repeating: true, count: input.grid.count))
        self.init(name: name, channels: [input.voxels], shown: all, regions: truth.voxels.map { $0 ? 1 : 0 })
    }

    private init(name: String, channels: [[Float]?], shown: Mask, regions: [UInt8]) {
        (self.name, self.channels, self.shown, self.regions) = (name, channels, shown, regions)
        foreground = regions.indices.filter { regions[$0] != 0 }.map(Int32.init)
    }
}
