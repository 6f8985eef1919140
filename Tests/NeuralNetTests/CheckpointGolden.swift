import Foundation
import NeuralNet
import Testing

/// The checkpoints that `scripts/golden/checkpoints.py` made, and the numbers that it put into them.
enum CheckpointGolden {
    static func file(_ name: String) -> URL {
        Bundle.module.bundleURL.appendingPathComponent("Golden").appendingPathComponent(name)
    }

    /// Element `n` of every golden tensor of this type.
    static func value(_ n: Int, _ type: ElementType) -> Double {
        switch type {
        case .float32, .float64, .float16, .bfloat16: Double(n) / 4 - 1
        case .int64, .int32, .int16, .int8: Double(n % 100 - 1)
        case .uint8: Double(n % 100)
        case .bool: Double(n % 2)
        }
    }

    /// The golden numbers at the given places of their ramp.
    static func values(_ places: some Sequence<Int>, _ type: ElementType = .float32) -> [Double] {
        places.map { value($0, type) }
    }

    /// Every name of `types.*`, with its type and shape.
    static let types: [String: TensorEntry] = [
        "type.f64": .init(type: .float64, shape: [2, 3]), "type.f32": .init(type: .float32, shape: [2, 3]),
        "type.f16": .init(type: .float16, shape: [2, 3]), "type.bf16": .init(type: .bfloat16, shape: [2, 3]),
        "type.i64": .init(type: .int64, shape: [2, 3]), "type.i32": .init(type: .int32, shape: [2, 3]),
        "type.i16": .init(type: .int16, shape: [2, 3]), "type.i8": .init(type: .int8, shape: [2, 3]),
        "type.u8": .init(type: .uint8, shape: [2, 3]), "type.bool": .init(type: .bool, shape: [2, 3]),
        "scalar": .init(type: .float32, shape: []), "empty": .init(type: .float32, shape: [0, 4]),
    ]
}

extension TensorFile {
    /// The bytes of one tensor.
    func bytes(_ name: String) throws -> [UInt8] {
        let entry = try #require(entries[name])
        var bytes = [UInt8](repeating: 0xAA, count: entry.shape.reduce(entry.type.bytes, *))
        try bytes.withUnsafeMutableBytes { try read(name, into: $0) }
        return bytes
    }

    /// The numbers of one tensor.
    func values(_ name: String) throws -> [Double] {
        numbers(try bytes(name), try #require(entries[name]).type)
    }
}

/// What bytes say as numbers of a type.
func numbers(_ bytes: [UInt8], _ type: ElementType) -> [Double] {
    func all<Number: BitwiseCopyable>(_: Number.Type, _ value: (Number) -> Double) -> [Double] {
        bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: type.bytes).map {
                value(raw.loadUnaligned(fromByteOffset: $0, as: Number.self))
            }
        }
    }
    switch type {
    case .float64: return all(Double.self) { $0 }
    case .float32: return all(Float.self) { Double($0) }
    case .float16: return all(UInt16.self, half)
    case .bfloat16: return all(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
    case .int64: return all(Int64.self) { Double($0) }
    case .int32: return all(Int32.self) { Double($0) }
    case .int16: return all(Int16.self) { Double($0) }
    case .int8: return all(Int8.self) { Double($0) }
    case .uint8, .bool: return all(UInt8.self) { Double($0) }
    }
}

/// A normal half-precision number or zero.
private func half(_ bits: UInt16) -> Double {
    if bits & 0x7FFF == 0 { return 0 }
    let exponent = Int(bits >> 10 & 31) - 15
    let magnitude = (1 + Double(bits & 1023) / 1024) * Double(sign: .plus, exponent: exponent, significand: 1)
    return bits >> 15 == 1 ? -magnitude : magnitude
}

/// The sentence with which something was refused as malformed; empty if it was not.
func refusal(_ body: () throws -> Void) -> String {
    do { try body() } catch NetworkError.malformed(_, let why) { return why } catch {
        Issue.record("expected a malformed file, found \(error)")
        return ""
    }
    Issue.record("expected a malformed file, found a sound one")
    return ""
}
