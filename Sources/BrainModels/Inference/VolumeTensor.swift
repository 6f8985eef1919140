import BrainData
public import NeuralNet

extension Tensor {
    /// One volume a channel, written straight into the engine's memory; absent channels are zero.
    ///
    /// - Parameters:
    ///   - channels: voxels with i varying fastest, as volumes hold them; nil where a channel is absent.
    ///   - size: voxels along i, j and k.
    /// - Returns: `[1, channel, i, j, k]`.
    public init(channels: [[Float]?], size: SIMD3<Int>) throws(NetworkError) {
        let count = size.x * size.y * size.z
        let stored = try Tensor(shape: [1, channels.count, size.z, size.y, size.x]) { bytes in
            let values = bytes.bindMemory(to: Float.self)
            for (n, channel) in channels.enumerated() {
                let place = UnsafeMutableBufferPointer(rebasing: values[n * count..<(n + 1) * count])
                if let channel { _ = place.update(fromContentsOf: channel) } else { place.update(repeating: 0) }
            }
        }
        self = try stored.permuted([0, 1, 4, 3, 2])
    }

    /// The voxels of `[i, j, k]` in the order that volumes hold them, i varying fastest.
    public func voxels() throws(NetworkError) -> [Float] { try permuted([2, 1, 0]).floats() }
}
