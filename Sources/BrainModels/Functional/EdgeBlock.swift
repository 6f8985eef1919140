internal import NeuralNet

/// Connectivity as attention needs it.
struct ConnectivityGraph {
    /// r and |r|, `[batch, 1, region, region]`.
    let signed, strength: Tensor
    /// 0 between neighbours and −∞ elsewhere, `[batch, 1, region, region]`; nil where all are neighbours.
    let barrier: Tensor?

    /// - Parameters:
    ///   - x: `[batch, region, region]`.
    ///   - neighbours: that each region keeps, those of the largest |r| in its row, beside itself; 0 for all.
    init(_ x: Tensor, neighbours: Int) throws(NetworkError) {
        let regions = x.shape[1]
        signed = try x.reshaped([x.shape[0], 1, regions, regions])
        strength = try signed.relu() + signed.scaled(by: -1).relu()
        guard neighbours > 0 else {
            barrier = nil
            return
        }
        let diagonal = (0..<regions * regions).map { Float($0 % (regions + 1) == 0 ? 1 : 0) }
        let itself = try Tensor(diagonal, shape: [regions, regions]).converted(to: x.type).moved(to: x.device)
        let others = try strength.detached() * itself.scaled(by: -1, plus: 1)
        // Whatever is above zero becomes 1, however weak.
        let kept = try others.keepingLargest(neighbours, along: 3).scaled(by: 1e30).clamped(to: 0...1)
        barrier = try (kept + itself).log()
    }
}

/// Attention between regions with a bias by their edge, and a perceptron, each behind a layer norm and added to what came in.
struct EdgeBlock {
    private let norm: LayerNorm
    private let inward, outward: Linear
    private let edges: Tensor
    private let perceptron: TokenPerceptron
    private let dropout: Dropout
    private let heads: Int

    /// - Parameter weights: holds `norm1`, `attn.qkv`, `attn.edges` (for r and |r| in each head), `attn.proj`, `norm2`, `fc1`, `fc2`.
    init(_ weights: Weights, width: Int, heads: Int, dropout: Double) throws(NetworkError) {
        norm = try LayerNorm(weights["norm1"], width: width)
        inward = try Linear(weights["attn"]["qkv"], from: width, to: 3 * width)
        edges = try weights["attn"].tensor("edges", shape: [heads, 2])
        outward = try Linear(weights["attn"]["proj"], from: width, to: width)
        perceptron = try TokenPerceptron(weights, width: width, dropout: dropout)
        (self.dropout, self.heads) = (Dropout(rate: dropout), heads)
    }

    /// - Parameter x: `[batch, region, width]`.
    /// - Returns: tokens of the same shape, and how much each took from every other, `[batch, head, region, region]`.
    func mixed(_ x: Tensor, _ graph: ConnectivityGraph) throws(NetworkError) -> (tokens: Tensor, weights: Tensor) {
        let s = x.shape
        let parts = try inward(norm(x)).reshaped([s[0], s[1], 3, heads, s[2] / heads]).permuted([2, 0, 3, 1, 4])
        let queries = try parts.selecting(0, along: 0).scaled(by: 1 / Double(s[2] / heads).squareRoot())
        let products = try queries.matmul(parts.selecting(1, along: 0).permuted([0, 1, 3, 2]))
        var scores = try products + bias(of: graph)
        if let barrier = graph.barrier { scores = try scores + barrier }
        let weights = try scores.softmax(along: 3)
        let taken = try dropout(weights).matmul(parts.selecting(2, along: 0)).permuted([0, 2, 1, 3]).reshaped(s)
        return (try perceptron(x + dropout(outward(taken))), weights)
    }

    /// `a · r + b · |r|` with a pair of numbers a head, `[batch, head, region, region]`.
    private func bias(of graph: ConnectivityGraph) throws(NetworkError) -> Tensor {
        func factor(_ n: Int) throws(NetworkError) -> Tensor {
            try edges.selecting(n, along: 1).reshaped([1, heads, 1, 1])
        }
        return try graph.signed * factor(0) + graph.strength * factor(1)
    }
}
