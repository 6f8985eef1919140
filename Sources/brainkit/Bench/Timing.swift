import Evaluation
import Foundation

/// Wall times of equal runs.
struct Timing {
    let seconds: [Double]

    /// - Parameter seconds: at least one.
    init(_ seconds: [Double]) { self.seconds = seconds }

    /// Two runs to warm up, then `repeats` that count.
    init(repeats: Int, title: String, _ body: () throws -> Void) throws {
        let progress = Progress(title)
        seconds = try (-2..<repeats).compactMap { run in
            progress.show(run + 2, of: repeats + 2)
            let start = ContinuousClock.now
            try body()
            return run < 0 ? nil : (ContinuousClock.now - start) / .seconds(1)
        }
        progress.show(repeats + 2, of: repeats + 2)
    }

    var least: Double { percentile(seconds, 0) }
    var most: Double { percentile(seconds, 100) }
    var median: Double { percentile(seconds, 50) }

    var sentence: String {
        String(format: "median %.3f s (%.3f–%.3f s over %d runs)", median, least, most, seconds.count)
    }
}

extension KeyedEncodingContainer where Key == Bench.Keys {
    mutating func encode(_ timing: Timing) throws {
        try encode(timing.seconds, forKey: .seconds)
        try encode(timing.median, forKey: .medianSeconds)
        try encode(timing.least, forKey: .minSeconds)
        try encode(timing.most, forKey: .maxSeconds)
    }
}

extension Bench {
    /// What the objects of all benchmarks hold.
    enum Keys: String, CodingKey {
        case model, device, precision, threads, kernels, seconds, size
        case medianSeconds = "median_seconds", minSeconds = "min_seconds", maxSeconds = "max_seconds"
        case gigaflopsPerSecond = "gflop_per_second", ceiling = "ceiling_gflop_per_second", share = "share_of_ceiling"
        case peakBytes = "peak_bytes", partSeconds = "part_seconds"
    }
}
