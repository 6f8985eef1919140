import BrainData
import BrainModels
import Evaluation
import Foundation
import NeuralNet

/// Takes pairs of scans from their files to warped images, fields, sidecars and pages.
struct RegistrationRun {
    /// What is written; nil for what is not asked for.
    struct Outputs {
        var image: URL
        var warp, inverse, affine: URL?
        /// Labels of the moving scan, and where they go.
        var labels, warpedLabels: URL?
        var jacobian, report: URL?
    }

    /// A scan that was read, and the brain in it.
    struct Source {
        let file: URL
        let scan: BrainRegistration.Scan
        let method: String
    }

    let method: RegistrationMethod
    let model: ShippedModel?
    let engine: EngineOptions.Settings
    private let registration: BrainRegistration
    private let extractor: Lazy<BrainExtractor?>
    private let memory: Int

    init(_ method: RegistrationMethod, _ options: EngineOptions) throws {
        (self.method, memory) = (method, options.memory)
        let engine = try options.settings()
        self.engine = engine
        model =
            switch method.model {
            case "none": nil
            case let name?: try ModelStore.model(named: name)
            case nil: ModelStore.models.first { $0.card.name == ModelStore.registration }
            }
        registration =
            if let model {
                // Places among voxels need more digits than bfloat16 has.
                try BrainRegistration(
                    model, settings: method.settings, precision: engine.type == .float64 ? .float64 : .float32,
                    device: engine.device)
            } else {
                BrainRegistration(settings: method.settings)
            }
        extractor = Lazy { try ModelStore.extractor(engine, isAlone: method.extraction == .network) }
    }

    /// Reads a scan and finds its brain.
    func source(_ file: URL) throws -> Source {
        let volume = try Self.scan(file, limit: memory)
        let (brain, found) = try brain(in: volume)
        guard brain.count > 0 else {
            throw ImagingError.geometry("expected a brain in \(file.path), found nothing that looks like one")
        }
        return Source(file: file, scan: .init(volume, brain: brain), method: found)
    }

    /// A scan of three dimensions that shows something.
    static func scan(_ file: URL, limit: Int) throws -> Volume {
        let volume = try ImageFile.read(file, limit: limit)
        guard volume.frames == 1 else {
            throw ImagingError.unsupported(
                path: file.path, what: "expected one 3-D scan, found a series of \(volume.frames): give one of them")
        }
        let size = volume.grid.size
        guard size.min() >= 4 else {
            throw ImagingError.unsupported(
                path: file.path, what: "expected a 3-D scan, found \(size.x) × \(size.y) × \(size.z) voxels")
        }
        guard volume.voxels.contains(where: { $0.isFinite && $0 != 0 }) else {
            throw ImagingError.unsupported(
                path: file.path, what: "expected a scan, found an image without anything in it")
        }
        return volume
    }

    private func brain(in volume: Volume) throws -> (Mask, String) {
        if method.extraction == .none { return (Mask.head(in: volume), "the whole head, as asked for") }
        if let mask = BrainMask.stripped(volume) { return (mask, BrainExtractor.Method.stripped.description) }
        guard method.extraction != .surface, let extractor = try extractor.value() else {
            return (BrainMask.grown(volume), BrainExtractor.Method.surface.description)
        }
        let (mask, kind) = try extractor.brain(in: volume)
        return (mask, kind.description)
    }

    /// Aligns two scans and writes what was asked for.
    func register(fixed: URL, moving: URL, to outputs: Outputs) throws -> RegistrationSidecar {
        let clock = Stopwatch()
        return try register(onto: source(fixed), moving, to: outputs, clock)
    }

    /// Aligns a scan with one that was read already.
    func register(
        onto still: Source, _ moving: URL, to outputs: Outputs, _ clock: Stopwatch = Stopwatch()
    ) throws -> RegistrationSidecar {
        var clock = clock
        let labels = try outputs.labels.map { try ImageFile.readLabels($0, limit: memory) }
        let other = try source(moving)
        if let labels, let file = outputs.labels, !labels.grid.matches(other.scan.volume.grid) {
            throw ImagingError.geometry("\(file.path) lies on another grid than the moving scan, \(moving.path)")
        }
        clock.lap("brains")
        return try register(still, other, labels, to: outputs, &clock)
    }

    private func register(
        _ fixed: Source, _ moving: Source, _ labels: LabelMap?, to outputs: Outputs, _ clock: inout Stopwatch
    ) throws -> RegistrationSidecar {
        let answer = try registration(fixed: fixed.scan, moving: moving.scan) { clock.lap($0) }
        let grid = fixed.scan.volume.grid
        let field = try answer.warp.field(on: grid), growth = try field.jacobian(), whole = Warp(field: field)
        let warped = try moving.scan.volume.warped(by: whole, onto: grid)
        clock.lap("warping")
        let folds = (brain: FieldScores(growth, in: fixed.scan.brain), grid: FieldScores(growth))
        var sidecar = try RegistrationSidecar(self, fixed, moving, answer, folds)
        sidecar.warnings.forEach { Console.warning("\(moving.file.lastPathComponent): \($0)") }
        let carried = try labels.map { try $0.warped(by: whole, onto: grid) }
        if let file = outputs.jacobian { try ImageFile.write(growth, to: file) }
        if let file = outputs.warp { try FieldFile.write(field, to: file) }
        if let file = outputs.inverse {
            try FieldFile.write(answer.warp.inverse(on: moving.scan.volume.grid), to: file)
        }
        if let file = outputs.affine { try TransformFile.write(answer.affine, to: file) }
        if let carried, let file = outputs.warpedLabels {
            try ImageFile.write(carried, to: file, description: "warped labels, BrainKit \(Version.number)")
        }
        try ImageFile.write(warped, to: outputs.image)
        clock.lap("writing")
        sidecar.seconds = clock.laps
        try sidecar.write(beside: outputs.image)
        if let file = outputs.report {
            let page = RegistrationPage(
                fixed: fixed, moving: moving, answer: answer, warped: warped, labels: carried, sidecar: sidecar)
            try page.report().write(to: file)
        }
        return sidecar
    }
}

extension Mask {
    /// All that is not air: brighter than a tenth of the way from the darkest to the brightest, the largest part, holes
    /// filled.
    static func head(in volume: Volume) -> Mask {
        let scan = volume.finite().volume, ranks = Percentiles(of: scan.voxels)
        let low = ranks(0.5) ?? 0, high = ranks(99.5) ?? 0, air = low + 0.1 * (high - low)
        return Mask(grid: scan.grid, voxels: scan.voxels.map { $0 > air }).largestComponent(.faces).holesFilled()
    }
}
