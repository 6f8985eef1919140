internal import CEngine

/// Losses for maps of overlapping regions, one logit a region and voxel.
public enum SegmentationLoss: String, Sendable, Codable, CaseIterable {
    /// Soft Dice plus binary cross-entropy, each region against all voxels outside it.
    case diceAndBinaryCrossEntropy = "dice-bce"
    /// Soft Dice plus the softmax cross-entropy with multi-hot targets that EoFormer's published script computes. It is zero
    /// on background voxels and treats overlapping regions as rivals; kept for comparison.
    case published = "dice-softmax"

    /// - Parameters:
    ///   - logits: `[batch, region, i, j, k]`.
    ///   - targets: 0 or 1, of the same shape.
    /// - Returns: one number.
    public func callAsFunction(_ logits: Tensor, _ targets: Tensor) throws(NetworkError) -> Tensor {
        let dice = try softDice(logits, targets)
        switch self {
        case .diceAndBinaryCrossEntropy:
            return try dice + Tensor(engine_bce_with_logits(logits.raw, targets.raw))
        case .published:
            let voxels = try (targets * logits.logSoftmax(along: 1)).sum(along: [1])
            return try dice + voxels.mean().scaled(by: -1)
        }
    }

    /// The mean over samples and regions of `1 − (2 Σ p y + ε) / (Σ p + Σ y + ε)`, with ε = 1e-5.
    ///
    /// Milletari, Navab & Ahmadi, *V-Net*, 3DV 2016, [arXiv:1606.04797](https://arxiv.org/abs/1606.04797), with plain sums
    /// in the denominator as MONAI has it.
    private func softDice(_ logits: Tensor, _ targets: Tensor) throws(NetworkError) -> Tensor {
        let p = try logits.sigmoid()
        let axes = [2, 3, 4]
        let common = try (p * targets).sum(along: axes).scaled(by: 2, plus: 1e-5)
        let all = try (p.sum(along: axes) + targets.sum(along: axes)).scaled(by: 1, plus: 1e-5)
        return try (common / all).mean().scaled(by: -1, plus: 1)
    }
}
