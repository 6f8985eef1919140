extension LabelMap {
    /// The regions that the labels make up, one mask each.
    ///
    /// - Parameters:
    ///   - scheme: says which tissue a number is.
    ///   - path: where the map came from, for the error.
    /// - Throws: ``ImagingError/unknownLabels(path:found:known:scheme:)`` where the map holds any other number.
    public func masks(
        for scheme: LabelScheme, path: String = "the label map"
    ) throws(ImagingError) -> [TumourRegion: Mask] {
        try check(against: scheme, path: path)
        var masks: [TumourRegion: Mask] = [:]
        for (region, numbers) in scheme.regions {
            var inside = [Bool](repeating: false, count: Int(UInt16.max) + 1)
            for number in numbers { inside[Int(number)] = true }
            masks[region] = Mask(grid: grid, voxels: voxels.map { inside[Int($0)] })
        }
        return masks
    }

    /// The same tissues under the numbers of another scheme.
    ///
    /// - Throws: ``ImagingError/unknownLabels(path:found:known:scheme:)`` where the map holds a number that `scheme` lacks.
    public func converted(
        from scheme: LabelScheme, to other: LabelScheme, path: String = "the label map"
    ) throws(ImagingError) -> LabelMap {
        try check(against: scheme, path: path)
        var table = [UInt16](repeating: 0, count: Int(UInt16.max) + 1)
        for label in scheme.labels { table[Int(label.number)] = other.number(of: label.tissue) }
        return LabelMap(grid: grid, voxels: voxels.map { table[Int($0)] })
    }

    /// One label map from three nested regions: the whole tumour becomes oedema, the core inside it overwrites it, and the
    /// enhancing tumour overwrites both.
    ///
    /// The order of She et al., *EoFormer*, MICCAI 2023 (test script). A region that is missing counts as empty.
    ///
    /// - Throws: ``ImagingError/geometry(_:)`` where the masks lie on different grids, or none is given.
    public init(composing regions: [TumourRegion: Mask], scheme: LabelScheme) throws(ImagingError) {
        guard let grid = regions.values.first?.grid else { throw .geometry("expected masks of regions, found none") }
        var voxels = [UInt16](repeating: 0, count: grid.count)
        for (region, tissue) in [(TumourRegion.wt, TumourTissue.oedema), (.tc, .core), (.et, .enhancing)] {
            guard let mask = regions[region] else { continue }
            guard mask.grid.size == grid.size else {
                throw .geometry("expected all regions on a grid of \(grid.size), found \(mask.grid.size)")
            }
            let number = scheme.number(of: tissue)
            for index in voxels.indices where mask.voxels[index] { voxels[index] = number }
        }
        self.init(grid: grid, voxels: voxels)
    }

    private func check(against scheme: LabelScheme, path: String) throws(ImagingError) {
        let known = [0] + scheme.labels.map { Int($0.number) }
        let unknown = labels.map { Int($0) }.filter { !known.contains($0) }
        guard unknown.isEmpty else {
            throw .unknownLabels(path: path, found: unknown, known: known, scheme: scheme.name)
        }
    }
}
