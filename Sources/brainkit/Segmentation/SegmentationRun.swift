import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet

/// Takes cases from their files to label maps, sidecars and reports with one loaded network.
struct SegmentationRun: Sendable {
    /// Where the results of one case go.
    struct Outputs: Sendable {
        var labels: URL
        var report: URL?
        var truth: URL?
        var truthRegion: TumourRegion?
    }

    let model: ShippedModel
    /// What the model expects of its input.
    let contract: TumourInput.Contract
    let weights: URL
    let engine: EngineOptions.Settings
    let window: SlidingWindow
    let segmenter: TumourSegmenter
    let mirrors: Bool
    private let checksum: Background<String>
    private let extractor: Lazy<BrainExtractor?>
    private let memory: Int
    private let probabilities: Bool
    let uncertainty: Bool
    private let scheme: LabelScheme?

    init(
        model: ShippedModel, weights: URL?, engine: EngineOptions.Settings, memory: Int,
        window adjust: (inout SlidingWindow) -> Void, mirrors: Bool, probabilities: Bool, uncertainty: Bool,
        scheme: LabelScheme?
    ) throws {
        let card = try model.card(for: .tumour)
        var window = card.window ?? SlidingWindow()
        adjust(&window)
        let file = weights ?? model.weights
        let places = Weights(try TensorFiles.open(file), type: engine.type, device: engine.device)
        let network = try EoFormer(places, card.configuration(as: EoFormer.Configuration.self))
        try places.finish()
        (self.model, self.weights, self.engine, self.window) = (model, file, engine, window)
        contract = try card.input(as: TumourInput.Contract.self)
        segmenter = TumourSegmenter(
            network, window: window, precision: engine.type, device: engine.device, mirrors: mirrors)
        checksum = Background { try sha256(of: file) }
        extractor = Lazy { try ModelStore.extractor(engine) }
        (self.mirrors, self.memory, self.scheme) = (mirrors, memory, scheme)
        (self.probabilities, self.uncertainty) = (probabilities, uncertainty)
    }

    /// A case that is read and ready for the network.
    struct Prepared: Sendable {
        let tumour: TumourCase
        let input: TumourInput
        /// The scans as they came; kept for the report alone, as they take much memory.
        let images: [Contrast: Volume]
        var clock: Stopwatch
    }

    /// A case that the network has seen.
    struct Answered: Sendable {
        let prepared: Prepared
        let maps: TumourSegmenter.Answer
        var clock: Stopwatch
    }

    /// Reads and prepares a case; needs no engine.
    func prepared(_ tumour: TumourCase, for outputs: Outputs) throws -> Prepared {
        var clock = Stopwatch()
        try checkMemory(tumour)
        let images = try tumour.read(limit: memory)
        clock.lap("reading")
        let brain = try BrainExtractor.brain(in: images, contract.contrasts, by: extractor.value)
        let input = try TumourInput(images, brain: brain, for: contract)
        clock.lap("preparing")
        return Prepared(tumour: tumour, input: input, images: outputs.report == nil ? [:] : images, clock: clock)
    }

    /// Runs the network over a case.
    func answered(_ prepared: Prepared, title: String) throws -> Answered {
        var clock = prepared.clock
        clock.start()
        prepared.input.warnings.forEach(Console.warning)
        let progress = Progress(title + prepared.tumour.name)
        let input = prepared.input
        let maps = try segmenter.answer(input.channels, over: input.brain, withUncertainty: uncertainty) {
            progress.show($0, of: $1, "windows")
        }
        clock.lap("network")
        return Answered(prepared: prepared, maps: maps, clock: clock)
    }

