import Foundation

/// Turns stored numbers into values.
struct VoxelDecoding {
    let type: StoredType
    let order: ByteOrder
    let slope: Double
    let intercept: Double

    /// Values, and how many of them lost digits to single precision.
    typealias Values = (voxels: [Float], rounded: Int)

    /// - Precondition: `raw` holds `count` numbers of the type.
    func values(_ raw: Data, count: Int) -> Values {
        precondition(raw.count >= count * type.bytes, "\(raw.count) bytes hold fewer than \(count) voxels")
        var rounded = 0
        let voxels = [Float](unsafeUninitializedCapacity: count) { target, filled in
            guard let out = target.baseAddress else { return }
            raw.withUnsafeBytes { bytes in
                guard let source = bytes.baseAddress else { return }
                rounded = fill(out, from: source, count: count)
            }
            filled = count
        }
        return (voxels, rounded)
    }

    private var isIdentity: Bool { slope == 1 && intercept == 0 }

    private func fill(_ out: UnsafeMutablePointer<Float>, from source: UnsafeRawPointer, count: Int) -> Int {
        switch type {
        case .uint8: integers(UInt8.self, out, source, count)
        case .int8: integers(Int8.self, out, source, count)
        case .uint16: integers(UInt16.self, out, source, count)
        case .int16: integers(Int16.self, out, source, count)
        case .uint32: integers(UInt32.self, out, source, count)
        case .int32: integers(Int32.self, out, source, count)
        case .uint64: integers(UInt64.self, out, source, count)
        case .int64: integers(Int64.self, out, source, count)
        case .float32: singles(out, source, count)
        case .float64: doubles(out, source, count)
        }
    }

    @inline(__always)
    private func integers<Stored: FixedWidthInteger & BitwiseCopyable>(
        _: Stored.Type, _ out: UnsafeMutablePointer<Float>, _ source: UnsafeRawPointer, _ count: Int
    ) -> Int {
        let (swaps, width) = (order != .native, MemoryLayout<Stored>.size)
        guard isIdentity else {
            for n in 0..<count {
                let stored = source.loadUnaligned(fromByteOffset: n &* width, as: Stored.self)
                out[n] = Float(Double(swaps ? stored.byteSwapped : stored) * slope + intercept)
            }
            return 0
        }
        var rounded = 0
        for n in 0..<count {
            let stored = source.loadUnaligned(fromByteOffset: n &* width, as: Stored.self)
            let value = swaps ? stored.byteSwapped : stored
            out[n] = Float(value)
            if width > 2, value.magnitude > 1 << 24 { rounded &+= 1 }
        }
        return rounded
    }

    private func singles(_ out: UnsafeMutablePointer<Float>, _ source: UnsafeRawPointer, _ count: Int) -> Int {
        let swaps = order != .native
        for n in 0..<count {
            let stored = source.loadUnaligned(fromByteOffset: n &* 4, as: UInt32.self)
            out[n] = Float(bitPattern: swaps ? stored.byteSwapped : stored)
        }
        guard !isIdentity else { return 0 }
        for n in 0..<count { out[n] = Float(Double(out[n]) * slope + intercept) }
        return 0
    }

    private func doubles(_ out: UnsafeMutablePointer<Float>, _ source: UnsafeRawPointer, _ count: Int) -> Int {
        let (swaps, scales) = (order != .native, !isIdentity)
        var rounded = 0
        for n in 0..<count {
            let stored = source.loadUnaligned(fromByteOffset: n &* 8, as: UInt64.self)
            let value = Double(bitPattern: swaps ? stored.byteSwapped : stored)
            out[n] = Float(scales ? value * slope + intercept : value)
            if !scales, Double(out[n]) != value, !value.isNaN { rounded &+= 1 }
        }
        return rounded
    }
}

/// How many values are infinite or no numbers.
func countNonFinite(_ voxels: [Float]) -> Int {
    voxels.withUnsafeBufferPointer { values in
        var count = 0
        for value in values where value.bitPattern & 0x7F80_0000 == 0x7F80_0000 { count &+= 1 }
        return count
    }
}
