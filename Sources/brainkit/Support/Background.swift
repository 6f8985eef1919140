import Dispatch
import Synchronization

/// Work that goes on beside the caller's, on a thread of its own.
struct Background<Value: Sendable>: Sendable {
    private final class Slot: Sendable {
        let answer = Mutex<Result<Value, any Error>?>(nil)
        let done = DispatchGroup()
    }

    private let slot = Slot()

    /// Starts `body`.
    init(_ body: @escaping @Sendable () throws -> Value) {
        let slot = slot
        DispatchQueue.global(qos: .userInitiated).async(group: slot.done) {
            let answer = Result { try body() }
            slot.answer.withLock { $0 = answer }
        }
    }

    /// Waits for the answer; every call gives the same.
    func value() throws -> Value {
        slot.done.wait()
        guard let answer = slot.answer.withLock({ $0 }) else { preconditionFailure("work ended without an answer") }
        return try answer.get()
    }
}
