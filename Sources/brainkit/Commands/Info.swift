import ArgumentParser
import BrainData
import Foundation
import NeuralNet

/// Says what is in a file: an image, a recording, a MATLAB file, a checkpoint or an array.
struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what is in an image, a recording, a MATLAB file, a checkpoint or an array.",
        discussion: """
            Images: format, size, spacing, orientation, type and what was odd. EEG recordings (.edf, .bdf, .gdf, \
            .vhdr, .set): channels, rates, duration, events and what was mended; BIDS sidecars are heeded. \
            MATLAB files (.mat): every variable's name, class and size. Checkpoints (.safetensors, .pth, .pt): every tensor's name, shape and type. Arrays (.npy): shape and \
            type. Only what is needed of the file is read.

            EXAMPLE
              brainkit info flair.nii.gz
              brainkit info sub-01_task-rest_eeg.edf
            """)

    @Argument(help: "The file.")
    var file: String
    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        guard file != "-" else {
            throw Failure(.usage, "standard input cannot be looked into: name a file")
        }
        let url = URL(fileURLWithPath: file)
        switch try Content(url) {
        case .image(let header): try show(ImageSummary(file, header))
        case .recording(let recording): try show(RecordingSummary(file, recording))
        case .variables(let variables): try show(MatlabSummary(file, variables))
        case .checkpoint(let tensors): try show(CheckpointSummary(file, tensors))
        case .array(let array): try show(ArraySummary(file, array))
        }
    }

    private func show(_ summary: some Summary) throws {
        if json { return try Console.result(summary) }
        Console.result(AlignedText.lines(summary.rows))
    }
}

/// What a file holds, by its first bytes and then by its name.
private enum Content {
    case image(ImageHeader), recording(Recording), variables(MatlabVariables), checkpoint(any TensorFile), array(
        NumPyArray)

    private static let checkpoints = ["safetensors", "pth", "pt", "ckpt", "bin"]

    init(_ url: URL) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw Failure(.missing, "expected a file at \(url.path), found none")
        }
        guard !isFolder.boolValue else { throw Failure(.badData, "\(url.path) is a folder: name a file in it") }
        let ending = url.pathExtension.lowercased()
        if ending == "npy" || Self.beginsLikeAnArray(url) {
            self = .array(try NumPyArray(url))
        } else if Self.checkpoints.contains(ending) {
            self = .checkpoint(try TensorFiles.open(url))
        } else if MatlabVariables.recognises(url) {
            self = .variables(try MatlabVariables(url, limit: ProcessMemory.free(limit: nil)))
        } else if RecordingFile.recognises(url) {
            self = .recording(try BIDSRecording.open(url, limit: ProcessMemory.free(limit: nil)))
        } else {
            self = try Self.image(url)
        }
    }

    private static func image(_ url: URL) throws -> Content {
        let unknown: ImagingError
        do throws(ImagingError) {
            return .image(try ImageFile.header(of: url))
        } catch {
            unknown = error
        }
        // A checkpoint under another name is still one.
        guard case .unsupported = unknown, let file = try? TensorFiles.open(url) else { throw unknown }
        return .checkpoint(file)
    }

    private static func beginsLikeAnArray(_ url: URL) -> Bool {
        let handle = try? FileHandle(forReadingFrom: url)
        let start = try? handle?.read(upToCount: 6)
        return start == Data([0x93] + Array("NUMPY".utf8))
    }
}

/// What `info` shows of a file.
protocol Summary: Encodable {
    /// A title and a value a line.
    var rows: [[String]] { get }
}

private struct ImageSummary: Summary {
    let file: String
    let kind = "image"
    let format, type, orientation, units, description: String
    let size: [Int]
    let frames: Int
    let spacing: [Double]
    let affine: [[Double]]
    let slope, intercept: Double
    let secondsPerFrame: Double?
    let sformCode, qformCode: Int?
    let bytesInMemory: Int
    let notes: [String]

