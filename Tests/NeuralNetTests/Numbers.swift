import Foundation
import NeuralNet
import Testing

/// Made-up numbers: `sin(0.7 n) + 0.5 cos(1.9 n)` for element `n`, of which none is 0.
func waves(_ shape: [Int], shift: Double = 0) -> [Float] {
    (0..<shape.reduce(1, *)).map { Float(sin(0.7 * (Double($0) + shift)) + 0.5 * cos(1.9 * (Double($0) + shift))) }
}

func wavy(_ shape: [Int], shift: Double = 0) throws -> Tensor { try Tensor(waves(shape, shift: shift), shape: shape) }

/// Whether two lists of numbers agree to an absolute tolerance.
func agree(_ found: [Float], _ expected: [Float], within tolerance: Float = 1e-5) -> Bool {
    found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance }
}

/// Tensors by name, as a checkpoint holds them, without a file.
struct MemoryFile: TensorFile {
    let tensors: [String: Tensor]
    var entries: [String: TensorEntry] { tensors.mapValues { TensorEntry(type: $0.type, shape: $0.shape) } }

    init(_ tensors: [String: Tensor]) { self.tensors = tensors }

    func read(_ name: String, into destination: UnsafeMutableRawBufferPointer) throws(NetworkError) {
        guard let tensor = tensors[name] else { throw .missingWeight(name: name, similar: []) }
        try tensor.read(as: tensor.type, into: destination)
    }
}

/// Compares the engine's gradients with differences of the function's values, in double precision.
///
/// - Parameters:
///   - tensors: what the function depends on, by name.
///   - function: any tensor; its weighted sum is what is derived.
func checkGradients(
    _ tensors: [String: Tensor], step: Double = 1e-5, tolerance: Double = 1e-6,
    of function: (Weights) throws -> Tensor
) throws {
    func value(_ weights: Weights) throws -> Tensor {
        let y = try function(weights)
        return try (y * wavy(y.shape, shift: 3).converted(to: .float64)).sum()
    }
    let weights = Weights(MemoryFile(tensors), type: .float64, trainable: true)
    try Engine.recordingGradients { try value(weights).backward() }
    for (name, parameter) in weights.parameters {
        let gradient = try #require(try parameter.gradient(), "\(name) has no gradient").doubles()
        let start = try parameter.doubles()
        for n in start.indices {
            let values = try [step, -step].map { step in
                var moved = tensors
                moved[name] = try Tensor(.float64, shape: parameter.shape) { bytes in
                    let numbers = bytes.bindMemory(to: Double.self)
                    for (m, number) in start.enumerated() { numbers[m] = m == n ? number + step : number }
                }
                return try value(Weights(MemoryFile(moved), type: .float64)).doubles()[0]
            }
            let expected = (values[0] - values[1]) / (2 * step)
            #expect(abs(gradient[n] - expected) < tolerance * max(1, abs(expected)), "\(name)[\(n)]")
        }
    }
}
