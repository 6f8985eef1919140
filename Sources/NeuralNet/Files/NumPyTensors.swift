extension Tensor {
    /// The numbers of a `.npy` array, in the array's own type.
    public init(_ array: NumPyArray) throws(NetworkError) {
        try self.init(array.entry.type, shape: array.entry.shape) { bytes in bytes.copyBytes(from: array.bytes) }
    }
}

extension NumPyArray {
    /// A tensor's numbers converted to `type`.
    public init(_ tensor: Tensor, as type: ElementType = .float32) throws(NetworkError) {
        var bytes = [UInt8](repeating: 0, count: tensor.count * type.bytes)
        let failure: NetworkError? = bytes.withUnsafeMutableBytes { bytes in
            do throws(NetworkError) { try tensor.read(as: type, into: bytes) } catch { return error }
            return nil
        }
        if let failure { throw failure }
        self.init(entry: TensorEntry(type: type, shape: tensor.shape), bytes: bytes)
    }
}
