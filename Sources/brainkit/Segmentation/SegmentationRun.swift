import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet

/// Takes cases from their files to label maps, sidecars and reports with one loaded network.
struct SegmentationRun {
    /// Where the results of one case go.
    struct Outputs {
        var labels: URL
        var report: URL?
        var truth: URL?
        var truthRegion: TumourRegion?
    }

    let model: ShippedModel
    let weights: URL
    let engine: EngineOptions.Settings
    let window: SlidingWindow
    let segmenter: TumourSegmenter
    let mirrors: Bool
    let checksum: String
    private let memory: Int
    private let probabilities: Bool
    private let scheme: LabelScheme?

    init(
        model: ShippedModel, weights: URL?, engine: EngineOptions.Settings, memory: Int,
        window adjust: (inout SlidingWindow) -> Void, mirrors: Bool, probabilities: Bool, scheme: LabelScheme?
    ) throws {
        var window = model.card.window
        adjust(&window)
        let file = weights ?? model.weights
        let places = Weights(try TensorFiles.open(file), type: engine.type, device: engine.device)
        let network = try EoFormer(places, model.card.configuration)
        try places.finish()
        (self.model, self.weights, self.engine, self.window) = (model, file, engine, window)
        segmenter = TumourSegmenter(
            network, window: window, precision: engine.type, device: engine.device, mirrors: mirrors)
        checksum = try sha256(of: file)
        (self.mirrors, self.memory, self.probabilities, self.scheme) = (mirrors, memory, probabilities, scheme)
    }

    func segment(_ tumour: TumourCase, into outputs: Outputs, title: String) throws {
        var clock = Stopwatch()
        try checkMemory(tumour)
        let images = try tumour.read(limit: memory)
        clock.lap("reading")
        let input = try TumourInput(images, for: model.card.input)
        input.warnings.forEach(Console.warning)
        clock.lap("preparing")
        let progress = Progress(title + tumour.name)
        let maps = try segmenter.probabilities(input) { progress.show($0, of: $1, "windows") }
        clock.lap("network")
        let scheme = try self.scheme ?? tumour.scheme ?? LabelScheme(named: model.card.scheme)
        let masks = try TumourSegmenter.masks(maps, input)
        let labels = try LabelMap(composing: masks, scheme: scheme)
        try ImageFile.write(labels, to: outputs.labels, description: "BrainKit \(Version.number) \(model.card.name)")
        if probabilities { try write(maps, input, beside: outputs.labels) }
        clock.lap("writing")
        var sidecar = Sidecar(self, tumour, input, scheme, masks, clock.laps)
        try sidecar.write(beside: outputs.labels)
        guard let report = outputs.report else { return }
        let scores = try scores(of: masks, against: outputs, scheme: tumour.scheme)
        clock.lap("scoring")
        sidecar.seconds = clock.laps
        try TumourReport(
            run: self, tumour: tumour, images: images, input: input, labels: labels, scheme: scheme, masks: masks,
            scores: scores, sidecar: sidecar
        ).page().write(to: report)
    }

    /// Refuses a case whose images and network together need more memory than there is, before anything is read.
    private func checkMemory(_ tumour: TumourCase) throws {
        var bytes = 0
        for reference in tumour.images.values {
            let header = try ImageFile.header(of: reference.file)
            let millimetres = header.grid.voxelMillilitres * 1000
            let fine = Double(header.grid.count) * max(1, millimetres / pow(model.card.input.spacing, 3))
            // As floats: the file's frames, then the turned, the resampled and the cropped copy.
            bytes += 4 * header.grid.count * header.frames + Int(min(fine * 12, 1e15))
        }
        // Measured: 272 bytes a voxel of a window in float32 at the network's widest place; rounded up.
        bytes += window.patch * window.patch * window.patch * 320
        guard bytes <= memory else {
            throw Failure(
                .memory,
                "\(tumour.name) would need about \(bytes / 1_000_000) MB of memory and \(memory / 1_000_000) MB may "
                    + "be used: choose a smaller --patch, or raise --max-memory")
        }
    }

    private func write(_ maps: [TumourRegion: [Float]], _ input: TumourInput, beside labels: URL) throws {
        let base = labels.lastPathComponent.replacing(/(_dseg)?\.nii(\.gz)?$/, with: "")
        for (region, voxels) in maps {
            let name = "\(base)_label-\(region.displayName)_probseg.nii.gz"
            let file = labels.deletingLastPathComponent().appendingPathComponent(name)
            try ImageFile.write(try input.restored(voxels), to: file)
        }
    }

    /// How well the regions agree with the expert's, where there is one.
    private func scores(
        of masks: [TumourRegion: Mask], against outputs: Outputs, scheme: LabelScheme?
    ) throws -> (evaluation: SegmentationEvaluation, truth: [TumourRegion: Mask])? {
        guard let file = outputs.truth else { return nil }
        let map = try ImageFile.readLabels(file)
        let truth: [TumourRegion: Mask]
        if let region = outputs.truthRegion {
            truth = [region: Mask(grid: map.grid, voxels: map.voxels.map { $0 != 0 })]
        } else {
            let known = try scheme ?? LabelScheme.guess(for: map, named: file.lastPathComponent)
            truth = try map.masks(for: known, path: file.path)
        }
        let regions = TumourRegion.allCases.compactMap { region -> SegmentationEvaluation.Region? in
            guard let predicted = masks[region], let expert = truth[region] else { return nil }
            return (region.displayName, predicted, expert)
        }
        return (try SegmentationEvaluation(of: file.lastPathComponent, regions), truth)
    }
}

/// Seconds spent in each part of the work.
struct Stopwatch {
    private(set) var laps: [String: Double] = [:]
    private var last = ContinuousClock.now

    mutating func lap(_ name: String) {
        let now = ContinuousClock.now
        laps[name] = (now - last) / .seconds(1)
        last = now
    }
}