    init(_ file: String, _ header: ImageHeader) {
        self.file = file
        (format, type, units, description) = (header.format, header.type.rawValue, header.units, header.description)
        (size, frames, secondsPerFrame) = (header.size, header.frames, header.secondsPerFrame)
        (slope, intercept, notes) = (header.slope, header.intercept, header.notes)
        (sformCode, qformCode) = (header.sformCode, header.qformCode)
        let (grid, step) = (header.grid, header.spacing)
        orientation = grid.orientation.description
        spacing = [step.x, step.y, step.z]
        affine = (0..<3).map { [grid.affine.i[$0], grid.affine.j[$0], grid.affine.k[$0], grid.affine.origin[$0]] }
        bytesInMemory = grid.count * header.frames * 4
    }

    var rows: [[String]] {
        var rows = [
            ["file", file], ["format", format], ["size", size.map(String.init).joined(separator: " × ")],
            ["spacing", spacing.map(Self.short).joined(separator: " × ") + " mm"], ["orientation", orientation],
            ["type", type], ["in memory", String(format: "%.1f MB", Double(bytesInMemory) / 1e6)],
        ]
        if frames > 1 { rows.append(["frames", "\(frames)"]) }
        if let secondsPerFrame { rows.append(["per frame", Self.short(secondsPerFrame) + " s"]) }
        if slope != 1 || intercept != 0 { rows.append(["scaling", "× \(slope) + \(intercept)"]) }
        if let sformCode, let qformCode { rows.append(["codes", "sform \(sformCode), qform \(qformCode)"]) }
        if units != "mm" { rows.append(["unit in file", units]) }
        for (n, line) in affine.enumerated() {
            let numbers = line.map { String(format: "%10.4f", $0) }.joined(separator: " ")
            rows.append([n == 0 ? "to RAS mm" : "", numbers])
        }
        if !description.isEmpty { rows.append(["description", description]) }
        return rows + notes.map { ["note", $0] }
    }

    private static func short(_ value: Double) -> String { String(format: "%.5g", value) }
}

private struct CheckpointSummary: Summary {
    struct Entry: Encodable {
        let name, type: String
        let shape: [Int]
    }

    let file: String
    let kind = "checkpoint"
    let format: String
    let tensors: [Entry]
    let parameters: Int
    let metadata: [String: String]
    let notes: [String]

    init(_ file: String, _ tensors: any TensorFile) {
        self.file = file
        self.tensors = tensors.entries.sorted { $0.key.compare($1.key, options: .numeric) == .orderedAscending }
            .map { Entry(name: $0.key, type: "\($0.value.type)", shape: $0.value.shape) }
        // Shapes of an opened checkpoint are known to fit into its file.
        parameters = tensors.entries.values.reduce(0) { $0 + $1.shape.reduce(1, *) }
        metadata = (tensors as? Safetensors)?.metadata ?? [:]
        format = tensors is Safetensors ? "safetensors" : "PyTorch"
        guard let checkpoint = tensors as? PyTorchCheckpoint else {
            notes = []
            return
        }
        let prefix =
            checkpoint.prefix.isEmpty ? [] : ["\"\(checkpoint.prefix)\" stood before every name and was taken off"]
        let place = checkpoint.place.isEmpty ? [] : ["the weights lie under \"\(checkpoint.place)\""]
        let ignored = checkpoint.ignored.isEmpty ? [] : ["left alone: \(checkpoint.ignored.joined(separator: ", "))"]
        notes = prefix + place + ignored
    }

    var rows: [[String]] {
        [["file", file], ["format", format], ["tensors", "\(tensors.count)"], ["parameters", "\(parameters)"]]
            + metadata.sorted { $0.key < $1.key }.map { ["metadata", "\($0.key): \($0.value)"] }
            + notes.map { ["note", $0] }
            + [[""]]
            + tensors.map { [$0.name, $0.type, $0.shape.map(String.init).joined(separator: " × ")] }
    }
}

private struct ArraySummary: Summary {
    let file: String
    let kind = "array"
    let type: String
    let shape: [Int]

    init(_ file: String, _ array: NumPyArray) {
        (self.file, type, shape) = (file, "\(array.entry.type)", array.entry.shape)
    }

    var rows: [[String]] {
        [
            ["file", file], ["format", "NumPy array"], ["type", type],
            ["shape", shape.map(String.init).joined(separator: " × ")],
        ]
    }
}
