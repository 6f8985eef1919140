internal import NeuralNet

/// Gathers tokens into clusters around centres that start orthonormal (OCREAD): every cluster becomes the sum of the tokens,
/// each by the share in which it belongs there.
///
/// Kan et al., *Brain Network Transformer*, NeurIPS 2022, [arXiv:2210.06681](https://arxiv.org/abs/2210.06681), section 3.2; see
/// ``BrainNetworkTransformer`` for how the public program differs from it.
struct ClusterReadout {
    /// The perceptron over all of a subject's tokens at once; empty as the paper has it.
    private let encoder: [Linear]
    private let centres: Tensor
    private let readout: BrainNetworkTransformer.Readout

    /// - Parameter weights: holds `encoder`, `dec.encoder`, which is the same, and `dec.assignment.cluster_centers`.
    init(_ weights: Weights, _ c: BrainNetworkTransformer.Configuration, clusters: Int) throws(NetworkError) {
        let all = c.regions * c.width
        let sizes = [all, c.bottleneck, c.bottleneck, all]
        readout = c.readout
        encoder =
            c.readout == .paper
            ? []
            : try (0..<3).map { (n) throws(NetworkError) in
                for part in ["weight", "bias"] { weights["dec"]["encoder"][2 * n].accept(part) }
                return try Linear(weights["encoder"][2 * n], from: sizes[n], to: sizes[n + 1])
            }
        centres = try weights["dec"]["assignment"].tensor(
            "cluster_centers", shape: [clusters, c.width], start: .orthonormal, fixed: c.frozenCentres)
    }

    /// - Parameter x: `[batch, token, width]`.
    /// - Returns: clusters, `[batch, cluster, width]`, and to what share each token belongs to each, `[batch, token, cluster]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> (clusters: Tensor, assignment: Tensor) {
        let tokens = try encoded(x)
        var scores = try tokens.linear(centres)
        if readout == .shipped {
            let shortening = try centres.squared().sum(along: [1]).log().scaled(by: -0.5).exp()
            scores = try scores.squared() * shortening
        }
        let assignment = try scores.softmax(along: 2)
        return (try assignment.permuted([0, 2, 1]).matmul(tokens), assignment)
    }

    private func encoded(_ x: Tensor) throws(NetworkError) -> Tensor {
        guard encoder.count == 3 else { return x }
        let flat = try x.reshaped([x.shape[0], x.shape[1] * x.shape[2]])
        return try encoder[2](encoder[1](encoder[0](flat).leakyReLU()).leakyReLU()).reshaped(x.shape)
    }
}
