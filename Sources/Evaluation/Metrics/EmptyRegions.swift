/// What Dice and the Hausdorff distances are where a region is empty, so that neither formula is defined.
public enum EmptyRegions: String, Sendable, Codable, CaseIterable {
    /// As the BraTS challenges score: both empty is perfect (Dice 1, distance 0); exactly one empty is a total miss
    /// (Dice 0, distance 373.1287 mm).
    ///
    /// Bakas et al., *Identifying the Best Machine Learning Algorithms for Brain Tumor Segmentation …*, 2018,
    /// [arXiv:1811.02629](https://arxiv.org/abs/1811.02629), and the evaluation pages of the later editions.
    case brats
    /// As the script published with EoFormer scores (She et al., MICCAI 2023), for comparison with its tables only: an
    /// empty prediction is perfect *whatever the truth is*; a prediction where there is no truth has Dice 0 and
    /// distance 0.
    case authors

    /// The diagonal of a BraTS image, 240 × 240 × 155 voxels of 1 mm, in millimetres: the distance given to a miss.
    public static let worstDistance = 373.1287

    /// Dice and distance of a pair of which at least one region is empty; nil where neither is.
    func scores(of overlap: Overlap) -> (dice: Double, distance: Double)? {
        switch (self, overlap.predicted == 0, overlap.actual == 0) {
        case (_, false, false): nil
        case (_, true, true), (.authors, true, _): (1, 0)
        case (.authors, false, true): (0, 0)
        case (.brats, _, _): (0, Self.worstDistance)
        }
    }

    /// Whether a case enters the average of a region that the convention averages selectively.
    ///
    /// The authors' script averages the enhancing tumour only over cases whose distance exceeds 0.001, or whose Dice is
    /// 1 at distance 0. That drops the false alarms, and also any imperfect case with HD95 0.
    func counts(dice: Double, hd95: Double) -> Bool {
        switch self {
        case .brats: true
        case .authors: hd95 > 0.001 || (dice == 1 && hd95 == 0)
        }
    }
}
