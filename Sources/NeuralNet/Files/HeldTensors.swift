/// Tensors in memory that are read as from a checkpoint: what a training kept.
public struct HeldTensors: TensorFile {
    public let entries: [String: TensorEntry]
    private let values: [String: [Float]]

    /// Copies the numbers as float32.
    public init(_ tensors: [(name: String, tensor: Tensor)]) throws(NetworkError) {
        var (entries, values) = ([String: TensorEntry](), [String: [Float]]())
        for (name, tensor) in tensors {
            entries[name] = TensorEntry(type: .float32, shape: tensor.shape)
            values[name] = try tensor.floats()
        }
        (self.entries, self.values) = (entries, values)
    }

    public func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        values[name]?.withUnsafeBytes { destination.copyMemory(from: $0) }
    }
}
