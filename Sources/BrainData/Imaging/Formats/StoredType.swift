/// How a file stores each voxel.
public enum StoredType: String, Sendable, Codable, CaseIterable {
    case uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32, float64

    /// Bytes of one voxel.
    public var bytes: Int {
        switch self {
        case .uint8, .int8: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        }
    }

    /// Whether it stores fractions.
    public var isFloatingPoint: Bool { self == .float32 || self == .float64 }
}
