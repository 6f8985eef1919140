import Foundation

/// What the system says of memory; where it is no Linux, less.
enum ProcessMemory {
    /// Bytes that may be used: a flag's megabytes, else what the system calls available.
    static func free(limit megabytes: Int?) -> Int {
        if let megabytes { return megabytes * 1_000_000 }
        return bytes("MemAvailable:", in: "/proc/meminfo") ?? Int(ProcessInfo.processInfo.physicalMemory)
    }

    /// The most bytes that this process held so far.
    static var peak: Int? { bytes("VmHWM:", in: "/proc/self/status") }

    private static func bytes(_ key: String, in file: String) -> Int? {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        return kilobytes.map { $0 * 1024 }
    }
}
