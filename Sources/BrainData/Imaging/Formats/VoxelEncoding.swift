public import Foundation

/// Voxels as a file stores them: little-endian numbers of a type, and the scaling that turns them back into values.
public struct EncodedVoxels: Sendable {
    public var type: StoredType
    public var bytes: Data
    public var slope: Float = 1
    public var intercept: Float = 0

    /// Labels in the smallest type that holds them.
    init(_ labels: LabelMap) {
        type = labels.voxels.contains { $0 > 255 } ? .uint16 : .uint8
        bytes =
            type == .uint8
            ? Data(labels.voxels.map { UInt8(truncatingIfNeeded: $0) })
            : littleEndian(labels.voxels)
    }

    /// Values in a type of choice.
    ///
    /// Whole values within an integer type's range are stored as they are. Others are scaled: the largest magnitude
    /// takes the type's largest number, and zero stays zero unless an unsigned type has to hold negative values.
    ///
    /// - Throws: ``ImagingError/unwritable(path:why:)`` when an integer type is to hold a value that is no finite
    ///   number.
    init(_ voxels: [Float], as type: StoredType, path: String) throws(ImagingError) {
        self.type = type
        switch type {
        case .float32: bytes = littleEndian(voxels.map(\.bitPattern))
        case .float64: bytes = littleEndian(voxels.map { Double($0).bitPattern })
        default:
            let odd = countNonFinite(voxels)
            guard odd == 0 else {
                throw .unwritable(path: path, why: "\(odd) voxels are no finite numbers, which \(type) cannot hold")
            }
            bytes = Data()
            switch type {
            case .uint8: encode(voxels, as: UInt8.self)
            case .int8: encode(voxels, as: Int8.self)
            case .uint16: encode(voxels, as: UInt16.self)
            case .int16: encode(voxels, as: Int16.self)
            case .uint32: encode(voxels, as: UInt32.self)
            case .int32: encode(voxels, as: Int32.self)
            case .uint64: encode(voxels, as: UInt64.self)
            default: encode(voxels, as: Int64.self)
            }
        }
    }

    private mutating func encode<Stored: FixedWidthInteger & BitwiseCopyable>(_ voxels: [Float], as: Stored.Type) {
        guard !voxels.allSatisfy({ Stored(exactly: $0) != nil }) else {
            bytes = littleEndian(voxels.map { Stored($0) })
            return
        }
        let (low, high) = (Double(voxels.min() ?? 0), Double(voxels.max() ?? 0))
        let (least, most) = (Double(Stored.min), Double(Stored.max))
        if low < 0, !Stored.isSigned {
            (slope, intercept) = (Float((high - low) / most), Float(low))
        } else {
            slope = Float(max(high / most, least < 0 ? low / least : 0))
        }
        if !(slope > 0 && slope.isFinite) { slope = 1 }
        let (step, start) = (Double(slope), Double(intercept))
        bytes = littleEndian(
            voxels.map { value in
                let scaled = ((Double(value) - start) / step).rounded()
                return Stored(exactly: scaled) ?? (scaled < 0 ? .min : .max)
            })
    }
}

/// The numbers one after the other, the lowest byte first.
private func littleEndian<Stored: FixedWidthInteger & BitwiseCopyable>(_ numbers: [Stored]) -> Data {
    guard ByteOrder.native == .big else { return numbers.withUnsafeBytes { Data($0) } }
    return numbers.map(\.littleEndian).withUnsafeBytes { Data($0) }
}
