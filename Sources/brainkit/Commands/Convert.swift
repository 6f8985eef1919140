import ArgumentParser
import BrainData
import Foundation
import NeuralNet

/// Rewrites an image, a recording or a checkpoint in another format.
struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rewrite an image, a recording, a MATLAB variable or a checkpoint in another format.",
        discussion: """
            Images: what is read goes out as the new name's ending says; whole numbers stay whole numbers unless \
            --type says otherwise. EEG recordings: EDF, BDF, GDF, BrainVision and EEGLAB become EDF+ (.edf) or \
            BrainVision (.vhdr), or a bare array of channels by samples (.npy; float64 unless --type says \
            float32). MATLAB files: a variable becomes an array (.npy). Checkpoints: .pth and .pt become .safetensors, without running anything in them.

            EXAMPLE
              brainkit convert scan.nrrd scan.nii.gz
              brainkit convert night.bdf night.edf
              brainkit convert 50003.mat series.npy --variable ROISignals
              brainkit convert network.pth network.safetensors
            """)

    @Argument(help: "An image, a recording, a .mat file, or a .pth or .pt checkpoint.")
    var input: String
    @Argument(help: "The new file; its ending names the format.")
    var output: String
    @Option(help: "How to store a voxel: uint8, int8, uint16, int16, uint32, int32, float32 or float64.")
    var type: String?
    @Option(help: "The variable of a MATLAB file, such as data or EEG.data; may be left out where there is one.")
    var variable: String?
    @Option(help: "Memory that may be used, in megabytes; what is free if left out.")
    var maxMemory: Int?

    func validate() throws {
        guard type.map({ StoredType(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("--type is one of \(StoredType.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard maxMemory.map({ (1...100_000_000).contains($0) }) ?? true else {
            throw ValidationError("--max-memory is a number of megabytes above zero")
        }
    }

    func run() throws {
        let source = URL(fileURLWithPath: input)
        let place = try OutputPath.file(output)
        if place.pathExtension.lowercased() == "safetensors" {
            try convertCheckpoint(source, to: place)
        } else if MatlabVariables.recognises(source) {
            try convertVariable(source, to: place)
        } else if RecordingFile.recognises(source) {
            try RecordingConversion(limit: ProcessMemory.free(limit: maxMemory), type: type).run(source, to: place)
        } else {
            try convertImage(source, to: place)
        }
    }

    private func convertCheckpoint(_ source: URL, to place: URL) throws {
        guard type == nil else { throw Failure(.usage, "--type is for images: a checkpoint keeps every tensor's type") }
        let checkpoint = try TensorFiles.open(source)
        if let pickled = checkpoint as? PyTorchCheckpoint, !pickled.ignored.isEmpty {
            Console.warning("left behind: \(pickled.ignored.joined(separator: ", "))")
        }
        try Safetensors.write(copyOf: checkpoint, metadata: (checkpoint as? Safetensors)?.metadata ?? [:], to: place)
        Console.note("wrote \(place.path): \(checkpoint.entries.count) tensors")
    }

    private func convertVariable(_ source: URL, to place: URL) throws {
        guard place.pathExtension.lowercased() == "npy", type.map({ ["float32", "float64"].contains($0) }) ?? true
        else {
            throw Failure(.usage, "a MATLAB variable becomes an array: name it .npy, with --type float32 or float64")
        }
        let variables = try MatlabVariables(source, limit: ProcessMemory.free(limit: maxMemory))
        let array = try variables.array(variable, single: type == "float32")
        try array.write(to: place)
        Console.note("wrote \(place.path): \(array.entry.shape.map(String.init).joined(separator: " × "))")
    }

    private func convertImage(_ source: URL, to place: URL) throws {
        let header = try ImageFile.header(of: source)
        let volume = try ImageFile.read(source, limit: ProcessMemory.free(limit: maxMemory))
        volume.notes.forEach(Console.warning)
        let isWhole = !header.type.isFloatingPoint && header.slope == 1 && header.intercept == 0
        let target = type.flatMap(StoredType.init(rawValue:)) ?? (isWhole ? header.type : .float32)
        try ImageFile.write(volume, to: place, as: target, description: header.description)
        Console.note(
            "wrote \(place.path): \(header.size.map(String.init).joined(separator: " × ")), \(target.rawValue)")
    }
}
