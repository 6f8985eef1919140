import Foundation
public import NeuralNet

/// Runs a network over a volume in overlapping windows and blends the answers.
public struct SlidingWindow: Sendable, Codable, Equatable {
    /// How windows are weighted where they overlap.
    public enum Blending: String, Sendable, Codable, CaseIterable {
        /// The middle of a window counts more than its rim: a Gaussian of an eighth of the window, as nnU-Net weights it
        /// (Isensee et al., Nature Methods 2021), never below a thousandth.
        case gaussian
        /// Every voxel of a window counts the same.
        case uniform
    }

    /// Voxels of a window along each axis, a multiple of 16.
    public var patch: Int
    /// The share of a window that the next one covers again, from 0 to below 1.
    public var overlap: Double
    public var blending: Blending
    /// How much longer than the patch, as a share of it, a window may be along an axis that it then covers alone. A brain of
    /// 140 × 175 × 140 voxels takes eight windows of 128³ that share most of their voxels, or two of 144 × 128 × 144.
    public var stretch: Double

    public init(patch: Int = 128, overlap: Double = 0.5, blending: Blending = .gaussian, stretch: Double = 0) {
        (self.patch, self.overlap, self.blending, self.stretch) = (patch, overlap, blending, stretch)
    }

    /// The voxels of the largest window that there can be.
    public var largest: Int { let side = longest; return side * side * side }

    private var longest: Int { Int(Double(patch) * (1 + stretch)) / 16 * 16 }

    /// The windows over a volume: where each starts, and the length that all have along each axis.
    ///
    /// Along an axis where the volume is shorter than the patch, or longer by no more than ``stretch``, there is one window of its
    /// own length, rounded up to a multiple of 16. Windows are spread evenly from the first voxel to the last.
    public func windows(over size: [Int]) -> (corners: [[Int]], lengths: [Int]) {
        let lengths = size.map { $0 <= longest ? ($0 + 15) / 16 * 16 : patch }
        let starts = zip(size, lengths).map { size, length in
            let free = max(0, size - length)
            let step = max(1, Int(Double(length) * (1 - overlap)))
            let count = (free + step - 1) / step + 1
            return (0..<count).map { count == 1 ? 0 : Int((Double(free * $0) / Double(count - 1)).rounded()) }
        }
        let corners = starts[0].flatMap { i in starts[1].flatMap { j in starts[2].map { [i, j, $0] } } }
        return (corners, lengths)
    }

    /// The blended logits of a volume.
    ///
    /// - Parameters:
    ///   - volume: `[1, channel, i, j, k]`.
    ///   - outputs: the channels of the answer.
    ///   - isEmpty: whether the window at a corner, of some lengths, shows only air; it is skipped, and voxels that no window
    ///     covers get a logit of −20.
    ///   - progress: hears how many windows are done, of how many.
    ///   - network: from `[1, channel, …]` to logits `[1, outputs, …]` of the same sides.
    /// - Returns: `[outputs, i, j, k]` in float32 on the processor.
    public func callAsFunction(
        _ volume: Tensor, outputs: Int, isEmpty: (_ corner: [Int], _ lengths: [Int]) -> Bool = { _, _ in false },
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in },
        network: (Tensor) throws(NetworkError) -> Tensor
    ) throws(NetworkError) -> Tensor {
        let size = Array(volume.shape.suffix(3))
        let (all, lengths) = windows(over: size)
        let corners = all.filter { !isEmpty($0, lengths) }
        let padded = zip(size, lengths).map { max($0, $1) }
        // A window of it is then copied row by row.
        let input = try volume.padded(zip(size, padded).map { (before: 0, after: $1 - $0) }).channelsLastInMemory()
        let weight = try blendingWeights(lengths)
        let least = 1e-12
        let sum = try Accumulator(repeating: -20 * least, shape: [outputs] + padded)
        let weights = try Accumulator(repeating: least, shape: padded)
        for (done, corner) in corners.enumerated() {
            progress(done, corners.count)
            try Engine.run { () throws(NetworkError) in
                var window = input
                for axis in 0..<3 { window = try window.narrowed(2 + axis, from: corner[axis], length: lengths[axis]) }
                let answer = try network(window).selecting(0, along: 0).converted(to: .float32).moved(to: .cpu)
                try sum.add(answer, times: weight, at: corner)
                try weights.add(weight, at: corner)
            }
        }
        progress(corners.count, corners.count)
        var blended = try sum.sum / weights.sum
        for axis in 0..<3 { blended = try blended.narrowed(1 + axis, from: 0, length: size[axis]) }
        return blended
    }

    private func blendingWeights(_ lengths: [Int]) throws(NetworkError) -> Tensor {
        guard blending == .gaussian else { return try Tensor(repeating: 1, shape: lengths) }
        let profiles = lengths.map { length in
            (0..<length).map { exp(-0.5 * pow((Double($0) - Double(length - 1) / 2) / (Double(length) / 8), 2)) }
        }
        return try Tensor(shape: lengths) { bytes in
            let values = bytes.bindMemory(to: Float.self)
            var n = 0
            for a in profiles[0] {
                for b in profiles[1] {
                    for c in profiles[2] {
                        values[n] = Float(max(1e-3, a * b * c))
                        n += 1
                    }
                }
            }
        }
    }
}

extension SlidingWindow {
    /// Reads what a card or an experiment states; without a stretch there is none.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            patch: try values.decode(Int.self, forKey: .patch),
            overlap: try values.decode(Double.self, forKey: .overlap),
            blending: try values.decode(Blending.self, forKey: .blending),
            stretch: try values.value(.stretch, or: 0))
    }
}
