internal import NeuralNet

/// The same of both branches of ``SpatialTemporalTransformer``.
struct Branches<Part: Sendable>: Sendable {
    let temporal, spatial: Part
}

extension Branches<Tensor> {
    /// The means over tokens of both branches side by side, `[batch, 2 · width]`.
    func means() throws(NetworkError) -> Tensor {
        try temporal.mean(along: [1]).appending(spatial.mean(along: [1]), along: 1)
    }
}

/// Linear attention over frames and over regions at once, after which each branch is told the means of both, then a perceptron.
///
///     x ← x + attention(norm(x));  x ← x + fusion(means of both);  x ← x + perceptron(norm(x))
struct SpatialTemporalBlock {
    private struct Branch {
        let norm: LayerNorm
        let attention: LinearAttention
        let perceptron: TokenPerceptron

        init(_ weights: Weights, width: Int, heads: Int, dropout: Double) throws(NetworkError) {
            norm = try LayerNorm(weights["norm1"], width: width)
            attention = try LinearAttention(weights["attn"], width: width, heads: heads)
            perceptron = try TokenPerceptron(weights, width: width, dropout: dropout)
        }
    }

    private let branches: Branches<Branch>
    private let fusion: Linear
    private let dropout: Dropout
    private let width: Int

    /// - Parameter weights: holds `temporal`, `spatial` and `fusion`.
    init(_ weights: Weights, width: Int, heads: Int, dropout: Double) throws(NetworkError) {
        branches = Branches(
            temporal: try Branch(weights["temporal"], width: width, heads: heads, dropout: dropout),
            spatial: try Branch(weights["spatial"], width: width, heads: heads, dropout: dropout))
        fusion = try Linear(weights["fusion"], from: 2 * width, to: 2 * width)
        (self.dropout, self.width) = (Dropout(rate: dropout), width)
    }

    /// - Parameter tokens: `[batch, frame, width]` and `[batch, region, width]`.
    func callAsFunction(_ tokens: Branches<Tensor>) throws(NetworkError) -> Branches<Tensor> {
        func attended(_ branch: Branch, _ x: Tensor) throws(NetworkError) -> Tensor {
            try x + dropout(branch.attention(branch.norm(x)))
        }
        let own = Branches(
            temporal: try attended(branches.temporal, tokens.temporal),
            spatial: try attended(branches.spatial, tokens.spatial))
        let common = try dropout(fusion(own.means())).reshaped([-1, 2, 1, width])
        return Branches(
            temporal: try branches.temporal.perceptron(own.temporal + common.selecting(0, along: 1)),
            spatial: try branches.spatial.perceptron(own.spatial + common.selecting(1, along: 1)))
    }

    /// The share of attention that each frame and each region receives here, `[batch, frame]` and `[batch, region]`.
    func shares(of tokens: Branches<Tensor>) throws(NetworkError) -> Branches<Tensor> {
        func received(_ branch: Branch, _ x: Tensor) throws(NetworkError) -> Tensor {
            try branch.attention.shares(of: branch.norm(x))
        }
        return Branches(
            temporal: try received(branches.temporal, tokens.temporal),
            spatial: try received(branches.spatial, tokens.spatial))
    }
}
