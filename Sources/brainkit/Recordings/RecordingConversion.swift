import BrainData
import Foundation
import NeuralNet

/// Rewrites a recording in another format, or its samples as an array.
struct RecordingConversion {
    /// Bytes that may be used.
    let limit: Int
    /// How to store a sample of an array.
    let type: String?

    func run(_ source: URL, to place: URL) throws {
        let recording = try BIDSRecording.open(source, limit: limit)
        for repair in recording.repairs { Console.warning(repair.description) }
        if place.pathExtension.lowercased() == "npy" { return try writeArray(recording, to: place) }
        guard type == nil else {
            throw Failure(.usage, "--type is for images and arrays: a recording's format has its own")
        }
        for note in try RecordingFile.write(recording, to: place) { Console.warning(note) }
        Console.note("wrote \(place.path): \(recording.channels.count) channels, \(recording.duration) s")
    }

    /// The channels of the commonest rate, trigger lines left out, `[channel, time]`.
    private func writeArray(_ recording: Recording, to place: URL) throws {
        guard type == nil || type == "float32" || type == "float64" else {
            throw Failure(.usage, "--type is float32 or float64 for the samples of a recording")
        }
        let picked = recording.mainChannels
        guard !picked.isEmpty else { throw Failure(.badData, "the recording holds no channel but trigger lines") }
        let signal = try recording.picking(picked).signal(limit: limit)
        let shape = [signal.channels.count, signal.count]
        try NumPyArray(signal.values, shape: shape, single: type == "float32").write(to: place)
        let left = recording.channels.indices.filter { !picked.contains($0) }.map { recording.channels[$0].name }
        if !left.isEmpty {
            Console.warning("left out, as another rate or a trigger line: \(left.joined(separator: ", "))")
        }
        Console.note("wrote \(place.path): \(signal.channels.count) × \(signal.count) at \(signal.rate) Hz")
    }
}
