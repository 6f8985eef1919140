import NeuralNet

/// The sizes of a stage of blocks that attend in windows.
struct SwinSizes: Sendable {
    let channels, heads: Int
    /// Tokens along each axis of a window: two numbers for slices, three for volumes.
    let window: [Int]
    var widening = 4
    var queryBias = false
    var relativePositions = true
    /// How far every second block's windows are moved along each axis; half a window unless said otherwise.
    var shift: [Int]?
}

/// Blocks that attend in windows, every second one in windows shifted by half.
///
/// Maps are `[batch, side…, channel]` with as many sides as the window has. Liu et al., *Swin Transformer*, ICCV 2021,
/// [arXiv:2103.14030](https://arxiv.org/abs/2103.14030).
struct SwinStage: Layer {
    private let blocks: [SwinBlock]
    private let windows: Windows
    private let shift: [Int]
    private let moves: Bool

    /// - Parameters:
    ///   - weights: holds a block at each index.
    ///   - rates: of stochastic depth, one a block.
    init(_ weights: Weights, _ sizes: SwinSizes, rates: [Double]) throws(NetworkError) {
        let windows = Windows(sides: sizes.window)
        let shift = sizes.shift ?? sizes.window.map { $0 / 2 }
        (self.windows, self.shift) = (windows, shift)
        moves = rates.count > 1 && shift.contains { $0 > 0 }
        blocks = try rates.indices.map { [moves] (b) throws(NetworkError) in
            try SwinBlock(weights[b], sizes, shift: b % 2 == 1 && moves ? shift : nil, rate: rates[b])
        }
    }

    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let sides = windows.whole(Array(x.shape.dropFirst().dropLast()))
        let mask =
            !moves ? nil : try windows.mask(sides, shift: shift).converted(to: x.type).moved(to: x.device)
        var x = x
        for block in blocks { x = try block(x, mask: mask) }
        return x
    }
}

/// Mixes tokens within windows, then features, each on a residual path: `x ← x + f(norm(x))` twice.
struct SwinBlock: Sendable {
    private let norm1, norm2: LayerNorm
    private let attention: WindowAttention
    private let widening, narrowing: Linear
    private let windows: Windows
    private let shift: [Int]?
    private let depth: StochasticDepth

    /// - Parameters:
    ///   - weights: holds `norm1`, `attn`, `norm2`, `mlp.fc1` and `mlp.fc2`.
    ///   - shift: how far the windows are moved along each axis, if at all.
    ///   - rate: of stochastic depth.
    init(_ weights: Weights, _ sizes: SwinSizes, shift: [Int]?, rate: Double) throws(NetworkError) {
        let channels = sizes.channels
        (windows, self.shift) = (Windows(sides: sizes.window), shift)
        norm1 = try LayerNorm(weights["norm1"], width: channels)
        attention = try WindowAttention(
            weights["attn"], channels: channels, heads: sizes.heads, windows: windows, queryBias: sizes.queryBias,
            relative: sizes.relativePositions)
        norm2 = try LayerNorm(weights["norm2"], width: channels)
        widening = try Linear(weights["mlp"]["fc1"], from: channels, to: sizes.widening * channels)
        narrowing = try Linear(weights["mlp"]["fc2"], from: sizes.widening * channels, to: channels)
        depth = StochasticDepth(rate: rate)
    }

    /// - Parameter mask: of ``Windows/mask(_:shift:)`` for the padded map; used where the windows are shifted.
    func callAsFunction(_ x: Tensor, mask: Tensor?) throws(NetworkError) -> Tensor {
        let mixed = try x + depth(attended(norm1(x), mask))
        return try mixed + depth(narrowing(widening(norm2(mixed)).gelu()))
    }

    private func attended(_ x: Tensor, _ mask: Tensor?) throws(NetworkError) -> Tensor {
        let sides = Array(x.shape.dropFirst().dropLast())
        let (whole, axes) = (windows.whole(sides), Array(1...sides.count))
        var y = x
        if whole != sides { y = try y.padded(zip(whole, sides).map { (0, $0 - $1) } + [(0, 0)]) }
        if let shift { y = try y.rolled(by: shift.map { -$0 }, along: axes) }
        y = try windows.joined(attention(windows.cut(y), mask: shift == nil ? nil : mask), to: whole)
        if let shift { y = try y.rolled(by: shift, along: axes) }
        for axis in axes where whole[axis - 1] != sides[axis - 1] {
            y = try y.narrowed(axis, from: 0, length: sides[axis - 1])
        }
        return y
    }
}

/// Halves every side of a map: the tokens of each cell of 2×2 or 2×2×2 are joined, normalised and mapped to twice the
/// channels.
struct PatchMerging: Layer {
    private let norm: LayerNorm
    private let reduction: Linear
    private let order: [Int]

    /// The order in which published checkpoints join the tokens of a cell, as offsets along i, j and k.
    static let ofVolumes = [
        [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1],
    ]

    /// The same for pictures: offsets along rows and columns.
    static let ofPictures = [[0, 0], [1, 0], [0, 1], [1, 1]]

    /// - Parameters:
    ///   - weights: holds `reduction` and `norm`.
    ///   - cell: the offsets of a cell's tokens in the order of the checkpoint's channels.
    init(_ weights: Weights, channels: Int, cell: [[Int]] = ofVolumes) throws(NetworkError) {
        reduction = try Linear(weights["reduction"], from: cell.count * channels, to: 2 * channels, bias: false)
        norm = try LayerNorm(weights["norm"], width: cell.count * channels)
        order = cell.map { $0.reduce(0) { 2 * $0 + $1 } }
    }

    /// - Parameter x: `[batch, side…, channel]`; odd sides are padded with a zero at the far end.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let sides = Array(x.shape.dropFirst().dropLast())
        let (axes, channels) = (sides.count, x.shape[sides.count + 1])
        let isEven = sides.allSatisfy { $0 % 2 == 0 }
        let even = isEven ? x : try x.padded(sides.map { (0, $0 % 2) } + [(0, 0)])
        let halves = sides.map { ($0 + 1) / 2 }
        let order = [0] + (0..<axes).map { 2 * $0 + 1 } + (0..<axes).map { 2 * $0 + 2 } + [2 * axes + 1]
        let cells = try even.reshaped([x.shape[0]] + halves.flatMap { [$0, 2] } + [channels]).permuted(order)
            .reshaped([x.shape[0]] + halves + [1 << axes, channels])
        let joined = try cells.taking(self.order, along: axes + 1)
        return try reduction(norm(joined.reshaped([x.shape[0]] + halves + [channels << axes])))
    }
}
