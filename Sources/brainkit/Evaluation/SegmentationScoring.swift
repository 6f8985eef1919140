import BrainData
import Evaluation
import Foundation

/// Reads results and truths, and scores them case by case.
struct SegmentationScoring {
    /// Which lesion-wise scores are taken.
    enum Lesions {
        case none
        /// By the task that each case's name tells.
        case byName
        case by(LesionRules)

        func rules(for name: String) -> LesionRules? {
            switch self {
            case .none: nil
            case .byName: LesionRules(caseName: name)
            case .by(let rules): rules
            }
        }
    }

    /// One case that was scored.
    struct Score {
        let pair: LabelMapMatching.Pair
        let evaluation: SegmentationEvaluation
        let scheme: LabelScheme
        let rules: LesionRules?
        /// By region; empty where no probabilities were asked for or found.
        let calibrations: [String: Calibration]
    }

    /// The regions of one case, as predicted and as drawn by the expert.
    struct Maps {
        let predicted, expert: LabelMap
        let scheme: LabelScheme
        let regions: [SegmentationEvaluation.Region]
    }

    static let regions: [TumourRegion] = [.wt, .tc, .et]

    let truth: URL
    let scheme: LabelScheme?
    let convention: EmptyRegions
    let lesions: Lesions
    var probabilities: ProbabilityMaps?

    /// For results that no probabilities belong to.
    var withoutProbabilities: SegmentationScoring {
        var scoring = self
        scoring.probabilities = nil
        return scoring
    }

    /// What is measured of every case.
    var metrics: [Metric] { metrics(nil) }

    /// Scores all results that have a counterpart, and warns of those that have none.
    func scored(_ prediction: URL) throws -> (scores: [Score], matching: LabelMapMatching) {
        let matching = try LabelMapMatching(prediction, truth)
        let progress = Progress("scoring")
        var scores: [Score] = []
        for (n, pair) in matching.pairs.enumerated() {
            progress.show(n, of: matching.pairs.count, pair.name)
            do {
                scores.append(try score(pair))
            } catch {
                guard matching.areFolders, let failure = Failure(error) else { throw error }
                Console.warning("\(pair.name): \(failure.sentence)")
            }
        }
        progress.show(matching.pairs.count, of: matching.pairs.count)
        matching.alone.forEach { Console.warning($0) }
        return (scores, matching)
    }

    /// Reads the two maps of a case.
    func maps(of pair: LabelMapMatching.Pair) throws -> Maps {
        let predicted = try ImageFile.readLabels(pair.prediction)
        let expert = try ImageFile.readLabels(pair.truth)
        let scheme = try self.scheme ?? Self.guess(predicted, expert, pair)
        let found = try predicted.masks(for: scheme, path: pair.prediction.path)
        let drawn = try expert.masks(for: scheme, path: pair.truth.path)
        let regions = Self.regions.compactMap { region -> SegmentationEvaluation.Region? in
            guard let a = found[region], let b = drawn[region] else { return nil }
            return (region.displayName, a, b)
        }
        return Maps(predicted: predicted, expert: expert, scheme: scheme, regions: regions)
    }

    private func score(_ pair: LabelMapMatching.Pair) throws -> Score {
        let maps = try maps(of: pair)
        let rules = lesions.rules(for: pair.name)
        let evaluation = try SegmentationEvaluation(
            of: pair.name, maps.regions, metrics: metrics(rules), convention: convention,
            selective: convention == .authors ? [TumourRegion.et.displayName] : [])
        return Score(
            pair: pair, evaluation: evaluation, scheme: maps.scheme, rules: rules,
            calibrations: try probabilities?.calibrations(of: pair, maps.regions) ?? [:])
    }

    private func metrics(_ rules: LesionRules?) -> [Metric] {
        guard let rules = rules ?? lesions.rules(for: "") else { return Metric.all }
        return Metric.all + Metric.lesionWise(rules)
    }

    /// The expert's map says what the numbers mean, or else the result does.
    private static func guess(
        _ predicted: LabelMap, _ expert: LabelMap, _ pair: LabelMapMatching.Pair
    ) throws -> LabelScheme {
        do {
            return try LabelScheme.guess(for: expert, named: pair.truth.lastPathComponent)
        } catch {
            if let other = try? LabelScheme.guess(for: predicted, named: pair.prediction.lastPathComponent) {
                return other
            }
            throw Failure(.badData, "\(error) with --scheme")
        }
    }
}
