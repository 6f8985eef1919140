internal import CEngine

// MARK: - The same numbers under another shape, type or place

extension Tensor {
    /// The same values under another shape; one length may be -1, which is worked out.
    public func reshaped(_ shape: [Int]) throws(NetworkError) -> Tensor {
        try Tensor(engine_reshape(raw, shape.map(Int64.init), Int64(shape.count)))
    }

    /// The same values with the axes in another order.
    public func permuted(_ axes: [Int]) throws(NetworkError) -> Tensor {
        try Tensor(engine_permute(raw, axes.map(Int64.init), Int64(axes.count)))
    }

    /// `length` slices from `start` on along `axis`.
    public func narrowed(_ axis: Int, from start: Int, length: Int) throws(NetworkError) -> Tensor {
        try Tensor(engine_narrow(raw, Int64(axis), Int64(start), Int64(length)))
    }

    /// The slice at `index` along `axis`, which is dropped.
    public func selecting(_ index: Int, along axis: Int) throws(NetworkError) -> Tensor {
        try Tensor(engine_select(raw, Int64(axis), Int64(index)))
    }

    /// This tensor followed by `other` along `axis`.
    public func appending(_ other: Tensor, along axis: Int) throws(NetworkError) -> Tensor {
        try Tensor.joined([self, other], along: axis)
    }

    /// Tensors one after the other along `axis`.
    public static func joined(_ parts: [Tensor], along axis: Int) throws(NetworkError) -> Tensor {
        try Tensor(engine_cat(parts.map(\.raw), Int64(parts.count), Int64(axis)))
    }

    /// This tensor repeated along its axes of length 1 until it has `shape`.
    public func expanded(to shape: [Int]) throws(NetworkError) -> Tensor {
        try Tensor(engine_expand(raw, shape.map(Int64.init), Int64(shape.count)))
    }

    /// The values in reverse order along each of `axes`.
    public func flipped(_ axes: [Int]) throws(NetworkError) -> Tensor {
        try Tensor(engine_flip(raw, axes.map(Int64.init), Int64(axes.count)))
    }

    /// The values moved by `shifts` along `axes`; what leaves at one end comes in at the other.
    public func rolled(by shifts: [Int], along axes: [Int]) throws(NetworkError) -> Tensor {
        precondition(shifts.count == axes.count, "\(shifts) along \(axes)")
        return try Tensor(engine_roll(raw, shifts.map(Int64.init), axes.map(Int64.init), Int64(axes.count)))
    }

    /// The slices at `indices` along `axis`, one after the other.
    public func taking(_ indices: [Int], along axis: Int) throws(NetworkError) -> Tensor {
        try Tensor(engine_take(raw, Int64(axis), indices.map(Int64.init), Int64(indices.count)))
    }

    /// The tensor surrounded by `value`: `before` and `after` along each of the last axes, outermost first.
    public func padded(_ margins: [(before: Int, after: Int)], with value: Double = 0) throws(NetworkError) -> Tensor {
        let pads = margins.reversed().flatMap { [Int64($0.before), Int64($0.after)] }
        return try Tensor(engine_pad(raw, pads, Int64(pads.count), value))
    }

    /// The values as another type of number.
    public func converted(to type: ElementType) throws(NetworkError) -> Tensor {
        type == self.type ? self : try Tensor(engine_convert(raw, type.rawValue))
    }

    /// The values on another device.
    public func moved(to device: Device) throws(NetworkError) -> Tensor {
        device == self.device ? self : try Tensor(engine_move(raw, device.number))
    }

    /// The values laid out in memory as the shape says, the last axis varying fastest.
    public func contiguous() throws(NetworkError) -> Tensor { try Tensor(engine_contiguous(raw)) }

    /// A volume's feature map, `[batch, channel, i, j, k]`, with a voxel's channels side by side in memory.
    public func channelsLastInMemory() throws(NetworkError) -> Tensor { try Tensor(engine_channels_last(raw)) }

    /// From `[batch, channel, i, j, k]` to `[batch, i, j, k, channel]`, without moving anything.
    public func channelsToEnd() throws(NetworkError) -> Tensor { try permuted([0, 2, 3, 4, 1]) }

    /// From `[batch, i, j, k, channel]` to `[batch, channel, i, j, k]`, without moving anything.
    public func channelsToFront() throws(NetworkError) -> Tensor { try permuted([0, 4, 1, 2, 3]) }
}

/// Adds tensors up in one place of memory: what sliding windows are blended in. Its owner alone holds it while it
/// grows.
public final class Accumulator {
    /// The sum so far.
    public let sum: Tensor

    /// Starts from one value everywhere.
    public init(repeating value: Double, shape: [Int]) throws(NetworkError) {
        sum = try Tensor(repeating: value, shape: shape)
    }

    /// Adds `block`, float32 on the processor, to the last three axes from `corner` on.
    ///
    /// - Parameter weight: multiplies every channel of the block, voxel by voxel.
    public func add(_ block: Tensor, times weight: Tensor? = nil, at corner: [Int]) throws(NetworkError) {
        precondition(corner.count == 3, "\(corner) is no corner of a volume")
        guard engine_blend(sum.raw, block.raw, weight?.raw, corner.map(Int64.init)) == 0 else {
            throw .engine(operation: "add", message: String(cString: engine_error()))
        }
    }
}
