internal import NeuralNet

/// Attention of all tokens to each other at a cost that grows with their number, not with its square.
///
/// Weights are `φ(qᵢ)·φ(kⱼ) / (Σⱼ φ(qᵢ)·φ(kⱼ) + ε)` with `φ(u) = elu(u) + 1` and ε = 1e-6: sums over keys are formed once for all
/// queries. Katharopoulos, Vyas, Pappas & Fleuret, *Transformers are RNNs*, ICML 2020,
/// [arXiv:2006.16236](https://arxiv.org/abs/2006.16236), section 3.2.
struct LinearAttention: Layer {
    private let inward, outward: Linear
    private let heads: Int

    /// - Parameters:
    ///   - weights: holds `qkv` and `proj`.
    ///   - heads: divides `width`.
    init(_ weights: Weights, width: Int, heads: Int) throws(NetworkError) {
        inward = try Linear(weights["qkv"], from: width, to: 3 * width)
        outward = try Linear(weights["proj"], from: width, to: width)
        self.heads = heads
    }

    /// - Parameter x: `[batch, token, width]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let (queries, keys, values) = try parts(x)
        let context = try keys.permuted([0, 1, 3, 2]).matmul(values)  // [batch, head, feature, feature]
        let taken = try queries.matmul(context) / totals(queries, keys)
        return try outward(taken.permuted([0, 2, 1, 3]).reshaped(x.shape))
    }

    /// The share that each token receives, the mean over queries and heads, `[batch, token]`.
    func shares(of x: Tensor) throws(NetworkError) -> Tensor {
        let (queries, keys, _) = try parts(x)
        let asked = try (queries / totals(queries, keys)).mean(along: [2], keepingAxes: true)
        return try (keys * asked).sum(along: [3]).mean(along: [1])
    }

    /// What the weights of each query are divided by, `[batch, head, token, 1]`.
    private func totals(_ queries: Tensor, _ keys: Tensor) throws(NetworkError) -> Tensor {
        try (queries * keys.sum(along: [2], keepingAxes: true))
            .sum(along: [3], keepingAxes: true).scaled(by: 1, plus: 1e-6)
    }

    /// φ of queries and of keys, and values, `[batch, head, token, width / heads]`.
    private func parts(_ x: Tensor) throws(NetworkError) -> (queries: Tensor, keys: Tensor, values: Tensor) {
        let s = x.shape
        let all = try inward(x).reshaped([s[0], s[1], 3, heads, s[2] / heads]).permuted([2, 0, 3, 1, 4])
        func positive(_ n: Int) throws(NetworkError) -> Tensor {
            try all.selecting(n, along: 0).elu().scaled(by: 1, plus: 1)
        }
        return (try positive(0), try positive(1), try all.selecting(2, along: 0))
    }
}
