internal import CEngine

/// An n-dimensional array of numbers that lives in the engine.
///
/// A tensor behaves as a value: no public operation changes one in place, so it can be shared between tasks freely.
public struct Tensor: Sendable {
    private let storage: Storage

    // Safe to share: libtorch counts references atomically, and nothing but the optimiser and batch norms, both within a
    // training step, writes to a tensor after it is made.
    private final class Storage: @unchecked Sendable {
        let raw: OpaquePointer
        init(_ raw: OpaquePointer) { self.raw = raw }
        deinit { engine_free(raw) }
    }

    init(_ made: OpaquePointer?, _ operation: StaticString = #function) throws(NetworkError) {
        guard let made else {
            throw .engine(operation: "\(operation)", message: String(cString: engine_error()))
        }
        storage = Storage(made)
    }

    var raw: OpaquePointer { storage.raw }
}

extension Tensor {
    /// Creates a tensor by writing its bytes straight into the engine's memory, the last axis varying fastest.
    ///
    /// - Parameter fill: gets the tensor's memory, which holds nothing yet.
    public init(
        _ type: ElementType = .float32, shape: [Int],
        fill: (UnsafeMutableRawBufferPointer) throws(NetworkError) -> Void
    ) throws(NetworkError) {
        try self.init(engine_empty(type.rawValue, shape.map(Int64.init), Int64(shape.count)), "init")
        let bytes = shape.reduce(type.bytes, *)
        try fill(UnsafeMutableRawBufferPointer(start: engine_bytes(raw), count: bytes))
    }

    /// Creates a tensor from its values, the last axis varying fastest.
    ///
    /// - Precondition: `values` has as many elements as `shape` spans.
    public init(_ values: [Float], shape: [Int]) throws(NetworkError) {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill the shape \(shape)")
        try self.init(shape: shape) { bytes in values.withUnsafeBytes { bytes.copyMemory(from: $0) } }
    }

    /// Creates a tensor that holds one value everywhere.
    public init(
        repeating value: Double, shape: [Int], type: ElementType = .float32, device: Device = .cpu
    ) throws(NetworkError) {
        try self.init(
            engine_full(value, type.rawValue, shape.map(Int64.init), Int64(shape.count), device.number), "init")
    }

    /// The length of every axis.
    public var shape: [Int] {
        var lengths = [Int64](repeating: 0, count: Int(engine_rank(raw)))
        engine_shape(raw, &lengths)
        return lengths.map(Int.init)
    }

    /// Elements in all.
    public var count: Int { shape.reduce(1, *) }
    /// How each number is stored.
    public var type: ElementType { ElementType(rawValue: engine_type(raw)) ?? .float32 }
    /// Where the tensor lives.
    public var device: Device { engine_device(raw) < 0 ? .cpu : .cuda(Int(engine_device(raw))) }

    /// Copies the values out, the last axis varying fastest.
    public func floats() throws(NetworkError) -> [Float] {
        try values(as: .float32, zero: Float(0))
    }

    /// Copies the values out in double precision, the last axis varying fastest.
    public func doubles() throws(NetworkError) -> [Double] {
        try values(as: .float64, zero: Double(0))
    }

    /// Copies the values as bytes of `type`, the last axis varying fastest.
    ///
    /// - Precondition: `destination` has exactly the size of the values.
    public func read(as type: ElementType, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        precondition(destination.count == count * type.bytes, "\(destination.count) bytes for \(shape)")
        guard let start = destination.baseAddress else { return }
        guard engine_read(raw, type.rawValue, start) == 0 else {
            throw .engine(operation: "read", message: String(cString: engine_error()))
        }
    }

    private func values<Value>(as type: ElementType, zero: Value) throws(NetworkError) -> [Value] {
        var values = [Value](repeating: zero, count: count)
        let failed = values.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { engine_read(raw, type.rawValue, $0) } ?? 0
        }
        guard failed == 0 else { throw .engine(operation: "read", message: String(cString: engine_error())) }
        return values
    }
}
