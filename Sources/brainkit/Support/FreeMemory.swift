import Foundation

/// The memory that a command may use.
enum FreeMemory {
    /// Bytes that may be used: a flag's megabytes, else what the system calls available.
    static func bytes(limit megabytes: Int?) -> Int {
        if let megabytes { return megabytes * 1_000_000 }
        let info = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        let line = info.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return kilobytes.map { $0 * 1024 } ?? Int(ProcessInfo.processInfo.physicalMemory)
    }
}
