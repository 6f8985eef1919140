internal import BrainData

/// How well each lesion of a region was found, and how many were made up: the scores by which BraTS ranks since 2023.
///
/// The parts of the prediction are its voxels that touch by a face, edge or corner. A lesion is what hangs together of the
/// expert's region once that is grown (``LesionRules/dilations``); it is compared with all parts of the prediction that
/// reach into the grown lesion, each taken whole. Parts that reach into none are false.
public struct LesionWiseScores: Sendable, Equatable, Codable {
    /// One lesion of the expert.
    public struct Lesion: Sendable, Equatable, Codable {
        /// Its volume in cubic millimetres.
        public let volume: Double
        /// The overlap with the parts found, 0 to 1.
        public let dice: Double
        /// The 95th percentile of the surface distances in millimetres; ``LesionWiseScores/missDistance`` where it was
        /// missed.
        public let hd95: Double
        /// Whether a part of the prediction reaches into it.
        public let isFound: Bool
        /// Whether it is large enough to count.
        public let counts: Bool
    }

    /// The distance given to a lesion that was missed or made up, in millimetres.
    public static let missDistance = 374.0

    /// All lesions of the expert, those too small to count among them.
    public let lesions: [Lesion]
    /// Parts of the prediction that reach into no lesion; every one counts, however small.
    public let falseLesions: Int

    /// Lesions that count and were found.
    public var found: Int { lesions.count { $0.counts && $0.isFound } }
    /// Lesions that count and were missed.
    public var missed: Int { lesions.count { $0.counts && !$0.isFound } }

    /// The mean Dice over lesions that count and false ones, which have 0; 1 where there are none of either.
    public var dice: Double { mean(\.dice, ofFalse: 0) ?? 1 }
    /// The mean HD95 over lesions that count and false ones, which have ``missDistance``; 0 where there are none.
    public var hd95: Double { mean(\.hd95, ofFalse: Self.missDistance) ?? 0 }

    private func mean(_ score: (Lesion) -> Double, ofFalse miss: Double) -> Double? {
        let scores = lesions.filter(\.counts).map(score)
        let count = scores.count + falseLesions
        return count == 0 ? nil : (scores.reduce(0, +) + miss * Double(falseLesions)) / Double(count)
    }

    init(_ pair: MaskPair, rules: LesionRules) {
        let margin = rules.dilations + 1
        guard let box = Box(holding: [pair.prediction, pair.truth])?.grown(by: margin, within: pair.truth.grid.size)
        else {
            (lesions, falseLesions) = ([], 0)
            return
        }
        let search = LesionSearch(pair, in: box, dilations: rules.dilations)
        // A header's spacing may be a rounding above or below 1 mm.
        let limit = rules.largestIgnored * (1 + 1e-6)
        lesions = (1..<search.lesions.boxes.count).map { number in
            let lesion = search.compared(number)
            return Lesion(
                volume: lesion.volume, dice: lesion.dice, hd95: lesion.hd95 ?? Self.missDistance,
                isFound: lesion.hd95 != nil, counts: lesion.volume > limit)
        }
        falseLesions = search.falseParts
    }
}

extension Metric {
    /// The lesion-wise scores by the rules of a task: Dice, HD95, and the counts of lesions found, missed and made up.
    ///
    /// Empty regions follow the rules themselves, whatever the convention for ``dice`` and ``hd95``.
    public static func lesionWise(_ rules: LesionRules) -> [Metric] {
        func metric(
            _ name: String, column: String, _ title: String, unit: String = "", _ better: Direction,
            _ value: @escaping @Sendable (LesionWiseScores) -> Double
        ) -> Metric {
            Metric(name: name, column: column, title: title, unit: unit, better: better) { pair, _ in
                value(pair.lesionWiseScores(rules))
            }
        }
        return [
            metric("lesionWiseDice", column: "lesionwise_dice", "Lesion-wise Dice", .higher) { $0.dice },
            metric("lesionWiseHD95", column: "lesionwise_hd95_mm", "Lesion-wise HD95", unit: "mm", .lower) { $0.hd95 },
            metric("lesionsFound", column: "lesions_found", "Found", unit: "lesions", .neither) { Double($0.found) },
            metric("lesionsMissed", column: "lesions_missed", "Missed", unit: "lesions", .lower) { Double($0.missed) },
            metric("falseLesions", column: "false_lesions", "False", unit: "lesions", .lower) {
                Double($0.falseLesions)
            },
        ]
    }
}
