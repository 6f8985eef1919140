public import NeuralNet

/// What training a registration network, or refining one pair, makes small: each is one number.
///
/// Images are `[batch, channel, i, j, k]`, fields `[batch, 3, i, j, k]` in voxels.
public enum RegistrationLoss {
    /// Minus the squared correlation of two images in a cube around every voxel, on average: -1 is perfect, and neither
    /// image's brightness nor contrast matters.
    ///
    /// Avants et al., *Symmetric diffeomorphic image registration with cross-correlation*, Medical Image Analysis 12,
    /// 2008, [doi:10.1016/j.media.2007.06.004](https://doi.org/10.1016/j.media.2007.06.004). As in TransMorph zeros lie
    /// around the images, and 1e-5 is added to the product of variances.
    ///
    /// - Parameter window: voxels along each side of the cube, odd.
    public static func localCorrelation(_ a: Tensor, _ b: Tensor, window: Int = 9) throws(NetworkError) -> Tensor {
        let share = 1 / Double(window * window * window)
        let (sumA, sumB) = (try a.boxSum(window: window), try b.boxSum(window: window))
        let common = try (a * b).boxSum(window: window) - (sumA * sumB).scaled(by: share)
        let varianceA = try a.squared().boxSum(window: window) - sumA.squared().scaled(by: share)
        let varianceB = try b.squared().boxSum(window: window) - sumB.squared().scaled(by: share)
        return try (common.squared() / (varianceA * varianceB).scaled(by: 1, plus: 1e-5)).mean().scaled(by: -1)
    }

    /// The mean squared difference of two images.
    public static func meanSquaredError(_ a: Tensor, _ b: Tensor) throws(NetworkError) -> Tensor {
        try (a - b).squared().mean()
    }

    /// 1 − Dice of one-hot labels, `(2 Σ x y + ε) / (Σ x² + Σ y² + ε)` with ε = 1e-5, averaged over labels and batch.
    ///
    /// Milletari, Navab & Ahmadi, *V-Net*, 3DV 2016, [arXiv:1606.04797](https://arxiv.org/abs/1606.04797).
    ///
    /// - Parameters:
    ///   - a: `[batch, label, i, j, k]`, from 0 to 1.
    ///   - b: of the same shape.
    ///   - squares: whether the denominator adds squares, as published. Labels that interpolation blurs have small ones, so
    ///     that a shift by half a voxel looks like progress; without squares it does not.
    public static func dice(_ a: Tensor, _ b: Tensor, squares: Bool = true) throws(NetworkError) -> Tensor {
        let axes = [2, 3, 4]
        let common = try (a * b).sum(along: axes).scaled(by: 2, plus: 1e-5)
        let (own, other) = squares ? (try a.squared(), try b.squared()) : (a, b)
        let all = try (own.sum(along: axes) + other.sum(along: axes)).scaled(by: 1, plus: 1e-5)
        return try (common / all).mean().scaled(by: -1, plus: 1)
    }

    /// How rough a field is: the mean squared difference to the next voxel, averaged over the three axes.
    ///
    /// - Precondition: every side has at least two voxels.
    public static func diffusion(_ field: Tensor) throws(NetworkError) -> Tensor {
        let parts = try (2...4).map { (axis) throws(NetworkError) in
            let side = field.shape[axis]
            precondition(side > 1, "a field of \(field.shape) has no differences")
            let next = try field.narrowed(axis, from: 1, length: side - 1)
            return try (next - field.narrowed(axis, from: 0, length: side - 1)).squared().mean()
        }
        return try (parts[0] + parts[1] + parts[2]).scaled(by: 1.0 / 3)
    }

    /// How much a field folds: the mean of `max(0, −det J)` with differences to the next voxel.
    ///
    /// Mok & Chung, *Fast Symmetric Diffeomorphic Image Registration*, CVPR 2020,
    /// [arXiv:2003.09514](https://arxiv.org/abs/2003.09514).
    public static func folding(_ field: Tensor) throws(NetworkError) -> Tensor {
        try FlowField(field).jacobianDeterminants(.forward).scaled(by: -1).relu().mean()
    }

    /// How far there and back misses the start: the squared distance in voxels, averaged over voxels.
    ///
    /// - Parameters:
    ///   - there: the field from one image to the other.
    ///   - back: the field that should undo it.
    public static func inverseConsistency(_ there: Tensor, _ back: Tensor) throws(NetworkError) -> Tensor {
        let round = try FlowField(there).composed(after: FlowField(back)).displacements
        return try round.squared().sum(along: [1]).mean()
    }

    /// The weights of ``symmetric(_:_:_:_:_:)``, as published.
    public struct SymmetricWeights: Sendable, Codable, Equatable {
        public var similarity = 1.0
        public var smoothness = 0.01
        public var folding = 1000.0
        public var consistency = 10.0

        public init() {}
    }

