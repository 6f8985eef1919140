internal import Foundation

/// Whether paired differences lie around zero: Wilcoxon's signed-rank test, two-sided.
///
/// Wilcoxon, *Individual Comparisons by Ranking Methods*, Biometrics Bulletin 1(6), 1945. Differences of zero are left out, equal
/// ones share their ranks. Up to 50 differences the probability is exact, given those ranks; beyond it is the normal
/// approximation, corrected for ties.
public struct Wilcoxon: Sendable, Equatable {
    /// Differences that are not zero.
    public let pairs: Int
    /// The sum of the ranks of positive differences.
    public let positiveRanks: Double
    /// How likely ranks as uneven as these are where signs are tossed; 1 without any difference.
    public let probability: Double

    /// The matched-pairs rank-biserial correlation, from −1 (all differences negative) to 1 (all positive).
    ///
    /// Kerby, *The simple difference formula*, Comprehensive Psychology 3, 2014.
    public var effect: Double { pairs == 0 ? 0 : 2 * positiveRanks / total - 1 }

    private var total: Double { Double(pairs * (pairs + 1)) / 2 }

    /// - Parameter differences: of which those that are no numbers are left out, too.
    public init(_ differences: [Double]) {
        let sorted = differences.filter { $0 != 0 && !$0.isNaN }.sorted { abs($0) < abs($1) }
        pairs = sorted.count
        var twice: [Int] = []  // twice the ranks, which are whole even where they are shared
        var ties = 0.0
        var first = 0
        while first < sorted.count {
            let last = sorted[first...].prefix { abs($0) == abs(sorted[first]) }.endIndex
            twice += [Int](repeating: first + 1 + last, count: last - first)
            let shared = Double(last - first)
            ties += shared * shared * shared - shared
            first = last
        }
        let positive = zip(sorted, twice).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
        positiveRanks = Double(positive) / 2
        probability =
            pairs == 0
            ? 1 : pairs <= 50 ? Self.exact(twice, positive) : Self.normal(pairs, Double(positive) / 2, ties)
    }

    /// The share of all 2ⁿ choices of signs whose sum of ranks lies as far from the middle or farther.
    private static func exact(_ ranks: [Int], _ positive: Int) -> Double {
        let total = ranks.reduce(0, +)
        var ways = [Double](repeating: 0, count: total + 1)
        ways[0] = 1
        for rank in ranks {
            for sum in stride(from: total, through: rank, by: -1) { ways[sum] = (ways[sum] + ways[sum - rank]) / 2 }
            for sum in 0..<rank { ways[sum] /= 2 }
        }
        let far = abs(2 * positive - total)
        return min(1, ways.enumerated().reduce(0) { $0 + (abs(2 * $1.offset - total) >= far ? $1.element : 0) })
    }

    private static func normal(_ pairs: Int, _ positive: Double, _ ties: Double) -> Double {
        let n = Double(pairs)
        let variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48
        return erfc(abs(positive - n * (n + 1) / 4) / (2 * variance).squareRoot())
    }
}
