import BrainData
import Foundation
import NeuralNet
import Training

/// The files of one synthetic case, in the layout of BraTS 2021.
struct SyntheticFiles {
    /// How a case came about: the JSON beside it.
    struct Sidecar: Encodable {
        let software: String
        let name: String
        let seed: UInt64
        let seconds: Double
        let drawn: SyntheticHead.Record
    }

    private enum Content {
        case scan(Volume), labels(LabelMap)
    }

    /// The grid of BraTS: 240 × 240 × 155 voxels of 1 mm, i to the left and j to the back.
    private static let atlas = Grid(
        size: [240, 240, 155], affine: Affine(i: [-1, 0, 0], j: [0, -1, 0], k: [0, 0, 1], origin: [0, 239, 0]))

    let head: SyntheticHead
    let folder: URL

    init(_ head: SyntheticHead, in parent: URL) {
        self.head = head
        folder = parent.appendingPathComponent(Self.name(of: head))
    }

    var name: String { Self.name(of: head) }

    // The beginning tells readers of BraTS what the label numbers mean.
    private static func name(of head: SyntheticHead) -> String { "BraTS2021_\(head.name)" }

    /// Writes the contrasts, the tumour, the brain and the sidecar.
    func write(seed: UInt64, seconds: Double) throws -> Sidecar {
        _ = try OutputPath.folder(folder.path)
        let contents =
            head.images.map { ($0.key.rawValue, Content.scan($0.value)) }
            + [("seg", .labels(head.labels)), ("brain", .labels(brain))]
        _ = try contents.mappedConcurrently { (ending, content) throws(ImagingError) in
            let file = folder.appendingPathComponent("\(name)_\(ending).nii.gz")
            switch content {
            case .scan(let volume): try ImageFile.write(placed(volume), to: file, as: .int16)
            case .labels(let labels): try ImageFile.write(placed(labels), to: file)
            }
        }
        let sidecar = Sidecar(
            software: Version.text, name: name, seed: seed, seconds: seconds, drawn: head.record)
        let encoder = JSONEncoder.readable
        try AtomicFile.write(try encoder.encode(sidecar), to: folder.appendingPathComponent("\(name).json"))
        return sidecar
    }

    private var brain: LabelMap { LabelMap(head.brain) }

    /// A brain goes to the middle of BraTS's grid, where it fits; a head keeps the grid that it was made on.
    private var box: Box? {
        let size = head.brain.grid.size
        guard !head.record.wholeHead, all(size .<= Self.atlas.size) else { return nil }
        let lower = .zero &- (Self.atlas.size &- size) / 2
        return Box(lower: lower, upper: lower &+ Self.atlas.size)
    }

    private func placed(_ volume: Volume) -> Volume {
        // Whole numbers, as scanners store them; what is shown stays above 0.
        var whole = volume
        for n in whole.voxels.indices where whole.voxels[n] > 0 { whole.voxels[n] = max(1, whole.voxels[n].rounded()) }
        guard let box else { return whole }
        let turned = whole.cropped(to: box).reoriented(to: Self.atlas.orientation)
        return Volume(grid: Self.atlas, voxels: turned.voxels)
    }

    private func placed(_ labels: LabelMap) -> LabelMap {
        guard let box else { return labels }
        return LabelMap(grid: Self.atlas, voxels: labels.cropped(to: box).reoriented(to: Self.atlas.orientation).voxels)
    }
}
