import Foundation

/// Filters along the axes of a patch. Values beyond its rim are those on the rim.
extension ChannelVoxels {
    /// A Gaussian along all three axes, cut off at three standard deviations.
    ///
    /// - Parameter deviation: in voxels.
    func blur(deviation: Double) {
        let reach = max(1, Int((3 * deviation).rounded(.up)))
        let raw = (-reach...reach).map { Float(exp(-0.5 * pow(Double($0) / max(deviation, 1e-3), 2))) }
        let kernel = raw.map { $0 / raw.reduce(0, +) }
        keepingAir { work in
            for axis in 0..<3 {
                filter(work, along: axis, reach: reach) { lines, out, stride in
                    out.update(repeating: 0)
                    for (tap, weight) in kernel.enumerated() {
                        let line = lines + tap * stride
                        for n in out.indices { out[n] += weight * line[n] }
                    }
                }
            }
        }
    }

    /// Averages blocks of `factor` voxels along an axis and interpolates linearly between their middles.
    func lowerResolution(by factor: Int, along axis: Int) {
        let step = axis == 0 ? 1 : axis == 1 ? side : side * side
        let blocks = (side + factor - 1) / factor
        keepingAir { work in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: blocks) { means in
                for line in 0..<side * side {
                    let start = start(of: line, along: axis)
                    for block in 0..<blocks {
                        let end = min(side, (block + 1) * factor)
                        var sum: Float = 0
                        for n in block * factor..<end { sum += work[start + n * step] }
                        means[block] = sum / Float(end - block * factor)
                    }
                    for n in 0..<side {
                        let place = min(max((Float(n) + 0.5) / Float(factor) - 0.5, 0), Float(blocks - 1))
                        let left = min(Int(place), max(0, blocks - 2)), right = min(left + 1, blocks - 1)
                        work[start + n * step] = means[left] + (means[right] - means[left]) * (place - Float(left))
                    }
                }
            }
        }
    }

    /// Where line `number` of all lines along an axis starts.
    private func start(of line: Int, along axis: Int) -> Int {
        switch axis {
        case 0: line * side
        case 1: line / side * side * side + line % side
        default: line
        }
    }

    /// Lets `change` work on a copy and takes over what is not air.
    private func keepingAir(_ change: (UnsafeMutablePointer<Float>) -> Void) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: values.count) { work in
            guard let start = work.baseAddress else { return }
            _ = work.initialize(from: values)
            change(start)
            for n in values.indices where values[n] != 0 { values[n] = work[n] }
        }
    }

    /// Filters along an axis: row by row along i, slice by slice along j, all at once along k.
    ///
    /// - Parameters:
    ///   - reach: neighbours that count on each side.
    ///   - sum: gets the first neighbours, the place of the result, and the way from one neighbour to the next.
    private func filter(
        _ work: UnsafeMutablePointer<Float>, along axis: Int, reach: Int,
        _ sum: (UnsafeMutablePointer<Float>, UnsafeMutableBufferPointer<Float>, Int) -> Void
    ) {
        let width = axis == 0 ? 1 : axis == 1 ? side : side * side
        let length = width * side
        withUnsafeTemporaryAllocation(of: Float.self, capacity: length + 2 * reach * width) { padded in
            guard let lines = padded.baseAddress else { return }
            for start in stride(from: 0, to: values.count, by: length) {
                for n in 0..<side + 2 * reach {
                    let from = work + start + min(max(n - reach, 0), side - 1) * width
                    (lines + n * width).update(from: from, count: width)
                }
                sum(lines, UnsafeMutableBufferPointer(start: work + start, count: length), width)
            }
        }
    }
}
