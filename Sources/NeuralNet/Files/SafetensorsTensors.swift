public import Foundation

extension Safetensors {
    /// Writes tensors by name, each in its own type.
    public static func write(
        _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to file: URL
    ) throws(NetworkError) {
        try write(
            tensors.map { named in
                let entry = TensorEntry(type: named.tensor.type, shape: named.tensor.shape)
                return (
                    named.name, entry,
                    { (bytes: UnsafeMutableRawBufferPointer) throws(NetworkError) in
                        try named.tensor.read(as: entry.type, into: bytes)
                    }
                )
            }, metadata: metadata, to: file)
    }
}