    /// What Swin-VoxelMorph makes small: the difference of images, roughness and folds in both directions, and how far there
    /// and back misses the start.
    ///
    /// Zhu & Lu, *Swin-VoxelMorph*, MICCAI 2022,
    /// [doi:10.1007/978-3-031-16446-0_8](https://doi.org/10.1007/978-3-031-16446-0_8).
    ///
    /// - Parameters:
    ///   - moving, fixed: images, `[batch, channel, i, j, k]`.
    ///   - there: the field that brings the moving image onto the fixed one.
    ///   - back: the field that brings the fixed image onto the moving one.
    public static func symmetric(
        _ moving: Tensor, _ fixed: Tensor, _ there: FlowField, _ back: FlowField, _ weights: SymmetricWeights = .init()
    ) throws(NetworkError) -> Tensor {
        let (u, w) = (there.displacements, back.displacements)
        let similarity = try meanSquaredError(there.warp(moving), fixed) + meanSquaredError(back.warp(fixed), moving)
        let smoothness = try diffusion(u) + diffusion(w)
        let folds = try folding(u) + folding(w)
        let images = try similarity.scaled(by: weights.similarity) + smoothness.scaled(by: weights.smoothness)
        return try images + folds.scaled(by: weights.folding)
            + inverseConsistency(u, w).scaled(by: weights.consistency)
    }

    /// How far a velocity, drawn with a mean and a variance of its own at every voxel, departs from smooth ones: the
    /// Kullback-Leibler divergence up to a constant, `1.5 (mean(λ d σ² − ln σ²) + λ/2 · diffusion)`, where d counts a voxel's
    /// neighbours.
    ///
    /// Dalca et al., *Unsupervised learning of probabilistic diffeomorphic registration*, Medical Image Analysis 57, 2019,
    /// [arXiv:1903.03545](https://arxiv.org/abs/1903.03545), equation 9, as TransMorph-diff is trained with it.
    ///
    /// - Parameters:
    ///   - field: whose roughness counts: the mean of the velocity, or what it integrates to as the authors' program takes.
    ///   - logarithm: ln σ² of each number of the velocity, `[batch, 3, i, j, k]`.
    ///   - precision: λ, how smooth velocities are expected to be.
    public static func divergence(
        _ field: Tensor, logarithm: Tensor, precision: Double = 10
    ) throws(NetworkError) -> Tensor {
        let degrees = try neighbourCounts(Array(logarithm.shape.suffix(3))).converted(to: logarithm.type)
            .moved(to: logarithm.device)
        let spread = try ((logarithm.exp() * degrees).scaled(by: precision) - logarithm).mean()
        return try (spread + diffusion(field).scaled(by: precision / 2)).scaled(by: 1.5)
    }

    /// How many of its six neighbours every voxel has, `[1, 1, i, j, k]`.
    private static func neighbourCounts(_ sides: [Int]) throws(NetworkError) -> Tensor {
        var counts = try Tensor(repeating: 0, shape: [1, 1] + sides)
        for (axis, side) in sides.enumerated() {
            var shape = [1, 1, 1, 1, 1]
            shape[axis + 2] = side
            let line = (0..<side).map { Float(($0 > 0 ? 1 : 0) + ($0 < side - 1 ? 1 : 0)) }
            counts = try counts + Tensor(line, shape: shape)
        }
        return counts
    }

    /// Minus what one image tells about the other, in nats: for scans of different contrasts. Every voxel is spread
    /// over the bins with a Gaussian half a bin wide.
    ///
    /// Viola & Wells, *Alignment by Maximization of Mutual Information*, IJCV 24, 1997,
    /// [doi:10.1023/A:1007958904918](https://doi.org/10.1023/A:1007958904918). The memory is `bins` times that of the
    /// images.
    ///
    /// - Parameters:
    ///   - a: intensities from 0 to 1.
    ///   - b: of the same shape.
    ///   - bins: levels of intensity, at least 2.
    public static func mutualInformation(_ a: Tensor, _ b: Tensor, bins: Int = 32) throws(NetworkError) -> Tensor {
        precondition(bins > 1, "\(bins) bins")
        let (shareA, shareB) = (try parzen(a, bins), try parzen(b, bins))
        let joint = try shareA.permuted([1, 0]).matmul(shareB).scaled(by: 1 / Double(a.count))
        let apart = try joint.sum(along: [1], keepingAxes: true) * joint.sum(along: [0], keepingAxes: true)
        let tiny = 1e-12
        let surprise = try joint.scaled(by: 1, plus: tiny).log() - apart.scaled(by: 1, plus: tiny).log()
        return try (joint * surprise).sum().scaled(by: -1)
    }

    /// How every voxel is shared among the bins, `[voxel, bin]`; each row sums to 1.
    private static func parzen(_ x: Tensor, _ bins: Int) throws(NetworkError) -> Tensor {
        let centres = try Tensor((0..<bins).map { Float($0) / Float(bins - 1) }, shape: [1, bins])
            .converted(to: x.type).moved(to: x.device)
        let width = 0.5 / Double(bins - 1)
        let distance = try (x.reshaped([-1, 1]) - centres).squared()
        return try distance.scaled(by: -0.5 / (width * width)).softmax(along: 1)
    }
}
