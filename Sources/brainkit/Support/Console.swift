import Foundation

/// What the user reads: results on standard output, everything else on standard error.
enum Console {
    static var isTerminal: Bool { isatty(STDERR_FILENO) != 0 }

    /// The result itself, or one machine-readable object.
    static func result(_ text: String) { write(text + "\n", to: .standardOutput) }

    /// One JSON object on standard output.
    static func result(_ value: some Encodable) throws {
        let encoder = JSONEncoder.readable
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        result(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    static func note(_ text: String) { write(text + "\n", to: .standardError) }
    static func warning(_ text: String) { note("brainkit: warning: \(text)") }
    static func error(_ text: String) { note("brainkit: \(text)") }

    fileprivate static func write(_ text: String, to handle: FileHandle) {
        // A reader that has gone away (a closed pipe) is no failure of ours.
        try? handle.write(contentsOf: Data(text.utf8))
    }
}

/// A bar with the time left, drawn where standard error is a terminal and nowhere else.
struct Progress {
    private let title: String
    private let start = ContinuousClock.now

    init(_ title: String) { self.title = title }

    /// - Parameter seconds: the time left, where the caller knows better than the time spent so far tells.
    func show(_ done: Int, of total: Int, _ detail: String = "", left seconds: Double? = nil) {
        guard Console.isTerminal, total > 0 else { return }
        let share = Double(done) / Double(total)
        let full = Int(share * 24)
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: 24 - full)
        let spent = (ContinuousClock.now - start) / .seconds(1)
        let left = done > 0 ? "  " + Self.clock(seconds ?? spent / share - spent) + " left" : ""
        let end = done == total ? "\n" : ""
        let line = "\(title) \(bar) \(done)/\(total)\(left)  \(detail)".prefix(Self.columns - 1)
        Console.write("\r\u{1B}[K\(line)\(end)", to: .standardError)
    }

    /// The width of the terminal: a longer line would wrap, and could not be drawn over.
    private static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 1000
    }

    static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        return whole < 3600
            ? String(format: "%d:%02d", whole / 60, whole % 60)
            : String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
    }
}
