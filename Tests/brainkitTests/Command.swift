import Foundation
import Testing

/// The built command, run as a user runs it.
struct Command {
    let status: Int32
    let output: String
    let errors: String

    /// Golden files of the networks, which the command's tests use too.
    static let golden = root.appendingPathComponent("Tests/BrainModelsTests/Golden")
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static var executable: URL? {
        let beside = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
        return [beside, root.appendingPathComponent(".build/debug")]
            .compactMap { $0?.appendingPathComponent("brainkit") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// Runs `brainkit` and waits for its end.
    init(_ arguments: String..., environment: [String: String] = [:]) throws {
        try self.init(arguments, environment: environment)
    }

    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        let process = Process(), output = Pipe(), errors = Pipe()
        let executable: URL = try #require(Self.executable, "brainkit is built beside the tests")
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, own in own }
        (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, output, errors)
        // Read beside the run: a full pipe would hold the command up.
        let text = Drain(errors), result = Drain(output)
        try process.run()
        process.waitUntilExit()
        (self.output, self.errors, status) = (result.text(), text.text(), process.terminationStatus)
    }

    /// Whether standard error is the command's one sentence.
    var isOneSentence: Bool {
        errors.hasPrefix("brainkit: ") && errors.hasSuffix("\n") && !errors.dropLast().contains("\n")
    }

    /// Standard output as one JSON object.
    func object() throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }
}

/// Everything that comes out of a pipe, read on a thread of its own.
private final class Drain: @unchecked Sendable {
    // Written before the semaphore is signalled and read after it was waited for.
    private var data = Data()
    private let done = DispatchSemaphore(value: 0)

    init(_ pipe: Pipe) {
        let handle = pipe.fileHandleForReading
        Thread.detachNewThread { [self] in
            data = handle.readDataToEndOfFile()
            done.signal()
        }
    }

    func text() -> String {
        done.wait()
        return String(decoding: data, as: UTF8.self)
    }
}
