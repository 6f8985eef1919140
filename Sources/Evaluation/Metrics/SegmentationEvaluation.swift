public import BrainData

/// How well one case was segmented: scores for each region, whatever the regions are.
///
///     let scores = try SegmentationEvaluation(of: "case 7", [("WT", predicted, expert)]).scores["WT"]?.dice
public struct SegmentationEvaluation: Sendable, Equatable, Codable {
    /// A region to be compared: its name, what was predicted and what the expert drew.
    public typealias Region = (name: String, prediction: Mask, truth: Mask)

    /// The case's name.
    public let name: String
    /// How empty regions were scored.
    public let convention: EmptyRegions
    /// The regions in the order given.
    public let regions: [String]
    /// The scores by region.
    public let scores: [String: RegionScores]
    /// Regions of this case that the convention leaves out of averages over cases.
    public let leftOut: [String]

    /// Measures every region.
    ///
    /// - Parameters:
    ///   - selective: regions that the authors' convention averages selectively (their script does so for the
    ///     enhancing tumour, `["ET"]`); the BraTS convention averages every case.
    /// - Throws: `EvaluationError.gridsDiffer`, `EvaluationError.grid`.
    public init(
        of name: String, _ regions: [Region], metrics: [Metric] = Metric.all, convention: EmptyRegions = .brats,
        selective: Set<String> = []
    ) throws(EvaluationError) {
        var (scores, leftOut): ([String: RegionScores], [String]) = ([:], [])
        for region in regions {
            let pair = try MaskPair(prediction: region.prediction, truth: region.truth)
            scores[region.name] = RegionScores(pair, metrics: metrics, empty: convention)
            guard selective.contains(region.name) else { continue }
            let (dice, hd95) = (Metric.dice(pair, empty: convention), Metric.hd95(pair, empty: convention))
            if !convention.counts(dice: dice, hd95: hd95) { leftOut.append(region.name) }
        }
        (self.name, self.convention, self.regions) = (name, convention, regions.map(\.name))
        (self.scores, self.leftOut) = (scores, leftOut)
    }
}

extension [SegmentationEvaluation] {
    /// The regions of all cases in order of first appearance.
    var allRegions: [String] {
        var regions: [String] = []
        for region in flatMap(\.regions) where !regions.contains(region) { regions.append(region) }
        return regions
    }
}
