import BrainData
import Foundation

/// A linear map along one axis of a volume, in which each new value hangs on a few neighbouring old ones: a blur, or thick
/// slices and the way back.
struct AxisFilter {
    /// For each new value the first old one that counts.
    private let starts: [Int32]
    /// `taps` weights for each new value.
    private let weights: [Float]
    private let taps: Int

    /// - Parameter rows: for each place the first old place that counts and the weights from there on.
    private init(_ rows: [(start: Int, weights: [Float])]) {
        let taps = rows.map(\.weights.count).max() ?? 0
        self.taps = taps
        // Rows are filled up with zeros; their starts move down so that none reaches beyond the end.
        let moved = rows.map { row in
            let start = max(0, min(row.start, rows.count - taps))
            let before = [Float](repeating: 0, count: row.start - start)
            return (start, before + row.weights + [Float](repeating: 0, count: taps - before.count - row.weights.count))
        }
        starts = moved.map { Int32($0.0) }
        weights = moved.flatMap { $0.1 }
    }

    /// A Gaussian of standard deviation `sigma` in voxels; what lies beyond the ends has no part in the mean.
    static func blur(length: Int, sigma: Double) -> AxisFilter {
        let radius = Int((2.5 * sigma).rounded(.up))
        return AxisFilter(
            (0..<length).map { place in
                let range = max(0, place - radius)...min(length - 1, place + radius)
                return (range.lowerBound, normalised(range.map { bell(Double($0 - place), sigma) }))
            })
    }

    /// A mask as 0 and 1, blurred along all axes; `sigma` in voxels.
    static func blurred(_ mask: Mask, sigma: Double) -> [Float] {
        var soft = mask.voxels.map { $0 ? Float(1) : 0 }
        for axis in 0..<3 {
            let filter = blur(length: mask.grid.size[axis], sigma: sigma)
            soft = filter.applied(to: soft, size: mask.grid.size, axis: axis)
        }
        return soft
    }

    /// What is left of a line that is scanned in slices of `thickness` voxels, the first one at `phase` of a slice, and
    /// brought back to voxels linearly. A slice's profile is a Gaussian with that full width at half maximum.
    static func slices(length: Int, thickness: Double, phase: Double) -> AxisFilter {
        let sigma = thickness / (8 * log(2)).squareRoot()
        let radius = thickness
        func slice(_ n: Int) -> [Float] {
            let centre = (Double(n) + phase) * thickness
            return normalised(
                (0..<length).map { abs(Double($0) - centre) > radius ? 0 : bell(Double($0) - centre, sigma) })
        }
        let last = max(0, Int(Double(length - 1) / thickness - phase))
        let slices = (0...last + 1).map(slice)
        return AxisFilter(
            (0..<length).map { place in
                let at = min(max(Double(place) / thickness - phase, 0), Double(last))
                let (n, share) = (Int(at), Float(at - at.rounded(.down)))
                let row = zip(slices[n], slices[n + 1]).map { $0 + share * ($1 - $0) }
                let first = row.firstIndex { $0 != 0 } ?? 0, end = row.lastIndex { $0 != 0 } ?? 0
                return (first, Array(row[first...end]))
            })
    }

    /// The volume with the map applied along one axis: 0 for i, 1 for j, 2 for k.
    func applied(to voxels: [Float], size: SIMD3<Int>, axis: Int) -> [Float] {
        let inner = [1, size.x, size.x * size.y][axis]
        return [Float](unsafeUninitializedCapacity: voxels.count) { target, filled in
            voxels.withUnsafeBufferPointer { source in
                if inner == 1 {
                    along(source.baseAddress!, target.baseAddress!, lines: voxels.count / size.x)
                } else {
                    across(
                        source.baseAddress!, target.baseAddress!, inner: inner,
                        planes: voxels.count / inner / size[axis])
                }
            }
            filled = voxels.count
        }
    }

    private func along(_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, lines: Int) {
        let length = starts.count
        starts.withUnsafeBufferPointer { starts in
            weights.withUnsafeBufferPointer { weights in
                for line in 0..<lines {
                    let (read, write) = (source + line * length, target + line * length)
                    for place in 0..<length {
                        let from = read + Int(starts[place]), weight = weights.baseAddress! + place * taps
                        var sum: Float = 0
                        for tap in 0..<taps { sum += weight[tap] * from[tap] }
                        write[place] = sum
                    }
                }
            }
        }
    }

    private func across(
        _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, inner: Int, planes: Int
    ) {
        let length = starts.count
        for plane in 0..<planes {
            for place in 0..<length {
                let write = target + (plane * length + place) * inner
                let read = source + (plane * length + Int(starts[place])) * inner
                for n in 0..<inner { write[n] = 0 }
                for tap in 0..<taps {
                    let weight = weights[place * taps + tap]
                    guard weight != 0 else { continue }
                    let row = read + tap * inner
                    for n in 0..<inner { write[n] += weight * row[n] }
                }
            }
        }
    }

    private static func bell(_ distance: Double, _ sigma: Double) -> Double {
        sigma > 0 ? exp(-0.5 * distance * distance / (sigma * sigma)) : (distance == 0 ? 1 : 0)
    }

    private static func normalised(_ weights: [Double]) -> [Float] {
        let sum = weights.reduce(0, +)
        return weights.map { Float(sum > 0 ? $0 / sum : 0) }
    }
}
