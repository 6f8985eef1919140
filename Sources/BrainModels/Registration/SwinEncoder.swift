import Foundation
import NeuralNet

/// Four stages of shifted-window blocks over patches of 4×4×4 voxels, each stage half as fine as the one before.
///
/// Chen et al., *TransMorph*, Medical Image Analysis 82, 2022, section 3.1.
struct SwinEncoder: Sendable {
    private let configuration: TransMorph.Configuration
    private let embedding: Convolution
    private let norm: LayerNorm
    private let table: Tensor?
    private let stages: [SwinStage]
    private let mergings: [PatchMerging]
    private let norms: [LayerNorm]

    /// Voxels along each side of a patch.
    static let patch = 4

    /// - Parameter weights: holds `patch_embed`, `layers`, `norm0` … `norm3` and, where places are learned,
    ///   `absolute_pos_embed`.
    init(_ weights: Weights, _ c: TransMorph.Configuration) throws(NetworkError) {
        configuration = c
        embedding = try Convolution(
            weights["patch_embed"]["proj"], from: c.inputs, to: c.embedding, kernel: Self.patch, stride: Self.patch)
        norm = try LayerNorm(weights["patch_embed"]["norm"], width: c.embedding)
        let side = c.positionSide
        table =
            c.positions == .learned
            ? try weights.tensor(
                "absolute_pos_embed", shape: [1, c.embedding, side, side, side], start: .normal(deviation: 0.02)) : nil
        let total = c.depths.reduce(0, +)
        stages = try (0..<4).map { (s) throws(NetworkError) in
            let before = c.depths.prefix(s).reduce(0, +)
            let rates = (0..<c.depths[s]).map { c.stochasticDepth * Double(before + $0) / Double(max(1, total - 1)) }
            var sizes = SwinSizes(channels: c.embedding << s, heads: c.heads[s], window: c.window)
            sizes.relativePositions = c.relativePositions
            return try SwinStage(weights["layers"][s]["blocks"], sizes, rates: rates)
        }
        mergings = try (0..<3).map { (s) throws(NetworkError) in
            try PatchMerging(weights["layers"][s]["downsample"], channels: c.embedding << s)
        }
        norms = try (0..<4).map { (s) throws(NetworkError) in
            try LayerNorm(weights["norm\(s)"], width: c.embedding << s)
        }
    }

    /// - Parameter x: `[batch, image, i, j, k]`.
    /// - Returns: the normalised output of each stage, `[batch, channel, i, j, k]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> [Tensor] {
        let margins = x.shape.suffix(3).map { (before: 0, after: (Self.patch - $0 % Self.patch) % Self.patch) }
        let padded = margins.allSatisfy { $0.after == 0 } ? x : try x.padded(margins)
        var map = try norm(embedding(padded).channelsToEnd())
        if let places = try places(map) { map = try map + places }
        var features: [Tensor] = []
        for s in 0..<4 {
            map = try stages[s](map)
            features.append(try norms[s](map).channelsToFront())
            if s < 3 { map = try mergings[s](map) }
        }
        return features
    }

    /// What is added to the patches to tell them where they lie, `[1, i, j, k, channel]`.
    private func places(_ map: Tensor) throws(NetworkError) -> Tensor? {
        let sides = Array(map.shape[1...3])
        switch configuration.positions {
        case .none: return nil
        case .learned: return try table?.resized(to: sides).channelsToEnd()
        case .sines:
            let waves = try Self.sines(sides, channels: configuration.embedding)
            return try waves.converted(to: map.type).moved(to: map.device)
        }
    }

    /// Sines, then cosines, of the place on each axis in turn at falling frequencies, cut to the number of channels.
    private static func sines(_ sides: [Int], channels: Int) throws(NetworkError) -> Tensor {
        let width = (channels + 5) / 6 * 2  // an axis' share
        let frequencies = (0..<width / 2).map { pow(10_000, -2 * Double($0) / Double(width)) }
        let axes = try (0..<3).map { (axis) throws(NetworkError) -> Tensor in
            let waves = (0..<sides[axis]).flatMap { place in
                let angles = frequencies.map { $0 * Double(place) }
                return (angles.map(sin) + angles.map(cos)).map(Float.init)
            }
            var shape = [1, 1, 1, 1, width]
            shape[axis + 1] = sides[axis]
            return try Tensor(waves, shape: shape).expanded(to: [1] + sides + [width])
        }
        return try Tensor.joined(axes, along: 4).narrowed(4, from: 0, length: channels)
    }
}
