import BrainData
import BrainModels
import Foundation
import NeuralNet

/// How a result came about: the JSON beside it.
struct Sidecar: Encodable {
    let software: String
    let model: String
    let experimental: Bool
    let weights: String
    let weightsSHA256: String
    let command: [String]
    let engine: [String: String]
    let window: SlidingWindow
    let mirrored: Bool
    /// What the maps of uncertainty hold; nil where there are none.
    let uncertainty: String?
    let sources: [String: String]
    let scheme: LabelScheme
    let millilitres: [String: Double]
    let preprocessing: [String]
    let warnings: [String]
    let peakTensorMegabytes: Int
    /// The most that the process held so far; nil where the system does not say.
    let peakMegabytes: Int?
    var seconds: [String: Double]

    init(
        _ run: SegmentationRun, _ tumour: TumourCase, _ input: TumourInput, _ scheme: LabelScheme,
        _ masks: [TumourRegion: Mask], _ seconds: [String: Double], checksum: String
    ) {
        software = Version.text
        (model, experimental) = (run.model.card.name, run.model.card.experimental)
        (weights, weightsSHA256) = (run.weights.lastPathComponent, checksum)
        command = CommandLine.arguments
        (engine, window, mirrored) = (run.engine.names, run.window, run.mirrors)
        uncertainty = run.uncertainty ? "entropy in bits of the mean probability over eight mirror images" : nil
        sources = Dictionary(
            uniqueKeysWithValues: tumour.images.map { ($0.key.displayName, $0.value.file.lastPathComponent) })
        self.scheme = scheme
        millilitres = Dictionary(uniqueKeysWithValues: masks.map { ($0.key.displayName, $0.value.millilitres) })
        (preprocessing, warnings) = (input.steps, input.warnings)
        peakTensorMegabytes = Engine.peakMemory / 1_000_000
        peakMegabytes = ProcessMemory.peak.map { $0 / 1_000_000 }
        self.seconds = seconds
    }

    func write(beside file: URL) throws {
        let name = file.lastPathComponent.replacing(/\.nii(\.gz)?$|\.hdr$|\.img$/, with: "") + ".json"
        let encoder = JSONEncoder.readable
        try AtomicFile.write(
            encoder.encode(self), to: file.deletingLastPathComponent().appendingPathComponent(name))
    }
}
