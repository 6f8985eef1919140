import BrainData
import BrainModels
import Foundation
import NeuralNet

/// Pairs of real scans of one data set, each one's subjects drawn anew. Scans are read when their turn comes.
///
/// Scans are thought to be skull-stripped and affinely aligned with one another, as OASIS of Learn2Reg 2021 and FreeSurfer's
/// output after its Talairach registration are.
struct ScanPairs: PairSource {
    private let training, heldOut: [LabelledScan]
    /// The labels that the loss compares, by their channel.
    private let labels: [UInt16]
    private let settings: RegistrationSettings
    private let spacing: Double
    private let seed: UInt64

    /// Labels that are compared at most; the most frequent numbers of a scan are its large structures.
    static let mostLabels = 64

    /// Reads one training scan's labels to know which there are.
    init(_ experiment: Experiment) throws {
        let files = try experiment.scans()
        (training, heldOut) = (files.training, files.heldOut)
        (settings, spacing, seed) = (experiment.registration, experiment.data.input.spacing, experiment.seed)
        guard let first = training.lazy.compactMap(\.labels).first else {
            labels = []
            return
        }
        let map = try ImageFile.readLabels(first)
        var sizes: [UInt16: Int] = [:]
        for label in map.voxels where label != 0 { sizes[label, default: 0] += 1 }
        let largest = sizes.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(Self.mostLabels)
        labels = largest.map(\.key).sorted()
    }

    var counts: (training: Int, heldOut: Int) { (training.count, heldOut.count) }

    func pair(_ number: Int) throws -> RegistrationPair {
        var random = SplitMix(seed: seed, name: "registration pair \(number)")
        let fixed = Int(random.uniform() * Double(training.count))
        let other = Int(random.uniform() * Double(training.count - 1))
        return try pair(training[other < fixed ? other : other + 1], training[fixed])
    }

    func validationPair(_ number: Int) throws -> RegistrationPair {
        try pair(training[number % training.count], heldOut[number % heldOut.count])
    }

    private func pair(_ moving: LabelledScan, _ fixed: LabelledScan) throws -> RegistrationPair {
        let target = try Volume(reading: fixed)
        let source = try Volume(reading: moving)
        let box = target.nonZeroBox ?? Box(target.grid)
        let middle = target.grid.affine(SIMD3<Double>(box.lower &+ box.upper &- 1) / 2)
        let size = SIMD3(settings.size[0], settings.size[1], settings.size[2])
        let grid = Grid(
            size: size,
            affine: Affine(
                spacing: SIMD3(repeating: spacing), origin: middle - spacing / 2 * SIMD3<Double>(size &- 1)))
        return RegistrationPair(
            name: "\(moving.name) to \(fixed.name)", size: settings.size,
            images: try Self.voxels(source, on: grid) + Self.voxels(target, on: grid),
            moving: try structures(moving, on: grid), fixed: try structures(fixed, on: grid),
            structures: moving.labels == nil || fixed.labels == nil ? 0 : labels.count, places: nil)
    }

    /// The brain from 0 to 1.
    private static func voxels(_ volume: Volume, on grid: Grid) throws(ImagingError) -> [Float] {
        let scan = try volume.resampled(to: grid, antialiased: true)
        return try scan.rescaled(percentiles: 0.5...99.5).voxels
    }

    private func structures(_ scan: LabelledScan, on grid: Grid) throws(ImagingError) -> [UInt8] {
        guard let file = scan.labels, !labels.isEmpty else { return [UInt8](repeating: 0, count: grid.count) }
        var channels = [UInt8](repeating: 0, count: 65_536)
        for (n, label) in labels.enumerated() { channels[Int(label)] = UInt8(n + 1) }
        return try ImageFile.readLabels(file).resampled(to: grid).voxels.map { channels[Int($0)] }
    }
}

extension Volume {
    /// A scan's first frame.
    fileprivate init(reading scan: LabelledScan) throws(ImagingError) {
        let volume = try ImageFile.read(scan.image)
        self = volume.frames == 1 ? volume : volume.frame(0)
    }
}

extension Experiment {
    /// The scans of a registration to train on, and those of the subjects that are held out.
    func scans() throws -> (training: [LabelledScan], heldOut: [LabelledScan]) {
        let contrast = data.input.contrasts.first ?? .t1
        let all = try RegistrationDataset.scans(in: URL(fileURLWithPath: data.folder), contrast: contrast)
        var held: [String] = []
        switch data.validation {
        case .subjects(let names) where !names.isEmpty:
            held = try Split(of: all.map(\.name), validation: names).validation
        case .subjects, .nobody: break
        }
        let training = all.filter { !held.contains($0.name) }
        guard training.count > 1 else {
            throw TrainingError.run("\(data.folder) has \(training.count) scan to train on, and a pair takes two")
        }
        return (training, all.filter { held.contains($0.name) })
    }
}
