import Foundation
import NeuralNet
import Testing

/// The golden files that `scripts/golden/eoformer.py` made with an independent implementation in float64.
enum Golden {
    static func file(_ name: String) -> URL {
        Bundle.module.bundleURL.appendingPathComponent("Golden").appendingPathComponent(name + ".safetensors")
    }

    static func open(_ name: String) throws -> Safetensors { try Safetensors(file(name)) }

    /// What the golden maker writes beside the tensors.
    struct Settings: Decodable {
        let zeroGradients: [String]

        init(_ file: Safetensors) throws {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            self = try decoder.decode(Settings.self, from: Data(try #require(file.metadata["settings"]).utf8))
        }
    }

    /// `sin(fast · n) + 0.5 · cos(slow · n)` for element `n`: the inputs and weightings of the golden maker.
    static func waves(_ shape: [Int], fast: Double, slow: Double) throws -> Tensor {
        let values = (0..<shape.reduce(1, *)).map { Float(sin(fast * Double($0)) + 0.5 * cos(slow * Double($0))) }
        return try Tensor(values, shape: shape)
    }
}

extension TensorFile {
    /// One tensor in its own type.
    func tensor(_ name: String) throws -> Tensor {
        let entry = try #require(entries[name], "the golden file has no \(name)")
        return try Tensor(entry.type, shape: entry.shape) { bytes throws(NetworkError) in try read(name, into: bytes) }
    }
}

extension Tensor {
    /// The length of all numbers taken as one vector.
    func norm() throws -> Double { try doubles().reduce(0) { $0 + $1 * $1 }.squareRoot() }

    /// The norm of the difference over the norm of `reference`.
    func relativeDistance(to reference: Tensor) throws -> Double {
        let other = try reference.doubles()
        let difference = zip(try doubles(), other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        return difference / other.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    /// The largest difference of any two numbers.
    func largestDifference(to reference: Tensor) throws -> Double {
        zip(try doubles(), try reference.doubles()).map { abs($0 - $1) }.max() ?? 0
    }
}
