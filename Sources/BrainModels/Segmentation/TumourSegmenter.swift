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

    /// The probability of every region at every voxel of the prepared grid, i varying fastest.
    ///
    /// - Parameter progress: hears how many windows are done, of how many.
    public func probabilities(
        _ input: TumourInput, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(NetworkError) -> [TumourRegion: [Float]] {
        try probabilities(input.channels, over: input.brain, progress: progress)
    }

    /// The same of channels that are prepared already.
    ///
    /// - Parameters:
    ///   - channels: on the mask's grid, nil where a contrast is absent.
    ///   - brain: windows that lie outside it are skipped.
    public func probabilities(
        _ channels: [[Float]?], over brain: Mask, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(NetworkError) -> [TumourRegion: [Float]] {
        let volume = try Tensor(channels: channels, size: brain.grid.size)
        let logits = try window(
            volume, outputs: Self.outputs.count, isEmpty: { isAir(brain, corner: $0, lengths: $1) },
            progress: progress
        ) { (window) throws(NetworkError) in try answer(to: window.converted(to: precision).moved(to: device)) }
        var maps: [TumourRegion: [Float]] = [:]
        for (n, region) in Self.outputs.enumerated() {
            maps[region] = try logits.selecting(n, along: 0).sigmoid().voxels()
        }
        return maps
    }

    private func answer(to window: Tensor) throws(NetworkError) -> Tensor {
        guard mirrors else { return try network(window) }
        var sum = try network(window)
        for axes in [[2], [3], [4], [2, 3], [2, 4], [3, 4], [2, 3, 4]] {
            sum = try sum + network(window.flipped(axes)).flipped(axes)
        }
        return try sum.scaled(by: 1.0 / 8)
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
