import Foundation

/// How many engine threads this test process may set.
///
/// The engine's thread count belongs to the whole process, and training is bit-equal only for one thread count: so one thread is the rule,
/// and `make test` runs the suites that want more in a process of their own, with `BRAINKIT_TEST_THREADS` set.
public enum ThreadCount {
    public static let ofTests = ProcessInfo.processInfo.environment["BRAINKIT_TEST_THREADS"].flatMap(Int.init) ?? 1
    /// What a skipped test shows.
    public static let need = "run with BRAINKIT_TEST_THREADS=2, in a process of its own"
}
