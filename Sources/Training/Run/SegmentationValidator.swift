import BrainData
import BrainModels
import Evaluation
import NeuralNet

/// Judges a network in training by cases that it does not train on.
struct SegmentationValidator {
    /// A case, the network's answer and the expert's, to be looked at.
    struct Example {
        let name: String
        let contrast: String
        let image: Volume
        let prediction, truth: LabelMap
    }

    /// What a label of an example means: each region is painted over the one around it.
    static let labels: [TumourRegion] = [.wt, .tc, .et]

    let cases: [PreparedCase]
    let settings: Experiment.Validation
    /// What the channels of the cases show.
    let contrasts: [Contrast]

    /// - Parameters:
    ///   - kept: cases that are kept to be looked at.
    ///   - start: hears the name of each case before it is worked on.
    func judge(
        _ network: EoFormer, at step: Int, keeping kept: Int, start: (String) -> Void
    ) throws -> (scores: [ValidationScore], examples: [Example]) {
        let segmenter = TumourSegmenter(network, window: settings.window)
        var scores: [ValidationScore] = []
        var examples: [Example] = []
        for held in cases {
            start(held.name)
            let maps = try segmenter.answer(held.channels, over: held.shown, withUncertainty: false).probabilities
            let found = maps.mapValues { $0.map { $0 >= 0.5 } }
            scores += try self.scores(of: held, found, at: step)
            if examples.count < kept { examples.append(example(held, found)) }
        }
        return (scores, examples)
    }

    private func scores(
        of held: PreparedCase, _ found: [TumourRegion: [Bool]], at step: Int
    ) throws -> [ValidationScore] {
        try TumourSegmenter.outputs.map { region in
            let grid = held.grid
            let pair = try MaskPair(
                prediction: Mask(grid: grid, voxels: found[region] ?? []),
                truth: Mask(grid: grid, voxels: held.mask(of: region)))
            let score = RegionScores(pair, metrics: [.dice, .hd95], empty: settings.convention)
            return ValidationScore(
                step: step, name: held.name, region: region.rawValue, dice: score.dice, hd95: score.hd95)
        }
    }

    private func example(_ held: PreparedCase, _ found: [TumourRegion: [Bool]]) -> Example {
        let grid = held.grid
        func map(_ mask: (TumourRegion) -> [Bool]) -> LabelMap {
            var voxels = [UInt16](repeating: 0, count: grid.count)
            for (n, region) in Self.labels.enumerated() {
                for (voxel, isInside) in mask(region).enumerated() where isInside { voxels[voxel] = UInt16(n + 1) }
            }
            return LabelMap(grid: grid, voxels: voxels)
        }
        let shown = held.channels.firstIndex { $0 != nil } ?? 0
        let channel = held.channels[shown] ?? [Float](repeating: 0, count: grid.count)
        // Air becomes the darkest grey: it is 0, in the middle of the normalised intensities.
        let darkest = channel.min() ?? 0
        return Example(
            name: held.name, contrast: contrasts[shown].displayName,
            image: Volume(grid: grid, voxels: channel.map { $0 == 0 ? 0 : $0 - darkest }),
            prediction: map { found[$0] ?? [] }, truth: map(held.mask))
    }
}

extension PreparedCase {
    /// Where the expert saw a region.
    func mask(of region: TumourRegion) -> [Bool] {
        guard let bit = TumourSegmenter.outputs.firstIndex(of: region) else { return [] }
        return regions.map { $0 & (1 << UInt8(bit)) != 0 }
    }
}
