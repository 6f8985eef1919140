public import BrainData
public import BrainModels
import Foundation

/// One labelled patient in memory, ready to cut patches from.
public struct PreparedCase: Sendable {
    public let name: String
    public let input: TumourInput
    /// The regions that a voxel belongs to: bit r for the network's r-th output.
    let regions: [UInt8]
    /// The voxels of any region, where patches of the foreground are centred.
    let foreground: [Int32]

    /// Reads and prepares a case.
    ///
    /// - Throws: ``ImagingError`` where a file is missing or damaged, there are no labels, or a label is unknown.
    public init(_ tumour: TumourCase, for contract: TumourInput.Contract) throws(ImagingError) {
        guard let file = tumour.labels else {
            throw .layout("expected an expert's label map for \(tumour.name), found none")
        }
        let images = try tumour.read()
        let labels = try ImageFile.readLabels(file)
        let scheme =
            if let known = tumour.scheme { known } else { try LabelScheme.guess(for: labels, named: tumour.name) }
        try self.init(
            name: tumour.name, images: images, labels: labels, scheme: scheme, path: file.path, for: contract)
    }

    /// Prepares a case that is in memory.
    ///
    /// - Parameters:
    ///   - path: where the labels came from, for errors.
    ///   - brain: the brain on the images' grid; found in the images if left out.
    init(
        name: String, images: [Contrast: Volume], labels: LabelMap, scheme: LabelScheme, path: String? = nil,
        brain: Mask? = nil, for contract: TumourInput.Contract
    ) throws(ImagingError) {
        input = try TumourInput(images, brain: brain, for: contract)
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
        self.regions = regions
        foreground = regions.indices.filter { regions[$0] != 0 }.map(Int32.init)
        self.name = name
    }
}
