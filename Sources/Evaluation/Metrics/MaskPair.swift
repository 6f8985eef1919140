public import BrainData

/// A predicted region and the expert's region on one grid, with what several metrics share: the counts of agreeing and
/// disagreeing voxels, and the distances between the two surfaces.
///
/// Distances are computed when first asked for, so that Dice alone costs one pass over the voxels.
public final class MaskPair {
    public let prediction: Mask
    public let truth: Mask
    /// How many voxels agree and disagree.
    public let overlap: Overlap
    /// The distances between the two surfaces in millimetres; nil where either region is empty.
    public private(set) lazy var surfaceDistances: SurfaceDistances? = SurfaceDistances(of: self)
    private var lesionScores: [LesionRules: LesionWiseScores] = [:]

    /// - Throws: `EvaluationError.gridsDiffer` unless both masks put every voxel in the same place, to within a tenth
    ///   of a voxel; `EvaluationError.grid` where there are no voxels or they have no size.
    public init(prediction: Mask, truth: Mask) throws(EvaluationError) {
        let (found, expected) = (prediction.grid.affine.spacing, truth.grid.affine.spacing)
        // A single slice has no far corner that would betray another thickness.
        let sameSteps = (0..<3).allSatisfy { abs(found[$0] - expected[$0]) <= 0.01 * expected[$0] }
        guard sameSteps, prediction.grid.matches(truth.grid) else {
            throw .gridsDiffer(expected: truth.grid.sentence, found: prediction.grid.sentence)
        }
        guard truth.grid.size.min() > 0, truth.grid.affine.spacing.min() > 0 else {
            throw .grid(truth.grid.sentence)
        }
        precondition(prediction.voxels.count == truth.voxels.count, "masks must fill their grids")
        (self.prediction, self.truth) = (prediction, truth)
        overlap = Overlap(prediction: prediction.voxels, truth: truth.voxels)
    }

    /// How well each lesion was found; computed once for each set of rules.
    public func lesionWiseScores(_ rules: LesionRules) -> LesionWiseScores {
        if let known = lesionScores[rules] { return known }
        let scores = LesionWiseScores(self, rules: rules)
        lesionScores[rules] = scores
        return scores
    }
}

/// The four counts behind every overlap metric, in voxels.
public struct Overlap: Sendable, Equatable {
    /// Predicted, and true.
    public var truePositives = 0
    /// Predicted, and not true.
    public var falsePositives = 0
    /// True, and not predicted.
    public var falseNegatives = 0
    /// Neither.
    public var trueNegatives = 0

    /// Voxels of the predicted region.
    public var predicted: Int { truePositives + falsePositives }
    /// Voxels of the expert's region.
    public var actual: Int { truePositives + falseNegatives }

    /// Counts over two masks of one length.
    init(prediction: [Bool], truth: [Bool]) {
        var (both, predicted, actual) = (0, 0, 0)
        prediction.withUnsafeBufferPointer { prediction in
            truth.withUnsafeBufferPointer { truth in
                for n in 0..<min(prediction.count, truth.count) {
                    let (p, t) = (prediction[n] ? 1 : 0, truth[n] ? 1 : 0)
                    both &+= p & t
                    predicted &+= p
                    actual &+= t
                }
            }
        }
        truePositives = both
        falsePositives = predicted - both
        falseNegatives = actual - both
        trueNegatives = truth.count - predicted - falseNegatives
    }

    /// A share of voxels, for a denominator that may be empty.
    ///
    /// - Returns: `part / whole`; where `whole` is 0, 1 if both regions are empty and 0 if only one is.
    func share(_ part: Int, of whole: Int) -> Double {
        guard whole > 0 else { return predicted == 0 && actual == 0 ? 1 : 0 }
        return Double(part) / Double(whole)
    }
}

extension Grid {
    /// Size, spacing and origin in words, for messages.
    var sentence: String {
        func list(_ v: SIMD3<Double>, decimals: Int) -> String {
            [v.x, v.y, v.z].map { $0.formatted(decimals: decimals) }.joined(separator: " × ")
        }
        let origin = affine.origin
        let place = [origin.x, origin.y, origin.z].map { $0.formatted(decimals: 1) }.joined(separator: ", ")
        return "\(size.x) × \(size.y) × \(size.z) voxels of \(list(affine.spacing, decimals: 2)) mm from (\(place))"
    }
}
