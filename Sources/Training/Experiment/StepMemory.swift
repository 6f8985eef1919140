import BrainModels
import Foundation
import NeuralNet

/// What a training step takes: estimated before a run, or measured.
struct StepMemory {
    /// Numbers that training changes: weight, gradient and two moments of each stay in memory.
    let parameters: Int
    private let bytesPerVoxel: Double

    /// Counts the parameters of a network.
    init(_ network: EoFormer.Configuration) throws(NetworkError) {
        let weights = Weights.outline()
        _ = try EoFormer(weights, network)
        parameters = weights.tensors.reduce(0) { $0 + $1.tensor.count }
        bytesPerVoxel = Self.measured * Double(network.channels[0]) / 32
    }

    /// Bytes for each voxel of a batch that activations and gradients of EoFormer at its published width take at their peak:
    /// `brainkit plan --measure` on patches of 32 to 96 voxels.
    private static let measured = 1900.0

    /// The peak of all tensors in a step, in bytes.
    func bytes(patch: Int, batch: Int) -> Int {
        16 * parameters + Int(bytesPerVoxel * Double(batch * patch * patch * patch))
    }
}

/// A step and a batch as this machine does them.
public struct StepMeasurement: Encodable, Sendable {
    /// Wall time of a step of the engine.
    public let stepSeconds: Double
    /// Processor time that one thread takes to make the batch of a step, the case being in memory.
    public let batchSeconds: Double
    /// The highest use of memory by tensors, in bytes.
    public let peakBytes: Int

    /// Takes one step to warm up and the better of two that count, and makes eight batches.
    init<Batch>(_ make: (_ step: Int) throws -> Batch, _ learn: (_ batch: Batch, _ step: Int) throws -> Void) throws {
        var batch = try make(0)
        let start = Self.processorTime
        for step in 1...8 { batch = try make(step) }
        batchSeconds = (Self.processorTime - start) / 8
        try learn(batch, 0)
        Engine.resetPeakMemory()
        var seconds = Double.infinity
        for step in 0..<2 {
            let start = ContinuousClock.now
            try learn(batch, step)
            seconds = min(seconds, (ContinuousClock.now - start) / .seconds(1))
        }
        (stepSeconds, peakBytes) = (seconds, Engine.peakMemory)
    }

    /// Seconds that this thread has worked.
    private static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
