public import BrainData
import Foundation
public import NeuralNet

/// Finds the regions of a tumour in prepared scans.
public struct TumourSegmenter: Sendable {
    /// What each output channel of the network is.
    public static let outputs: [TumourRegion] = [.tc, .wt, .et]

    private let network: EoFormer
    private let window: SlidingWindow
    private let precision: ElementType
    private let device: Device
    private let mirrors: Bool

    /// - Parameters:
    ///   - mirrors: averages the answers to all eight mirror images: a little better, eight times as long.
    public init(
        _ network: EoFormer, window: SlidingWindow = .init(), precision: ElementType = .float32, device: Device = .cpu,
        mirrors: Bool = false
    ) {
        (self.network, self.window, self.precision) = (network, window, precision)
        (self.device, self.mirrors) = (device, mirrors)
    }

    /// What the network says of every voxel of a prepared grid, i varying fastest.
    public struct Answer: Sendable, Equatable {
        /// The probability of every region.
        public var probabilities: [TumourRegion: [Float]]
        /// How undecided the mirror images leave each region, in bits from 0 (sure) to 1 (as good as tossed); empty where
        /// it was not asked for.
        public var uncertainties: [TumourRegion: [Float]] = [:]
    }

    /// The probability of every region at every voxel of the prepared grid, i varying fastest.
    ///
    /// - Parameter progress: hears how many windows are done, of how many.
    public func probabilities(
        _ input: TumourInput, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(NetworkError) -> [TumourRegion: [Float]] {
        try answer(input.channels, over: input.brain, withUncertainty: false, progress: progress).probabilities
    }

    /// The probability of every region and, where asked for, its uncertainty: the entropy of the mean probability over the mirror
    /// images, of the one image where there are none.
    ///
    /// Wang et al., *Aleatoric uncertainty estimation with test-time augmentation for medical image segmentation with
    /// convolutional neural networks*, Neurocomputing 338, 2019, section 3.3, with all eight mirror images for random
    /// transforms, and their mean probability for the share of their labels. The probabilities themselves come from the mean
    /// of the logits.
    ///
    /// - Parameters:
    ///   - channels: prepared images on the mask's grid, nil where a contrast is absent.
    ///   - brain: windows that lie outside it are skipped.
    ///   - progress: hears how many windows are done, of how many.
    public func answer(
        _ channels: [[Float]?], over brain: Mask, withUncertainty: Bool,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(NetworkError) -> Answer {
        let volume = try Tensor(channels: channels, size: brain.grid.size)
        let regions = Self.outputs.count
        let maps = try window(
            volume, outputs: withUncertainty ? 2 * regions : regions,
            isEmpty: { isAir(brain, corner: $0, lengths: $1) }, progress: progress
        ) { (window) throws(NetworkError) in
            try logits(of: window.converted(to: precision).moved(to: device), withChances: withUncertainty)
        }
        var answer = Answer(probabilities: [:])
        for (n, region) in Self.outputs.enumerated() {
            answer.probabilities[region] = try maps.selecting(n, along: 0).sigmoid().voxels()
            guard withUncertainty else { continue }
            answer.uncertainties[region] = try maps.selecting(regions + n, along: 0).voxels().map(Self.entropy(of:))
        }
        return answer
    }

    /// The mean logits over the mirror images and, where asked for, the mean probabilities as channels after them. Only the sums are
    /// kept, never eight answers.
    private func logits(of window: Tensor, withChances: Bool) throws(NetworkError) -> Tensor {
        let first = try network(window)
        var sum = first
        var chances = withChances ? try first.converted(to: .float32).sigmoid() : nil
        let turns = mirrors ? [[2], [3], [4], [2, 3], [2, 4], [3, 4], [2, 3, 4]] : []
        for axes in turns {
            let answer = try network(window.flipped(axes)).flipped(axes)
            sum = try sum + answer
            if let others = chances { chances = try others + answer.converted(to: .float32).sigmoid() }
        }
        let share = 1 / Double(turns.count + 1)
        let mean = mirrors ? try sum.scaled(by: share) : sum
        guard let chances else { return mean }
        return try mean.converted(to: .float32).appending(chances.scaled(by: share), along: 1)
    }

    /// The entropy of an event in bits. What no window covers is air, and below 0: sure.
    private static func entropy(of probability: Float) -> Float {
        guard probability > 0, probability < 1 else { return 0 }
        return -probability * log2(probability) - (1 - probability) * log2(1 - probability)
    }

    private func isAir(_ brain: Mask, corner: [Int], lengths: [Int]) -> Bool {
        let size = brain.grid.size
        let (i, j, k) = (corner[0], corner[1], corner[2])
        for z in k..<min(size.z, k + lengths[2]) {
            for y in j..<min(size.y, j + lengths[1]) {
                let row = size.x * (y + size.y * z)
                if brain.voxels[row + i..<row + min(size.x, i + lengths[0])].contains(true) { return false }
            }
        }
        return true
    }

    /// The label map on the files' grid, in the numbers of `scheme`: where a region's probability is one half or more.
    public static func labels(
        _ probabilities: [TumourRegion: [Float]], _ input: TumourInput, scheme: LabelScheme
    ) throws(ImagingError) -> LabelMap {
        try LabelMap(composing: masks(probabilities, input), scheme: scheme)
    }

    /// The regions on the files' grid.
    public static func masks(
        _ probabilities: [TumourRegion: [Float]], _ input: TumourInput
    ) throws(ImagingError) -> [TumourRegion: Mask] {
        var masks: [TumourRegion: Mask] = [:]
        for (region, voxels) in probabilities {
            let map = try input.restored(voxels)
            masks[region] = Mask(grid: map.grid, voxels: map.voxels.map { $0 >= 0.5 })
        }
        return masks
    }
}

extension TumourCase {
    /// Reads the contrasts that are there, side by side.
    public func read(limit: Int = .max) throws(ImagingError) -> [Contrast: Volume] {
        let read = try images.sorted { $0.key.rawValue < $1.key.rawValue }.mappedConcurrently {
            (contrast, reference) throws(ImagingError) in
            let volume = try ImageFile.read(reference.file, limit: limit)
            guard reference.frame < volume.frames else {
                throw .geometry(
                    "expected frame \(reference.frame) in \(reference.file.path), found \(volume.frames) frames")
            }
            return (contrast, volume.frames == 1 ? volume : volume.frame(reference.frame))
        }
        return Dictionary(uniqueKeysWithValues: read)
    }
}
