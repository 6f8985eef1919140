import ArgumentParser
import Foundation
import NeuralNet

/// The flags of every command that runs a network.
struct EngineOptions: ParsableArguments {
    @Option(help: "Where to compute: auto, cpu, cuda or cuda:NUMBER.")
    var device = "auto"
    @Option(help: "Numbers to compute with: auto, float32, bfloat16 or float64.")
    var precision = "auto"
    @OptionGroup var threads: ThreadOptions
    @Option(help: "Memory that may be used, in megabytes; what is free if left out.")
    var maxMemory: Int?

    struct Settings {
        let device: Device
        let type: ElementType
        /// As training computes.
        static let processor = Settings(device: .cpu, type: .float32)
        var names: [String: String] {
            ["device": device.description, "precision": "\(type)", "threads": String(Engine.threads)]
        }
    }

    func validate() throws {
        guard ["auto", "float32", "bfloat16", "float64"].contains(precision) else {
            throw ValidationError("--precision is auto, float32, bfloat16 or float64, not \(precision)")
        }
        guard maxMemory.map({ (1...100_000_000).contains($0) }) ?? true else {
            throw ValidationError("--max-memory is a number of megabytes above zero")
        }
    }

    /// Finds the device and sets the engine up.
    func settings() throws -> Settings {
        threads.apply()
        let device = try Device(named: device)
        let type: ElementType =
            switch precision {
            case "float32": .float32
            case "bfloat16": .bfloat16
            case "float64": .float64
            default: device == .cpu && !Engine.hasFastBFloat16 ? .float32 : .bfloat16
            }
        return Settings(device: device, type: type)
    }

    /// Bytes that may be used: the flag's, else what the system calls available.
    var memory: Int { ProcessMemory.free(limit: maxMemory) }
}
