import NeuralNet

/// Makes a map finer: every token becomes a cell of `factor` tokens a side, each normalised.
///
/// Cao et al., *Swin-Unet: Unet-like Pure Transformer for Medical Image Segmentation*, ECCV Workshops 2022,
/// [arXiv:2105.05537](https://arxiv.org/abs/2105.05537), section 3.4, along as many axes as the map has.
struct PatchExpanding: Layer {
    private let expansion: Linear
    private let norm: LayerNorm
    private let factor, output: Int

    /// - Parameters:
    ///   - weights: holds `expand` and `norm`.
    ///   - factor: tokens along each side of a cell.
    ///   - axes: of the map.
    init(
        _ weights: Weights, from input: Int, to output: Int, factor: Int, axes: Int = 3
    ) throws(NetworkError) {
        let tokens = (0..<axes).reduce(1) { product, _ in product * factor }
        expansion = try Linear(weights["expand"], from: input, to: tokens * output, bias: false)
        norm = try LayerNorm(weights["norm"], width: output)
        (self.factor, self.output) = (factor, output)
    }

    /// - Parameter x: `[batch, side…, channel]`; a cell's tokens lie in the channels, the last axis varying fastest.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let sides = Array(x.shape.dropFirst().dropLast()), axes = sides.count
        let cells = try expansion(x)
            .reshaped([x.shape[0]] + sides + [Int](repeating: factor, count: axes) + [output])
        let order = [0] + (0..<axes).flatMap { [$0 + 1, $0 + 1 + axes] } + [2 * axes + 1]
        return try norm(cells.permuted(order).reshaped([x.shape[0]] + sides.map { $0 * factor } + [output]))
    }
}