    /// Writes what was found; needs no engine.
    func write(_ answered: Answered, into outputs: Outputs) throws {
        let (tumour, input, maps) = (answered.prepared.tumour, answered.prepared.input, answered.maps)
        var clock = answered.clock
        clock.start()
        let scheme =
            try self.scheme ?? tumour.scheme ?? LabelScheme(named: model.card.scheme ?? LabelScheme.brats2021.name)
        let masks = try TumourSegmenter.masks(maps.probabilities, input)
        let labels = try LabelMap(composing: masks, scheme: scheme)
        try ImageFile.write(labels, to: outputs.labels, description: "BrainKit \(Version.number) \(model.card.name)")
        if probabilities { try write(maps.probabilities, "probseg", input, beside: outputs.labels) }
        if uncertainty { try write(maps.uncertainties, "uncertainty", input, beside: outputs.labels) }
        clock.lap("writing")
        var sidecar = Sidecar(self, tumour, input, scheme, masks, clock.laps, checksum: try checksum.value())
        try sidecar.write(beside: outputs.labels)
        guard let report = outputs.report else { return }
        let scores = try scores(of: masks, against: outputs, scheme: tumour.scheme)
        clock.lap("scoring")
        sidecar.seconds = clock.laps
        try TumourReport(
            run: self, tumour: tumour, images: answered.prepared.images, input: input, labels: labels, scheme: scheme,
            masks: masks, scores: scores, sidecar: sidecar
        ).page().write(to: report)
    }

    /// Says how much memory a case needs, and refuses one that needs more than there is, before anything is read.
    private func checkMemory(_ tumour: TumourCase) throws {
        let bytes = try networkBytes + scanBytes(of: tumour)
        if Console.isTerminal { Console.note("\(tumour.name) needs at most about \(bytes / 1_000_000) MB of memory") }
        guard bytes <= memory else {
            throw Failure(
                .memory,
                "\(tumour.name) would need about \(bytes / 1_000_000) MB of memory and \(memory / 1_000_000) MB may "
                    + "be used: choose a smaller --patch, or raise --max-memory")
        }
    }

    /// Whether there is memory to read a case while the network works on another of the same size.
    func fitsBeside(_ tumour: TumourCase) -> Bool {
        guard let scans = try? scanBytes(of: tumour) else { return true }  // reading it will say what is wrong
        return networkBytes + 2 * scans <= memory
    }

    /// What the scans of a case take at their peak, from their files' headers.
    private func scanBytes(of tumour: TumourCase) throws -> Int {
        var bytes = 0
        for reference in tumour.images.values {
            let header = try ImageFile.header(of: reference.file)
            let millimetres = header.grid.voxelMillilitres * 1000
            let fine = Double(header.grid.count) * max(1, millimetres / pow(contract.spacing, 3))
            // As floats: the file's frames, then the turned, the resampled and the cropped copy.
            bytes += 4 * header.grid.count * header.frames + Int(min(fine * 12, 1e15))
        }
        return bytes
    }

    /// What the network takes at its peak: the engine, the weights and what kernels pack of them; and for every voxel
    /// of a window at its widest place, measured and rounded up, 130 bytes where kernels of our own serve and 272
    /// elsewhere.
    private var networkBytes: Int {
        let isFused = engine.device == .cpu && engine.type != .float64
        return 300_000_000 + window.largest * (isFused ? 160 : 320)
    }

    private func write(
        _ maps: [TumourRegion: [Float]], _ suffix: String, _ input: TumourInput, beside labels: URL
    ) throws {
        let base = labels.lastPathComponent.replacing(/(_dseg)?\.nii(\.gz)?$/, with: "")
        for (region, voxels) in maps {
            let name = "\(base)_label-\(region.displayName)_\(suffix).nii.gz"
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
struct Stopwatch: Sendable {
    private(set) var laps: [String: Double] = [:]
    private var last = ContinuousClock.now

    /// Leaves out what went by since the last lap.
    mutating func start() { last = .now }

    mutating func lap(_ name: String) {
        let now = ContinuousClock.now
        laps[name] = (now - last) / .seconds(1)
        last = now
    }
}
