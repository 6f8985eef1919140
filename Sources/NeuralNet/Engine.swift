internal import CEngine

/// The tensor engine's settings and scopes.
///
/// All work is done on one dedicated thread. An operation that is called elsewhere hops there by itself; a whole network
/// or training step inside ``run(_:)`` hops once.
public enum Engine {
    /// Runs `body` on the engine thread and waits for it.
    public static func run<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        var result: Result<Value, Failure>?
        withoutActuallyEscaping({ () -> Void in
            do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
        }) { work in
            var work: () -> Void = work
            withUnsafeMutablePointer(to: &work) { context in
                engine_perform({ $0.assumingMemoryBound(to: (() -> Void).self).pointee() }, context)
            }
        }
        guard let result else { preconditionFailure("the engine thread ran no body") }
        return try result.get()
    }

    /// Runs `body` with gradients recorded and with the layers that behave otherwise in training (stochastic depth) drawing
    /// from `random`.
    public static func training<Value, Failure: Error>(
        _ random: inout SplitMix, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let start = random
        var end = random
        defer { random = end }
        return try run { () throws(Failure) -> Value in
            let was = engine_set_gradients(1)
            trainingRandom = start
            defer {
                end = trainingRandom ?? start
                trainingRandom = nil
                _ = engine_set_gradients(was)
            }
            return try body()
        }
    }

    /// Runs `body` with gradients recorded and every layer behaving as in inference, to check gradients.
    public static func recordingGradients<Value, Failure: Error>(
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try run { () throws(Failure) -> Value in
            let was = engine_set_gradients(1)
            defer { _ = engine_set_gradients(was) }
            return try body()
        }
    }

    // Read and written on the engine thread alone.
    private nonisolated(unsafe) static var drawing: SplitMix?
    /// What layers that behave otherwise in training draw from; nil outside of it, and on any thread but the engine's: a network that
    /// is called there meanwhile is not being trained.
    static var trainingRandom: SplitMix? {
        get { engine_is_here() != 0 ? drawing : nil }
        set { if engine_is_here() != 0 { drawing = newValue } }
    }
    /// Whether layers behave as in training.
    static var isTraining: Bool { trainingRandom != nil }

    /// Threads that one operation uses; the same number gives bit-equal results on one machine.
    public static var threads: Int { Int(engine_threads()) }

    /// Sets the threads that one operation uses.
    ///
    /// - Precondition: `count` is above zero.
    public static func setThreads(_ count: Int) {
        precondition(count > 0, "\(count) threads")
        _ = engine_set_threads(Int32(clamping: count))
    }

    /// The version of libtorch.
    public static var version: String { String(cString: engine_version()) }
    /// Whether the processor multiplies bfloat16 numbers in hardware.
    public static var hasFastBFloat16: Bool { kernels == "avx512bf16" }
    /// The inference kernels in use: `avx512bf16`, `avx512`, `avx2` or `plain`.
    public static var kernels: String { String(cString: engine_kernels()) }
    /// Uses the kernels of this name, or the best ones for nil.
    ///
    /// - Returns: whether this processor runs them.
    public static func useKernels(_ name: String?) -> Bool { engine_use_kernels(name) != 0 }
    /// The highest use of memory by tensors on the processor since the last reset, in bytes.
    public static var peakMemory: Int { Int(engine_memory_peak()) }
    /// Starts counting ``peakMemory`` anew.
    public static func resetPeakMemory() { engine_memory_reset_peak() }
    /// Hands memory that waits for reuse back to the system.
    public static func releaseMemory() { engine_memory_release() }
}

/// Where tensors live and are worked on.
public enum Device: Sendable, Equatable, CustomStringConvertible {
    case cpu
    case cuda(Int)

    /// The device of this name: `cpu`, `cuda`, `cuda:1`, or `auto` for the first GPU if there is one.
    ///
    /// - Throws: ``NetworkError/device(_:)`` for unknown names and absent devices.
    public init(named name: String) throws(NetworkError) {
        let devices = name == "cpu" ? 0 : Int(engine_cuda_devices())
        switch name {
        case "cpu": self = .cpu
        case "auto": self = devices > 0 ? .cuda(0) : .cpu
        case let cuda where cuda == "cuda" || cuda.hasPrefix("cuda:"):
            let index = cuda == "cuda" ? 0 : Int(cuda.dropFirst(5))
            guard let index, index >= 0, index < devices else {
                throw .device(
                    "the device \"\(name)\" is not there: \(devices) CUDA devices were found; use --device cpu")
            }
            self = .cuda(index)
        default: throw .device("unknown device \"\(name)\": expected auto, cpu, cuda or cuda:NUMBER")
        }
    }

    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }

    var number: Int32 {
        switch self {
        case .cpu: -1
        case .cuda(let index): Int32(clamping: index)
        }
    }
}
