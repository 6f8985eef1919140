import ArgumentParser
import NeuralNet

/// How many threads the engine takes.
struct ThreadOptions: ParsableArguments {
    @Option(help: "Threads of the engine; all cores if left out.")
    var threads: Int?

    func validate() throws {
        guard threads.map({ (1...1024).contains($0) }) ?? true else {
            throw ValidationError("--threads is from 1 to 1024")
        }
    }

    /// Tells the engine.
    func apply() {
        if let threads { Engine.setThreads(threads) }
    }
}
