/// A picture of a slice as people save them from viewers: rows from the top, grey or in colour.
///
/// What a picture file lacks is where it lay in the head: no millimetres, no sides. An orientation that a camera noted is not followed.
public struct Picture: Sendable, Equatable {
    /// Pixels along a row, and rows.
    public let width, height: Int
    /// 1 for grey, 3 for red, green and blue.
    public let channels: Int
    /// Of one value: 8 (0 to 255) or 16 (0 to 65535).
    public let bits: Int
    /// The values, the channel varying fastest, then the column and the row.
    public let values: [UInt16]
    /// What the reader found odd, one sentence each.
    public var notes: [String]

    /// - Precondition: `values` fills the picture.
    public init(width: Int, height: Int, channels: Int, bits: Int = 8, values: [UInt16], notes: [String] = []) {
        precondition(
            values.count == width * height * channels, "\(values.count) values do not fill \(width) × \(height)")
        (self.width, self.height, self.channels, self.bits) = (width, height, channels, bits)
        (self.values, self.notes) = (values, notes)
    }

    /// The largest value that can be stored: white.
    public var white: Int { 1 << bits - 1 }

    /// Brightness from 0, black, to 1, white, row by row. Colours count 299, 587 and 114 thousandths (ITU-R BT.601).
    public var brightness: [Float] {
        let scale = 1 / Float(white)
        guard channels == 3 else { return values.map { Float($0) * scale } }
        return (0..<width * height).map { n in
            let (red, green, blue) = (Float(values[3 * n]), Float(values[3 * n + 1]), Float(values[3 * n + 2]))
            return (0.299 * red + 0.587 * green + 0.114 * blue) * scale
        }
    }

    /// Brightness as a volume of one slice, the columns along i and the rows along j, a pixel taken for a millimetre.
    public var slice: Volume {
        Volume(
            grid: Grid(size: SIMD3(width, height, 1), affine: Affine(spacing: [1, 1, 1])), voxels: brightness,
            notes: notes)
    }
}
