public import BrainData
public import Foundation

/// A whole head, label by label: what synthetic cases are made from.
public struct HeadMap: Sendable {
    /// What the map is called in records.
    public let name: String
    /// The map's grid, turned to RAS and cropped to the head.
    let grid: Grid
    /// The tissue of each voxel as ``HeadTissue`` numbers it; ``brainBit`` is set inside the brain's outline.
    let voxels: [UInt8]
    /// The middle of the brain's box, in millimetres of the map's world.
    let centre: SIMD3<Double>
    /// From directions of a head that lies as in an atlas to those of the map.
    let turn: Affine

    static let brainBit: UInt8 = 0x80
    /// The gap between two folds of the brain that counts as inside it, and the rim of fluid around, in millimetres.
    private static let (gap, rim) = (10.0, 1.5)

    /// - Parameters:
    ///   - labels: numbers of FreeSurfer's colour table, with or without those of the rest of the head.
    ///   - path: where the map came from; its last part becomes the name.
    /// - Throws: ``ImagingError/unsupported(path:what:)`` for other numbers, and where none of them is of the brain.
    public init(_ labels: LabelMap, path: String) throws(ImagingError) {
        let table = (0...UInt16.max).map { HeadTissue(freeSurfer: $0) }
        let unknown = labels.labels.filter { table[Int($0)] == nil }
        guard unknown.isEmpty else {
            let numbers = unknown.prefix(8).map(String.init).joined(separator: ", ")
            throw .unsupported(path: path, what: "no tissue of a head has the label \(numbers) in FreeSurfer's table")
        }
        let turned = labels.reoriented(to: .ras)
        let tissues = turned.voxels.map { table[Int($0)] ?? .air }
        guard let head = Mask(grid: turned.grid, voxels: tissues.map { $0 != .air }).box,
            tissues.contains(where: \.isParenchyma)
        else {
            throw .unsupported(path: path, what: "it has no label of the brain, such as 2, 3, 41 and 42")
        }
        let outline = Self.outline(of: tissues, on: turned.grid)
        let marked = zip(Self.withDura(tissues, size: turned.grid.size), outline.voxels).map { tissue, inside in
            UInt16(tissue.rawValue | (inside ? Self.brainBit : 0))
        }
        let cropped = LabelMap(grid: turned.grid, voxels: marked).cropped(to: head)
        let cerebrum = Mask(grid: turned.grid, voxels: tissues.map { $0 == .whiteMatter || $0 == .cortex })
        turn = Pose.turn(of: cerebrum)
        name = String(path.split(separator: "/").last ?? "")
        (grid, voxels) = (cropped.grid, cropped.voxels.map(UInt8.init))
        let box = outline.box ?? head
        centre = turned.grid.affine(SIMD3<Double>(box.lower &+ box.upper &- 1) / 2)
    }

    /// Reads every label map of a folder, in order of the names; a single file will do.
    ///
    /// - Throws: ``ImagingError`` where there is none, one is damaged, or one is no map of a head.
    public static func maps(in url: URL) throws(ImagingError) -> [HeadMap] {
        let files = try ImageFile.files(in: url)
        guard !files.isEmpty else {
            throw .layout("expected label maps of heads (.nii, .nii.gz, .nrrd, .mha) in \(url.path), found none")
        }
        return try files.mappedConcurrently { (file) throws(ImagingError) in
            try HeadMap(ImageFile.readLabels(file), path: file.path)
        }
    }

    /// The brain as an extraction leaves it: its tissue, ventricles, and the fluid and vessels between its folds.
    private static func outline(of tissues: [HeadTissue], on grid: Grid) -> Mask {
        let brain = Mask(grid: grid, voxels: tissues.map(\.isBrain))
        guard let box = brain.box?.expanded(byMillimetres: gap + 2, in: grid) else { return brain }
        let filled = brain.cropped(to: box).closed(millimetres: gap).dilated(millimetres: rim).holesFilled()
        var outline = filled.placed(in: grid, at: box)
        for index in outline.voxels.indices where outline.voxels[index] {
            switch tissues[index] {
            case .fluid, .dura, .vein, .artery: break
            default: outline.voxels[index] = tissues[index].isBrain
            }
        }
        return outline
    }

    /// The outermost layer of the fluid, where it meets bone and soft tissue, is the dura.
    private static func withDura(_ tissues: [HeadTissue], size: SIMD3<Int>) -> [HeadTissue] {
        var result = tissues
        let steps = [1, size.x, size.x * size.y]
        for index in tissues.indices where tissues[index] == .fluid {
            let touches = steps.contains { step in
                [index - step, index + step].contains { near in
                    tissues.indices.contains(near) && [.compactBone, .spongyBone, .softTissue].contains(tissues[near])
                }
            }
            if touches { result[index] = .dura }
        }
        return result
    }
}
