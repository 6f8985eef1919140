import Foundation
import NeuralNet
import Testing

@testable import BrainModels

/// A checkpoint without a file: tensor t, element k is `sin(0.7 t + 0.013 k)` times the amplitude, around 1 for the
/// weights of norms, as the golden maker fills the reference.
struct SineWeights: TensorFile {
    let entries: [String: TensorEntry]
    private let order: [String: Int]
    private let amplitude: Double

    init(_ tensors: [(name: String, shape: [Int])], amplitude: Double = 0.05) {
        entries = Dictionary(
            tensors.map { ($0.name, TensorEntry(type: .float64, shape: $0.shape)) }, uniquingKeysWith: { a, _ in a })
        order = Dictionary(tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { a, _ in a })
        self.amplitude = amplitude
    }

    func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        let t = order[name] ?? 0
        let isNorm = entries[name]?.shape.count == 1 && name.contains("norm") && name.hasSuffix("weight")
        let numbers = destination.bindMemory(to: Double.self)
        for k in numbers.indices {
            numbers[k] = (isNorm ? 1 : 0) + amplitude * sin(0.7 * Double(t) + 0.013 * Double(k))
        }
    }
}

/// What the tests of TransMorph's networks share: a small network, its input, and the numbers of the reference.
struct TransMorphGolden {
    static func small() -> TransMorph.Configuration {
        var c = TransMorph.Configuration()
        (c.embedding, c.heads, c.depths) = (4, [1, 2, 2, 4], [2, 2, 1, 1])
        (c.window, c.headChannels, c.positionSide) = ([3, 2, 2], 4, 5)
        return c
    }

    let numbers: Safetensors
    let input: Tensor

    init() throws {
        Engine.setThreads(1)
        numbers = try Golden.open("transmorph-small-io")
        input = try Golden.waves([1, 2, 32, 64, 32], fast: 0.11, slow: 0.37)
    }

    /// The weights that the reference of this label was filled with.
    func weights(_ label: String) throws -> SineWeights {
        struct Entry: Decodable {
            let name: String, shape: [Int]
            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                (name, shape) = (try list.decode(String.self), try list.decode([Int].self))
            }
        }
        let text = try #require(numbers.metadata["settings"])
        let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let all = try #require(parsed as? [String: Any])
        let own = try #require(all[label], "the golden file has no weights of \(label)")
        let list = try JSONSerialization.data(withJSONObject: own)
        return SineWeights(try JSONDecoder().decode([Entry].self, from: list).map { ($0.name, $0.shape) })
    }
}

extension Tensor {
    /// The largest number, 1 at least.
    func scale() throws -> Double { max(1, try doubles().map(abs).max() ?? 1) }

    /// Every so many voxels along i, j and k.
    func thinned(_ steps: [Int]) throws -> Tensor {
        var map = self
        for (axis, step) in zip(2..., steps) {
            map = try map.taking(Array(stride(from: 0, to: map.shape[axis], by: step)), along: axis)
        }
        return map
    }

    /// Every third voxel of what golden files keep thinned.
    func thinnedAsGolden() throws -> Tensor { count > 20_000 ? try thinned([3, 3, 3]) : self }
}
