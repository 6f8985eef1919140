import NeuralNet

/// A 3×3×3 convolution that is trained with fixed edge filters and an identity beside it, normalised and activated.
///
/// `u = conv(x) + Σ edge(x) + x`, then zero mean and unit variance over a voxel's channels, then PReLU. An edge branch is a
/// 1×1×1 convolution followed by a depth-wise Sobel or Laplacian filter with a learned scale and bias a channel. As all of
/// it is linear, the branches fold into the convolution's kernel exactly, borders included, because the map between the
/// two steps is surrounded by the first one's bias.
///
/// She et al., *EoFormer*, MICCAI 2023, section 2.2; the identity branch and PReLU are in the authors' code only. With
/// `form: .folded` a network in training folds the kernel anew at every step: the same gradients at the cost of one
/// convolution. The bias `b0` cancels, since the filters sum to zero: its gradient is zero in either form.
struct EdgeConvolution: Mixer {
    /// The fixed filters of the branches.
    enum Filters: String {
        case sobel, laplacian

        var branches: [(name: String, mask: [Float])] {
            let smooth: [Float] = [1, 2, 1], edge: [Float] = [-1, 0, 1]
            switch self {
            case .sobel:
                return [
                    ("conv1x1x1_sbx", outer(smooth, smooth, edge)), ("conv1x1x1_sby", outer(smooth, edge, smooth)),
                    ("conv1x1x1_sbz", outer(edge, smooth, smooth)),
                ]
            case .laplacian:
                let distance: [Float] = [1, 0, 1]  // of a tap from the centre, along one axis
                let taps = distance.flatMap { a in distance.flatMap { b in distance.map { a + b + $0 } } }
                return [("conv1x1x1_lpl", taps.map { $0 == 0 ? -6 : $0 == 1 ? 1 : 0 })]
            }
        }

        private func outer(_ a: [Float], _ b: [Float], _ c: [Float]) -> [Float] {
            a.flatMap { a in b.flatMap { b in c.map { a * b * $0 } } }
        }
    }

    private let weight, bias: Tensor
    private let branches: [EdgeBranch]
    private let activation: PReLU
    private let form: EoFormer.Form
    private let folded: (weight: Tensor, bias: Tensor)?

    /// - Parameter weights: holds `conv3x3x3`, one place for each branch, and `act`.
    init(_ weights: Weights, channels: Int, filters: Filters, form: EoFormer.Form) throws(NetworkError) {
        let convolution = weights["conv3x3x3"]
        let start = Weights.Start.uniform(bound: 1 / Float(27 * channels).squareRoot())
        weight = try convolution.tensor("weight", shape: [channels, channels, 3, 3, 3], start: start)
        bias = try convolution.tensor("bias", shape: [channels], start: start)
        branches = try filters.branches.map { (branch) throws(NetworkError) in
            try EdgeBranch(weights[branch.name], channels: channels, mask: branch.mask)
        }
        activation = try PReLU(weights["act"], channels: channels)
        self.form = form
        folded =
            form == .folded && !weights.areTrainable
            ? try Self.fold(weight, bias, branches, in: .float64) : nil
    }

    /// - Parameter x: `[batch, i, j, k, channel]`.
    /// - Returns: `[batch, i, j, k, channel]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let map = try x.channelsToFront()
        let mixed: Tensor
        switch form {
        case .folded:
            let one = if let folded { folded } else { try Self.fold(weight, bias, branches, in: weight.type) }
            mixed = try map.convolved(one.weight, one.bias, padding: 1)
        case .branches:
            var sum = try map.convolved(weight, bias, padding: 1) + map
            for branch in branches { sum = try sum + branch(map) }
            mixed = sum
        }
        let normal = try mixed.channelsToEnd().layerNormalised(epsilon: 1e-5)
        return try activation(normal.channelsToFront()).channelsToEnd()
    }

    func fused(after norm: LayerNorm, scale: Tensor?, products: ElementType) throws(NetworkError) -> (any Layer)? {
        guard let folded,
            let path = FusedConvolution.Residual(
                norm: norm, bias: folded.bias, epsilon: 1e-5, activation: activation, scale: scale)
        else { return nil }
        return try FusedConvolution(folded.weight, residual: path)
    }

    /// One kernel and bias that do what the convolution, its branches and the identity do together.
    private static func fold(
        _ weight: Tensor, _ bias: Tensor, _ branches: [EdgeBranch], in type: ElementType
    ) throws(NetworkError) -> (weight: Tensor, bias: Tensor) {
        let channels = bias.shape[0]
        var identity = [Float](repeating: 0, count: channels * channels * 27)
        for c in 0..<channels { identity[(c * channels + c) * 27 + 13] = 1 }
        var kernel =
            try weight.converted(to: type)
            + Tensor(identity, shape: weight.shape).converted(to: type).moved(to: weight.device)
        var shift = try bias.converted(to: type)
        for branch in branches {
            let (k, b) = try branch.folded(in: type)
            (kernel, shift) = (try kernel + k, try shift + b)
        }
        return (try kernel.converted(to: weight.type), try shift.converted(to: bias.type))
    }
}

/// One edge branch: a 1×1×1 convolution, then a fixed depth-wise filter with a learned scale and bias a channel.
private struct EdgeBranch: Layer {
    private let weight, inner, scale, bias, mask: Tensor
    private let channels: Int

    /// - Parameter weights: holds `k0`, `b0`, `scale`, `bias` and `mask`.
    init(_ weights: Weights, channels: Int, mask: [Float]) throws(NetworkError) {
        let start = Weights.Start.uniform(bound: 1 / Float(channels).squareRoot())
        weight = try weights.tensor("k0", shape: [channels, channels, 1, 1, 1], start: start)
        inner = try weights.tensor("b0", shape: [channels], start: start)
        scale = try weights.tensor("scale", shape: [channels, 1, 1, 1, 1], start: .normal(deviation: 1e-3))
        bias = try weights.tensor("bias", shape: [channels], start: .normal(deviation: 1e-3))
        let taps = [[Float]](repeating: mask, count: channels).flatMap(\.self)
        self.mask = try weights.tensor("mask", shape: [channels, 1, 3, 3, 3], start: .values(taps), fixed: true)
        self.channels = channels
    }

    /// - Parameter x: `[batch, channel, i, j, k]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        let margin = (before: 1, after: 1)
        let between =
            try x.convolved(weight).padded([margin, margin, margin])
            + inner.reshaped([1, channels, 1, 1, 1])  // the bias surrounds the map, too
        return try between.convolved(scale * mask, bias, groups: channels)
    }

    func folded(in type: ElementType) throws(NetworkError) -> (weight: Tensor, bias: Tensor) {
        let filter = try scale.converted(to: type) * mask.converted(to: type)  // [channel, 1, 3, 3, 3]
        let shift = try filter.sum(along: [1, 2, 3, 4]) * inner.converted(to: type)
        return (try filter * weight.converted(to: type), try bias.converted(to: type) + shift)
    }
}
