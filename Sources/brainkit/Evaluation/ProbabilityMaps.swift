import BrainData
import Evaluation
import Foundation

/// The probability maps that `segment --probabilities` writes, by the label map that they belong to.
struct ProbabilityMaps {
    private let files: [String: URL]

    /// - Throws: ``Failure`` where the folder is missing or holds none.
    init(in folder: URL) throws {
        guard let names = FileManager.default.enumerator(atPath: folder.path) else {
            throw Failure(.missing, "expected a folder of probability maps at \(folder.path), found none")
        }
        let found = names.compactMap { $0 as? String }.filter { $0.hasSuffix("_probseg.nii.gz") }.sorted()
        guard !found.isEmpty else {
            throw Failure(.missing, "no *_probseg.nii.gz in \(folder.path): segment with --probabilities first")
        }
        let places = found.map { folder.appendingPathComponent($0) }
        files = Dictionary(places.map { ($0.lastPathComponent, $0) }) { first, _ in first }
    }

    /// How well the probabilities of a case are calibrated, by region; warns of maps that are missing.
    func calibrations(
        of pair: LabelMapMatching.Pair, _ regions: [SegmentationEvaluation.Region]
    ) throws -> [String: Calibration] {
        let base = pair.prediction.lastPathComponent.replacing(/(_dseg|[_-]seg)?\.nii(\.gz)?$/, with: "")
        var calibrations: [String: Calibration] = [:]
        for region in regions {
            let name = "\(base)_label-\(region.name)_probseg.nii.gz"
            guard let file = files[name] else {
                Console.warning("\(pair.name) has no \(name): its calibration is left out")
                continue
            }
            let map = try ImageFile.read(file)
            calibrations[region.name] = try Calibration(map, prediction: region.prediction, truth: region.truth)
        }
        return calibrations
    }
}

/// How well the probabilities of one region are calibrated, over all voxels of all cases, and case by case.
struct CohortCalibration: Encodable {
    struct Bin: Encodable {
        let lower, upper: Double
        let voxels: Int
        let meanProbability, share: Double?
    }

    let region: String
    let cases, voxels: Int
    /// Over the voxels of all cases together.
    let expectedCalibrationError, brier: Double
    /// The mean over cases, which all count the same, with its 95 % bootstrap interval.
    let meanOfCases, lower, upper: Double
    let marginMillimetres: Double
    let bins: [Bin]
    let byCase: [String: Case]

    struct Case: Encodable {
        let expectedCalibrationError, brier: Double
    }

    /// The reliability diagram's curve.
    let points: [(x: Double, y: Double)]

    private enum CodingKeys: CodingKey {
        case region, cases, voxels, expectedCalibrationError, brier, meanOfCases, lower, upper, marginMillimetres, bins
        case byCase
    }

    /// - Returns: nil where no case has voxels to count.
    init?(_ region: String, _ scores: [SegmentationScoring.Score]) {
        let own = scores.compactMap { score in
            score.calibrations[region].map { (name: score.evaluation.name, calibration: $0) }
        }.filter { $0.calibration.voxels > 0 }
        let pooled = own.reduce(Calibration()) { $0 + $1.calibration }
        let errors = own.compactMap(\.calibration.error)
        guard let error = pooled.error, let brier = pooled.brier, let average = mean(errors),
            let interval = bootstrapInterval(ofMean: errors)
        else { return nil }
        (self.region, cases, voxels) = (region, own.count, pooled.voxels)
        (expectedCalibrationError, self.brier, meanOfCases) = (error, brier, average)
        (lower, upper, marginMillimetres) = (interval.lower, interval.upper, Calibration.margin)
        points = pooled.points
        byCase = Dictionary(
            own.map {
                ($0.name, Case(expectedCalibrationError: $0.calibration.error ?? 0, brier: $0.calibration.brier ?? 0))
            }
        ) { first, _ in first }
        let width = 1 / Double(Calibration.intervals)
        bins = pooled.bins.enumerated().map { n, bin in
            Bin(
                lower: Double(n) * width, upper: Double(n + 1) * width, voxels: bin.voxels,
                meanProbability: bin.meanProbability, share: bin.share)
        }
    }

    /// Every region that has probabilities.
    static func all(_ scores: [SegmentationScoring.Score]) -> [CohortCalibration] {
        SegmentationScoring.regions.compactMap { CohortCalibration($0.displayName, scores) }
    }
}
