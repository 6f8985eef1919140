public import BrainData

/// Pictures of a brain brought to what a network on slices reads: the head fills a square, with zero mean and unit variance.
public struct SliceInput: Sendable {
    /// What a network expects of its input.
    public struct Contract: Codable, Sendable, Equatable {
        /// Pixels along each side of the square.
        public var side = 128
        /// What the pictures show, in the order of the network's views.
        public var views = ["slice"]
        /// Whether the pictures show brains alone, cut out of their heads; nil where that is unknown.
        public var isExtracted: Bool?

        public init(side: Int = 128, views: [String] = ["slice"]) { (self.side, self.views) = (side, views) }
    }

    /// The share of the brightest pixels' value (99th percentile) from which on a pixel counts as head.
    private static let dark: Float = 0.08

    /// The numbers of one item, views one after the other, each `side` rows of `side` columns.
    ///
    /// Each picture is cropped to the box around what is not dark, padded to a square, and resampled with blur where it gets
    /// smaller.
    ///
    /// - Throws: ``ImagingError`` where there is another number of pictures, or one is black.
    public static func values(_ pictures: [Picture], _ contract: Contract) throws(ImagingError) -> [Float] {
        try values(slices: pictures.map(\.slice), contract)
    }

    /// The same of slices that were cut from a scan, see ``ScanSlices``.
    public static func values(slices: [Volume], _ contract: Contract) throws(ImagingError) -> [Float] {
        guard slices.count == contract.views.count else {
            throw .layout("expected \(contract.views.joined(separator: ", ")), found \(slices.count) pictures")
        }
        var values: [Float] = []
        for slice in slices { values += try square(slice, side: contract.side) }
        return values
    }

    /// One slice as a square.
    static func square(_ slice: Volume, side: Int) throws(ImagingError) -> [Float] {
        let head = try box(of: slice)
        let edge = max(head.upper.x - head.lower.x, head.upper.y - head.lower.y)
        // The middle of the head is the middle of the square.
        let middle = SIMD3(Double(head.lower.x + head.upper.x - 1), Double(head.lower.y + head.upper.y - 1), 0) / 2
        let step = Double(edge) / Double(side)
        let first = middle - SIMD3(step, step, 0) * (Double(side - 1) / 2)
        let grid = Grid(
            size: SIMD3(side, side, 1), affine: Affine(i: [step, 0, 0], j: [0, step, 0], k: [0, 0, 1], origin: first))
        let plain = Volume(grid: Grid(size: slice.grid.size, affine: Affine(spacing: [1, 1, 1])), voxels: slice.voxels)
        // Black counts, too: without a mask what is exactly 0 would become the mean's grey.
        let all = Mask(grid: grid, voxels: .init(repeating: true, count: grid.count))
        return try plain.resampled(to: grid, antialiased: true, edge: .faces).normalised(over: all).voxels
    }

    private static func box(of slice: Volume) throws(ImagingError) -> Box {
        let bright = Percentiles(of: slice.voxels)(99) ?? 0
        let head = Mask(grid: slice.grid, voxels: slice.voxels.map { $0 > dark * bright })
        guard bright > 0, let box = head.box else {
            throw .geometry("expected a slice of a head, found a black picture")
        }
        return box
    }
}
