import Foundation
import NeuralNet

/// What the machine computes at its best: the faster of a product of large matrices and a convolution that fits the caches.
enum Ceiling {
    /// Billions of operations a second in this precision, a multiplication and addition being two.
    static func gigaflopsPerSecond(_ type: ElementType, on device: Device) throws -> Double {
        try max(product(type, device), convolution(type, device))
    }

    private static func product(_ type: ElementType, _ device: Device) throws -> Double {
        let side = 2048
        let matrix = try tensor([side, side], type, device)
        return try best(2 * pow(Double(side), 3)) { try matrix.matmul(matrix) }
    }

    private static func convolution(_ type: ElementType, _ device: Device) throws -> Double {
        let side = 32, channels = 128
        let x = try tensor([1, channels, side, side, side], type, device).channelsLastInMemory()
        let layer = try Convolution(
            Weights(seed: 1, type: type, device: device), from: channels, to: channels, kernel: 3, padding: 1)
        return try best(54 * pow(Double(side), 3) * Double(channels * channels)) { try layer(x) }
    }

    private static func tensor(_ shape: [Int], _ type: ElementType, _ device: Device) throws -> Tensor {
        try Tensor(repeating: 0.5, shape: shape).converted(to: type).moved(to: device)
    }

    /// The best of five runs after one that does not count.
    private static func best(_ operations: Double, _ body: () throws -> Tensor) throws -> Double {
        let seconds = try (0..<6).map { _ in
            let start = ContinuousClock.now
            _ = try body().sum().floats()
            return (ContinuousClock.now - start) / .seconds(1)
        }
        return operations / (seconds.dropFirst().min() ?? .infinity) / 1e9
    }
}
