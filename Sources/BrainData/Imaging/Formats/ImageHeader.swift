/// What an image file says of itself, oddities mended and noted.
public struct ImageHeader: Sendable, Codable, Equatable {
    /// The format's name, such as `NIfTI-1`.
    public var format: String
    /// How a voxel is stored.
    public var type: StoredType
    public var order: ByteOrder
    /// The length of every axis as the file lists them.
    public var size: [Int]
    /// Voxels along i, j and k and where they lie, in millimetres, RAS+.
    public var grid: Grid
    /// Volumes in the series: all axes that are not spatial, multiplied.
    public var frames: Int = 1
    /// Seconds from one frame to the next, where the file says so.
    public var secondsPerFrame: Double?
    /// NIfTI's codes for the two transforms; nil in formats that have none.
    public var sformCode: Int?
    public var qformCode: Int?
    /// A voxel's value is the stored number times `slope` plus `intercept`.
    public var slope: Double = 1
    public var intercept: Double = 0
    /// The unit of length in the file; the grid is in millimetres all the same.
    public var units: String = "mm"
    public var description: String = ""
    /// Whether the voxels are packed with gzip or zlib.
    public var isPacked = false
    /// What was odd and how it was mended, one sentence each.
    public var notes: [String] = []

    /// The distance between neighbouring voxels along i, j and k, in millimetres.
    public var spacing: SIMD3<Double> { grid.affine.spacing }

    /// The size of the grid and the frames of a list of axes whose first three are spatial.
    ///
    /// - Returns: nil if a length is below one or the product passes what this machine can count.
    static func shape(_ size: [Int]) -> (grid: SIMD3<Int>, frames: Int)? {
        guard size.allSatisfy({ $0 > 0 }), product(size) != nil else { return nil }
        let spatial = size.prefix(3) + [1, 1, 1]
        return ([spatial[0], spatial[1], spatial[2]], size.dropFirst(3).reduce(1, *))
    }

    /// The product, or nil where it passes a 32nd of what an integer holds, so that bytes can still be counted.
    static func product(_ size: [Int]) -> Int? {
        var product = 1
        for length in size {
            let (next, overflow) = product.multipliedReportingOverflow(by: length)
            guard !overflow, abs(next) <= .max / 32 else { return nil }
            product = next
        }
        return product
    }
}
