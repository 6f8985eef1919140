public import BrainData
import Foundation

/// How well behaved a map between two scans is, from how much each place grows (``DisplacementField/jacobian()``).
public struct FieldScores: Codable, Sendable, Equatable {
    /// The share of voxels, from 0 to 1, where the map folds: the determinant is not above 0.
    public let foldedShare: Double
    /// The standard deviation of the determinant's natural logarithm, not below 1e-9 there: 0 for a map that grows
    /// alike everywhere.
    public let logJacobianDeviation: Double
    /// The smallest and the largest determinant.
    public let smallest, largest: Double

    /// - Parameters:
    ///   - jacobian: determinants.
    ///   - mask: where they count, on the same grid; everywhere if left out.
    public init(_ jacobian: Volume, in mask: Mask? = nil) {
        var (folds, count, sum, squares) = (0, 0, 0.0, 0.0)
        var (least, most) = (Double.infinity, -Double.infinity)
        for n in 0..<jacobian.grid.count where mask?.voxels[n] ?? true {
            let growth = Double(jacobian.voxels[n]), logarithm = log(max(growth, 1e-9))
            if !(growth > 0) { folds += 1 }
            (count, sum, squares) = (count + 1, sum + logarithm, squares + logarithm * logarithm)
            (least, most) = (min(least, growth), max(most, growth))
        }
        let number = Double(max(1, count)), mean = sum / number
        foldedShare = Double(folds) / number
        logJacobianDeviation = max(0, squares / number - mean * mean).squareRoot()
        (smallest, largest) = count > 0 ? (least, most) : (1, 1)
    }
}

/// How well warped labels lie on those of the fixed scan.
public struct LabelOverlap: Codable, Sendable, Equatable {
    /// The Dice coefficient of each label that both maps hold, by its number.
    public let dice: [UInt16: Double]
    /// Their mean; nil where the maps have no label in common.
    public let mean: Double?
    /// Labels that only the one or only the other map holds; they do not count.
    public let onlyWarped, onlyTrue: [UInt16]

    /// - Throws: `EvaluationError.gridsDiffer` where the maps do not lie on one grid.
    public init(warped: LabelMap, truth: LabelMap) throws(EvaluationError) {
        guard warped.grid.matches(truth.grid) else {
            throw .gridsDiffer(expected: truth.grid.sentence, found: warped.grid.sentence)
        }
        let labels = Int(UInt16.max) + 1
        var own = [Int](repeating: 0, count: labels), other = own, common = own
        for (a, b) in zip(warped.voxels, truth.voxels) {
            own[Int(a)] += 1
            other[Int(b)] += 1
            if a == b { common[Int(a)] += 1 }
        }
        let shared = (1..<labels).filter { own[$0] > 0 && other[$0] > 0 }
        dice = Dictionary(
            uniqueKeysWithValues: shared.map { (UInt16($0), 2 * Double(common[$0]) / Double(own[$0] + other[$0])) })
        mean = shared.isEmpty ? nil : dice.values.sorted().reduce(0, +) / Double(shared.count)
        onlyWarped = (1..<labels).filter { own[$0] > 0 && other[$0] == 0 }.map(UInt16.init)
        onlyTrue = (1..<labels).filter { own[$0] == 0 && other[$0] > 0 }.map(UInt16.init)
    }
}
