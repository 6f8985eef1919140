internal import CEngine

extension Tensor {
    /// The largest number of boxes of `[batch, channel, side…]` with two or three sides; what lies outside never counts.
    ///
    /// - Parameters:
    ///   - kernel: voxels along each side of the box.
    ///   - padding: places outside, on every side.
    public func maximumPooled(kernel: Int, stride: Int, padding: Int = 0) throws(NetworkError) -> Tensor {
        let s = shape
        guard s.count == 4 || s.count == 5 else { throw .input(expected: "[batch, channel, side…]", found: s) }
        let isPlane = s.count == 4
        let x = isPlane ? try reshaped([s[0], s[1], 1, s[2], s[3]]) : self
        func sides(_ number: Int, _ single: Int) -> [Int64] {
            [Int64(isPlane ? single : number), Int64(number), Int64(number)]
        }
        let pooled = try Tensor(engine_max_pool3d(x.raw, sides(kernel, 1), sides(stride, 1), sides(padding, 0)))
        return isPlane ? try pooled.selecting(0, along: 2) : pooled
    }
}
