import NeuralNet

/// Mixes the nodes of a graph that it draws itself: attention decides which nodes are neighbours, and messages go along the
/// strongest edges only; then a filter of polynomials of the graph reaches farther.
///
/// GraformerDIR-style, after the abstract of Yang et al., Computers in Biology and Medicine 148, 105799, 2022; what it leaves
/// open is chosen here. Defferrard et al., *Convolutional Neural Networks on Graphs with Fast Localized Spectral Filtering*,
/// NeurIPS 2016, [arXiv:1606.09375](https://arxiv.org/abs/1606.09375), equation 4.
struct GraphLayer: Layer {
    private let queries, keys, values: Linear
    private let filters: [Linear]
    private let norm1, norm2: LayerNorm
    private let heads, neighbours: Int

    /// - Parameters:
    ///   - weights: holds `queries`, `keys`, `values`, `norm1`, `chebyshev` and `norm2`.
    ///   - heads: divides `channels`.
    ///   - neighbours: edges that a node keeps in each head.
    ///   - order: polynomials of the filter.
    init(
        _ weights: Weights, channels: Int, heads: Int, neighbours: Int, order: Int
    ) throws(NetworkError) {
        queries = try Linear(weights["queries"], from: channels, to: channels, bias: false)
        keys = try Linear(weights["keys"], from: channels, to: channels, bias: false)
        values = try Linear(weights["values"], from: channels, to: channels, bias: false)
        norm1 = try LayerNorm(weights["norm1"], width: channels)
        filters = try (0..<order).map { (n) throws(NetworkError) in
            try Linear(weights["chebyshev"][n], from: channels, to: channels, bias: n == 0)
        }
        norm2 = try LayerNorm(weights["norm2"], width: channels)
        (self.heads, self.neighbours) = (heads, neighbours)
    }

    /// - Parameter x: `[batch, node, channel]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let adjacency = try adjacency(of: x)
        let messages = try adjacency.matmul(cut(values(x))).permuted([0, 2, 1, 3]).reshaped(x.shape)
        let mixed = try norm1(x + messages.gelu())
        return try norm2(mixed + filtered(mixed, adjacency.mean(along: [1])))
    }

    /// `[batch, node, channel]` to `[batch, head, node, channel]`.
    private func cut(_ x: Tensor) throws(NetworkError) -> Tensor {
        try x.reshaped([x.shape[0], x.shape[1], heads, x.shape[2] / heads]).permuted([0, 2, 1, 3])
    }

    /// Attention without its weak edges, made symmetric and divided by the nodes' degrees: `D^-½ S D^-½`,
    /// `[batch, head, node, node]`.
    private func adjacency(of x: Tensor) throws(NetworkError) -> Tensor {
        let scale = 1 / (Double(x.shape[2]) / Double(heads)).squareRoot()
        let scores = try cut(queries(x)).scaled(by: scale).matmul(cut(keys(x)).permuted([0, 1, 3, 2]))
        let strong = try scores.softmax(along: 3).keepingLargest(min(neighbours, x.shape[1]), along: 3)
        let even = try (strong + strong.permuted([0, 1, 3, 2])).scaled(by: 0.5)
        let root = try even.sum(along: [3], keepingAxes: true).log().scaled(by: -0.5).exp()
        return try even * root * root.permuted([0, 1, 3, 2])
    }

    /// Σ Tₖ(L̃) x Θₖ with Chebyshev's polynomials of the Laplacian, which lies between −1 and 1 as `L̃ = −adjacency`.
    private func filtered(_ x: Tensor, _ adjacency: Tensor) throws(NetworkError) -> Tensor {
        var (before, now) = (x, try adjacency.matmul(x).scaled(by: -1))
        var sum = try filters[0](x)
        for filter in filters.dropFirst() {
            sum = try sum + filter(now)
            (before, now) = (now, try adjacency.matmul(now).scaled(by: -2) - before)
        }
        return sum
    }
}
