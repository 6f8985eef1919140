import BrainData
import Foundation

/// A brain, structure by structure: what synthetic pairs are made from.
struct BrainMap: Sendable {
    let name: String
    /// The map's grid, turned to RAS and cropped to the brain.
    let grid: Grid
    /// ``BrainStructure``'s number of each voxel.
    let voxels: [UInt8]
    /// From a common frame to voxels of the map. In the frame every brain lies alike: upright, its box around 0 and as long
    /// as ``box`` along each axis; lengths are millimetres.
    let fromFrame: Affine

    /// The sides of every brain's box in the common frame, those of an average adult's.
    static let box = SIMD3<Double>(140, 172, 140)
    private static let margin = 4

    /// - Parameters:
    ///   - labels: numbers of FreeSurfer's colour table, with or without those of the rest of the head.
    ///   - path: where the map came from; its last part without endings becomes the name.
    /// - Throws: ``ImagingError/unsupported(path:what:)`` as ``HeadMap`` does.
    init(_ labels: LabelMap, path: String) throws(ImagingError) {
        let head = try HeadMap(labels, path: path)
        let turned = labels.reoriented(to: .ras)
        let inside = Mask(grid: head.grid, voxels: head.voxels.map { $0 & HeadMap.brainBit != 0 })
        guard let box = inside.box?.expanded(by: Self.margin).clamped(to: head.grid) else {
            throw .unsupported(path: path, what: "it has no brain")
        }
        let shift = turned.grid.affine.inverse?(head.grid.affine.origin) ?? .zero
        let start = SIMD3<Int>(shift.rounded(.toNearestOrAwayFromZero)) &+ box.lower
        let table = (0...UInt16.max).map { BrainStructure(freeSurfer: $0).rawValue }
        let outline = inside.cropped(to: box)
        let cropped = turned.cropped(to: Box(lower: start, upper: start &+ box.size))
        voxels = zip(cropped.voxels, outline.voxels).map { label, isInside in
            isInside ? max(table[Int(label)], label == 0 ? BrainStructure.fluid.rawValue : 0) : 0
        }
        grid = outline.grid
        name = Self.name(of: path)
        fromFrame = Self.frame(of: outline, turn: head.turn)
    }

    private static func frame(of outline: Mask, turn: Affine) -> Affine {
        let back = turn.inverse ?? turn
        var (lower, upper) = (SIMD3<Double>(repeating: .infinity), SIMD3<Double>(repeating: -.infinity))
        for n in outline.voxels.indices where outline.voxels[n] {
            let place = back(outline.grid.affine(SIMD3<Double>(outline.grid.voxel(at: n))))
            (lower, upper) = (pointwiseMin(lower, place), pointwiseMax(upper, place))
        }
        let stretch = (upper - lower) / box
        let toWorld = turn.after(Affine(spacing: stretch, origin: (lower + upper) / 2))
        return outline.grid.affine.inverse?.after(toWorld) ?? toWorld
    }

    /// A file's name without its folder and endings.
    static func name(of path: String) -> String { String((path.split(separator: "/").last ?? "").prefix { $0 != "." }) }
}
